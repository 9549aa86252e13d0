'use strict';

const { scenario } = require('../harness');

scenario(
  'the order of close: the state at once, the callback and the event later',
  async ({ net, track, listen, log, mark, once }) => {
    const server = track(net.createServer());
    await listen(server);
    server.on('close', () => log('event', server.listening, server.address()));
    const closed = once(server, 'close');
    server.close((error) => log('callback', error));
    log('returned', server.listening, server.address(), server._handle);
    await mark('queues');
    await closed;
    return log.entries;
  },
  { cross: false },
);

scenario(
  'close before listen, twice, and after the end: the callback gets ERR_SERVER_NOT_RUNNING',
  async ({ net, track, listen, log, mark, once }) => {
    const server = track(net.createServer());
    server.on('close', () => log('event'));
    server.on('error', (error) => log('error', error));
    server.close((error) => log('never listened', error));
    await mark('one');
    await listen(server);
    const closed = once(server, 'close');
    server.close((error) => log('first', error));
    server.close((error) => log('second', error));
    server.close();
    await closed;
    await mark('two');
    server.close((error) => log('afterwards', error));
    await mark('three');
    return log.entries;
  },
  { cross: false },
);

for (const host of [undefined, '127.0.0.1']) {
  scenario(
    `close right after listen(0, ${host}): what is emitted`,
    async ({ net, track, log, mark, once }) => {
      const server = track(net.createServer());
      for (const event of ['listening', 'error', 'close']) {
        server.on(event, (...args) => log(event, ...args));
      }
      const closed = once(server, 'close');
      server.listen(0, host, () => log('callback'));
      server.close((error) => log('closed', error));
      log('returned', server.listening, server.address());
      await mark('queues');
      await closed;
      return log.entries;
    },
    { cross: false },
  );
}

scenario(
  'the port is free inside the callback, for either module',
  async ({ serverNet, clientNet, track, listen, settle }) => {
    const first = track(serverNet.createServer());
    const { port } = await listen(first);
    const second = track(clientNet.createServer());
    const rounds = [];
    for (let round = 0; round < 5; round++) {
      const [from, to] = round % 2 ? [second, first] : [first, second];
      const address = await new Promise((resolve, reject) => {
        from.close(() => {
          to.once('error', reject);
          to.listen(port, '127.0.0.1', () => resolve(to.address()));
        });
      });
      rounds.push(address.port === port);
    }
    second.close();
    await settle(second);
    return rounds;
  },
);

scenario('close waits for the connections; no new one is accepted meanwhile', async (context) => {
  const { connectPair, clientNet, track, log, once, settle } = context;
  const { server, client, accepted } = await connectPair();
  const { port } = server.address();
  server.on('close', () => log('server closed'));
  server.close((error) => log('callback', error));
  log('listening', server.listening);
  const late = track(clientNet.connect(port, '127.0.0.1'));
  const [error] = await once(late, 'error');
  log('late', error.code);
  accepted.end('bye');
  accepted.resume();
  const [data] = await once(client, 'data');
  log('data', String(data));
  client.end();
  await settle(server, accepted, client);
  return log.entries;
});

scenario(
  "the last connection's end closes the server: the order of the two 'close' events",
  async ({ connectPair, log, settle }) => {
    const { server, client, accepted } = await connectPair();
    accepted.on('close', () => log('accepted closed', server._connections));
    server.on('close', () => log('server closed'));
    server.close();
    client.destroy();
    accepted.resume();
    await settle(server, accepted);
    return log.entries;
  },
);

scenario(
  'close inside the connection listener',
  async ({ serverNet, clientNet, track, listen, collect, settle, log }) => {
    const server = track(serverNet.createServer());
    server.on('connection', (socket) => {
      server.close((error) => log('closed', error));
      log('listening', server.listening);
      socket.end('the last one');
    });
    const { port } = await listen(server);
    const client = track(clientNet.connect(port, '127.0.0.1'));
    log('text', String(await collect(client)));
    await settle(server, client);
    return log.entries;
  },
);

scenario(
  'connections in the backlog of a server that closes are reset or ended, none is left hanging',
  async ({ serverNet, clientNet, track, listen, settle }) => {
    const server = track(serverNet.createServer((socket) => socket.resume().on('error', () => {})));
    const { port } = await listen(server);
    const clients = [];
    const connected = [];
    for (let i = 0; i < 20; i++) {
      const client = track(clientNet.connect(port, '127.0.0.1'));
      client.on('error', () => {});
      client.resume();
      connected.push(
        new Promise((resolve) => client.once('connect', resolve).once('close', resolve)),
      );
      clients.push(client);
    }
    // Each is connected as far as the kernel is concerned; not each has been accepted yet.
    await Promise.race(connected);
    server.close();
    await Promise.all(connected);
    for (const client of clients) client.end();
    await settle(server, ...clients);
    return ['all closed', server.listening];
  },
);

scenario(
  "a listener of 'close' that throws reaches the uncaught handler; the server is closed",
  async ({ net, runChild }) => {
    const { code, stdout } = await runChild(
      net,
      `process.on('uncaughtException', (error) => console.log('caught', error.message));
       const server = net.createServer();
       server.on('close', () => { console.log('one'); throw new Error('boom'); });
       server.on('close', () => console.log('two'));
       server.listen(0, () => server.close(() => console.log('callback')));
       process.on('exit', () => console.log('exit', server.listening));`,
    );
    return [code, stdout];
  },
  { cross: false },
);

scenario(
  'Symbol.asyncDispose closes and waits; a second time, and without listen, it settles too',
  async ({ net, track, listen, log, summarise }) => {
    const server = track(net.createServer());
    const early = net.createServer()[Symbol.asyncDispose]();
    const results = [await early.then(() => 'fulfilled', summarise)];
    await listen(server);
    server.on('close', () => log('close'));
    const promise = server[Symbol.asyncDispose]();
    results.push(promise instanceof Promise, server.listening);
    results.push(await promise);
    results.push(await server[Symbol.asyncDispose]().then(() => 'fulfilled', summarise));
    return [results, log.entries];
  },
  { cross: false },
);

scenario(
  'address before listening, while it listens, and after close',
  async ({ net, track, once, summarise, tmp }) => {
    const seen = [];
    for (const args of [[0], [0, '127.0.0.1'], [0, '::1'], [`${tmp}/s`]]) {
      const server = track(net.createServer());
      seen.push(server.address());
      server.listen(...args);
      seen.push(summarise(server.address()));
      await once(server, 'listening');
      seen.push(summarise(server.address()));
      server.close();
      seen.push(summarise(server.address()));
      await once(server, 'close');
      seen.push(summarise(server.address()));
    }
    return seen;
  },
  { cross: false },
);
