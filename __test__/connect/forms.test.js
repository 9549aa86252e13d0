'use strict';

const { scenario } = require('../harness');

/**
 * @param {any} t The scenario's context
 * @param {any} target What to listen on
 * @returns {Promise<any>} The address of a server that greets each connection and ends it
 */
function greeter(t, target = { port: 0, host: '127.0.0.1' }) {
  return t.listen(
    t.serverNet.createServer((socket) => t.track(socket).end('hi')),
    target,
  );
}

/**
 * @param {any} t The scenario's context
 * @param {() => any} connect Makes a socket that connects
 * @returns {Promise<any[]>} What it received, and whether it was returned before it was connected
 */
async function greet(t, connect) {
  const socket = t.track(connect());
  const state = [socket.connecting, socket.pending, socket.constructor.name];
  const text = String(await t.collect(socket));
  await t.settle(socket);
  return [text, ...state];
}

scenario('every form of connect() over TCP', async (t) => {
  const { port } = await greeter(t);
  const { clientNet: net } = t;
  let listeners = 0;
  const listener = () => listeners++;
  const forms = {
    'port, host': () => net.connect(port, '127.0.0.1'),
    'port, host, listener': () => net.connect(port, '127.0.0.1', listener),
    'text port': () => net.connect(String(port), '127.0.0.1'),
    'port, listener': () => net.connect(port, listener),
    options: () => net.connect({ port, host: '127.0.0.1' }),
    'options, listener': () => net.connect({ port, host: '127.0.0.1' }, listener),
    'text port in options': () => net.connect({ port: `${port}`, host: '127.0.0.1' }),
    createConnection: () => net.createConnection({ port, host: '127.0.0.1' }, listener),
    'createConnection(port)': () => net.createConnection(port, '127.0.0.1'),
    'socket.connect(port)': () => new net.Socket().connect(port, '127.0.0.1', listener),
    'socket.connect(options)': () => new net.Socket().connect({ port, host: '127.0.0.1' }),
    'null listener': () => net.connect(port, '127.0.0.1', null),
    'path null': () => net.connect({ port, host: '127.0.0.1', path: undefined }),
    'empty host': () => net.connect({ port, host: '' }),
    'no host': () => net.connect({ port }),
  };
  for (const [name, form] of Object.entries(forms)) t.log(name, await greet(t, form));
  t.log(listeners);
  return t.log.entries;
});

scenario('every form of connect() over a path', async (t) => {
  const path = `${t.tmp}/s`;
  await greeter(t, path);
  const { clientNet: net } = t;
  let listeners = 0;
  const listener = () => listeners++;
  const forms = {
    path: () => net.connect(path),
    'path, listener': () => net.connect(path, listener),
    options: () => net.connect({ path }),
    'options, listener': () => net.connect({ path }, listener),
    createConnection: () => net.createConnection(path, listener),
    'socket.connect': () => new net.Socket().connect(path, listener),
    'path and port': () => net.connect({ path, port: 1, host: '127.0.0.1' }),
    'allowHalfOpen: false': () => net.connect({ path, allowHalfOpen: false }),
  };
  for (const [name, form] of Object.entries(forms)) t.log(name, await greet(t, form));
  t.log(listeners);
  return t.log.entries;
});

scenario('the options of Socket are taken by net.connect()', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket).on('error', () => {}));
  const { port } = await t.listen(server);
  const base = { port, host: '127.0.0.1' };
  for (const options of [
    { allowHalfOpen: true },
    { highWaterMark: 99 },
    { readable: true, writable: true },
    { readable: false },
    { writable: false },
    { timeout: 12345 },
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 },
  ]) {
    const socket = t.track(t.clientNet.connect({ ...base, ...options }));
    t.log(
      options,
      socket.allowHalfOpen,
      socket.readableHighWaterMark,
      socket.readable,
      socket.writable,
      socket.timeout,
    );
    await t.once(socket, 'connect');
    socket.destroy();
    await t.settle(socket);
  }
  return t.log.entries;
});

scenario('the options object is neither changed nor kept from being frozen', async (t) => {
  const { port } = await greeter(t);
  const options = Object.freeze({ port, host: '127.0.0.1', localAddress: '127.0.0.1' });
  const result = await greet(t, () => t.clientNet.connect(options));
  return [result, Object.keys(options)];
});

scenario('localAddress and localPort are what the peer sees', async (t) => {
  const probe = t.clientNet.createServer();
  const { port: free } = await t.listen(probe, { port: 0, host: '127.0.0.2' });
  probe.close();
  await t.settle(probe);
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  for (const options of [
    { localAddress: '127.0.0.1' },
    { localAddress: '127.0.0.2', localPort: free },
    { localAddress: '127.0.0.3', localPort: 0 },
    { localPort: undefined },
  ]) {
    const accepting = t.once(server, 'connection');
    const client = t.track(t.clientNet.connect({ port, host: '127.0.0.1', ...options }));
    const [[accepted]] = await Promise.all([accepting, t.once(client, 'connect')]);
    t.track(accepted);
    t.log(
      client.localAddress,
      accepted.remoteAddress,
      client.localPort === accepted.remotePort,
      client.localPort === free,
    );
  }
  return t.log.entries;
});

scenario('localPort alone', async (t) => {
  const probe = t.clientNet.createServer();
  const { port: free } = await t.listen(probe);
  probe.close();
  await t.settle(probe);
  const server = t.serverNet.createServer((socket) => t.track(socket));
  const { port } = await t.listen(server);
  const client = t.track(t.clientNet.connect({ port, host: '127.0.0.1', localPort: free }));
  await t.once(client, 'connect');
  return [client.localAddress, client.localPort === free];
});

scenario('connecting, pending and the handle while the host is looked up', async (t) => {
  const { port } = await greeter(t);
  let release;
  const client = t.track(
    t.clientNet.connect({
      port,
      host: 'later.test',
      autoSelectFamily: false,
      lookup: (host, options, callback) => (release = () => callback(null, '127.0.0.1', 4)),
    }),
  );
  await t.mark('looking up');
  t.log(client.connecting, client.pending, client.readyState, client.localPort);
  client.on('lookup', () => t.log('lookup', client.connecting));
  release();
  await t.once(client, 'connect');
  t.log(client.connecting, client.pending, client.readyState);
  return t.log.entries;
});

scenario('many connections at once all arrive', async (t) => {
  const { port } = await greeter(t);
  const results = await Promise.all(
    Array.from({ length: 100 }, () => greet(t, () => t.clientNet.connect(port, '127.0.0.1'))),
  );
  return [results.length, results.every(([text]) => text === 'hi')];
});
