'use strict';

const { scenario } = require('../harness');

const EVENTS = ['connect', 'ready', 'data', 'end', 'finish', 'error', 'close'];

/**
 * @param {any} t The scenario's context
 * @returns {Promise<any>} The port of a server that greets and echoes
 */
async function greeter(t) {
  let count = 0;
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('error', () => {});
    socket.write(`hello ${++count};`);
    socket.pipe(socket);
  });
  const { port } = await t.listen(server);
  return port;
}

scenario('the same object connects again after close, without old bytes', async (t) => {
  const port = await greeter(t);
  const client = new t.clientNet.Socket();
  t.track(client);
  for (const round of ['one', 'two', 'three']) {
    let text = '';
    const onData = (chunk) => (text += chunk);
    client.on('data', onData);
    client.connect(port, '127.0.0.1');
    t.log(round, client.connecting, client.destroyed, client.bytesWritten, client.bytesRead);
    client.end(round);
    await t.settle(client);
    t.log(text, client.bytesWritten, client.bytesRead, client.destroyed, client.readyState);
    client.removeListener('data', onData);
  }
  return t.log.entries;
});

scenario('connect() from inside the close listener', async (t) => {
  const port = await greeter(t);
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const own = t.record(client, EVENTS);
  let rounds = 3;
  client.on('data', () => client.end());
  await new Promise((resolve) => {
    client.on('close', () => {
      if (--rounds === 0) resolve();
      else client.connect(port, '127.0.0.1');
    });
  });
  return own;
});

scenario('connecting again after a refused connection', async (t) => {
  const port = await greeter(t);
  const closed = t.serverNet.createServer();
  const { port: dead } = await t.listen(closed);
  closed.close();
  await t.settle(closed);
  const client = t.track(new t.clientNet.Socket());
  const own = t.record(client, EVENTS);
  client.connect(dead, '127.0.0.1');
  await t.settle(client);
  client.connect(port, '127.0.0.1');
  await t.once(client, 'data');
  client.end();
  await t.settle(client);
  return own;
});

scenario('connecting again after destroy() in the middle of a transfer', async (t) => {
  const port = await greeter(t);
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  client.on('error', () => {});
  await t.once(client, 'connect');
  client.write(Buffer.alloc(4 << 20, 'o'));
  client.destroy();
  await t.settle(client);
  client.connect(port, '127.0.0.1');
  client.end('n');
  const text = String(await t.collect(client));
  await t.settle(client);
  return [text, client.bytesWritten];
});

scenario('listeners, encoding and timeout over a reconnection', async (t) => {
  const port = await greeter(t);
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  client.setEncoding('utf8');
  client.setTimeout(5000);
  client.on('data', (chunk) => t.log(typeof chunk, client.timeout));
  await t.once(client, 'data');
  client.end();
  await t.settle(client);
  t.log(client.readableEncoding, client.timeout);
  client.connect(port, '127.0.0.1');
  await t.once(client, 'data');
  t.log(client.readableEncoding, client.timeout);
  return t.log.entries;
});

scenario('connect() of a socket that is connected', async (t) => {
  const port = await greeter(t);
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  client.on('error', ({ code }) => t.log('error', code));
  await t.once(client, 'data');
  client.connect(port, '127.0.0.1');
  t.log(client.connecting, client.readyState);
  await t.once(client, 'connect');
  t.log(client.connecting, client.readyState);
  // The system answers that once only.
  client.connect(port, '127.0.0.1');
  await t.settle(client);
  return t.log.entries;
});
