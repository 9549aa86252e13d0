'use strict';

const { scenario } = require('../harness');

const EVENTS = ['data', 'end', 'finish', 'error', 'close'];

scenario('destroy() closes, says so to the peer, and emits close once', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = [t.record(client, EVENTS), t.record(accepted, EVENTS)];
  const returned = client.destroy() === client;
  const state = [client.destroyed, client.readable, client.writable, client.readyState];
  await t.settle(client, accepted);
  client.destroy();
  client.destroy(new Error('too late'));
  await t.mark('again');
  return [returned, state, own];
});

scenario("destroy(error): 'error' before 'close', hadError true", async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.resume();
  t.record(client, EVENTS, 'client');
  client.destroy(new Error('own reason'));
  t.log('returned', client.errored, client._hadError);
  process.nextTick(() => t.log('nextTick'));
  await t.settle(client);
  return t.log.entries;
});

scenario('destroy() cancels queued writes: each callback gets an error', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.on('error', () => {});
  accepted.pause();
  while (client.write(Buffer.alloc(1 << 20)));
  for (const name of ['a', 'b', 'c']) client.write(name, (error) => t.log(name, error));
  client.end('d', (error) => t.log('end', error));
  client.destroy();
  t.log('destroyed');
  await t.settle(client);
  return [t.log.entries, client.writableLength, client.writableFinished];
});

scenario('destroy(error) cancels queued writes with that error', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.on('error', () => {});
  accepted.pause();
  t.record(client, ['error', 'close'], 'client');
  while (client.write(Buffer.alloc(1 << 20)));
  for (const name of ['a', 'b']) client.write(name, (error) => t.log(name, error));
  client.destroy(new Error('own'));
  await t.settle(client);
  return t.log.entries;
});

scenario('destroy() while connecting: no connect, callbacks of writes get an error', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket).resume());
  const { port } = await t.listen(server);
  const client = new t.clientNet.Socket();
  t.record(client, ['connect', 'ready', ...EVENTS], 'client');
  client.connect(port, '127.0.0.1', () => t.log('connect listener'));
  client.write('queued', (error) => t.log('callback', error));
  client.destroy();
  t.log(client.connecting, client.pending, client.readyState, client.bytesWritten);
  await t.settle(client);
  return t.log.entries;
});

scenario('write() and end() after destroy()', async (t) => {
  const { client } = await t.connectPair();
  t.record(client, ['error', 'close'], 'client');
  client.destroy();
  t.log(client.write('x', (error) => t.log('write callback', error)));
  t.log(client.end('y', (error) => t.log('end callback', error)) === client);
  await t.settle(client);
  t.log(client.write('z', (error) => t.log('late callback', error)));
  await t.mark('late');
  return t.log.entries;
});

scenario('destroy() inside a data listener: no more data', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.on('error', () => {});
  let chunks = 0;
  client.on('data', () => {
    chunks++;
    client.destroy();
  });
  accepted.write(Buffer.alloc(1 << 20));
  await t.settle(client);
  await t.mark('closed');
  return [chunks, client.bytesRead > 0, client.readableEnded];
});

scenario('destroy() inside each listener', async (t) => {
  for (const event of ['connect', 'ready', 'end', 'finish']) {
    const server = t.serverNet.createServer((socket) => {
      t.track(socket).on('error', () => {});
      socket.resume();
      socket.end('x');
    });
    const { port } = await t.listen(server);
    const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
    const own = t.record(client, ['connect', 'ready', 'end', 'close']);
    client.resume();
    client.on(event, () => client.destroy());
    if (event === 'finish') client.once('connect', () => client.end());
    await t.settle(client);
    server.close();
    // Which of 'end' and 'finish' is the earlier is the network's choice.
    t.log(event, event === 'finish' ? own.at(-1) : own);
  }
  const own = t.log.entries.filter(([label]) => label !== '');
  return own;
});

scenario('destroySoon() sends what is queued, then destroys', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  const own = t.record(client, ['finish', 'end', 'error', 'close']);
  client.write(Buffer.alloc(3 << 20, 's'));
  const returned = client.destroySoon();
  const state = [client.destroyed, client.writableEnded, client.writable];
  const bytes = await received;
  await t.settle(client, accepted);
  return [String(returned), state, bytes.length, own];
});

scenario('destroySoon() after finish destroys at once', async (t) => {
  const { client, accepted } = await t.connectPair({}, { allowHalfOpen: true });
  accepted.resume();
  client.end('x');
  await t.once(client, 'finish');
  const before = client.destroyed;
  client.destroySoon();
  const after = client.destroyed;
  await t.settle(client);
  return [before, after];
});

scenario('resetAndDestroy(): RST on the wire, ECONNRESET at the peer', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = [t.record(client, EVENTS), t.record(accepted, EVENTS)];
  accepted.resume();
  t.log(client.resetAndDestroy() === client, client.destroyed, client.readyState);
  await t.settle(client, accepted);
  return [own, [client.errored, accepted.errored?.code ?? null]];
});

scenario('resetAndDestroy() while connecting', async (t) => {
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('error', () => {});
    socket.resume();
  });
  const { port } = await t.listen(server);
  const client = new t.clientNet.Socket();
  const own = t.record(client, ['connect', 'error', 'close']);
  client.connect(port, '127.0.0.1');
  client.resetAndDestroy();
  const state = [client.destroyed, client.connecting];
  await t.settle(client);
  return [state, own];
});

scenario('resetAndDestroy() twice, and after close', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.on('error', () => {});
  const own = t.record(client, ['error', 'close']);
  client.resetAndDestroy();
  client.resetAndDestroy();
  await t.settle(client);
  client.resetAndDestroy();
  await t.mark('again');
  return own;
});

scenario('resetAndDestroy() of a Unix socket throws', async (t) => {
  const { client } = await t.connectPair({}, { listen: { path: `${t.tmp}/s` } });
  try {
    t.log(client.resetAndDestroy());
  } catch (error) {
    t.log(error);
  }
  t.log(client.destroyed);
  return t.log.entries;
});

scenario('bytes that the peer never read make its destroy() a reset here', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = t.record(client, ['end', 'error', 'close']);
  client.resume();
  accepted.pause();
  client.write('never read');
  await t.once(accepted, 'readable');
  client.write(Buffer.alloc(1 << 20));
  await t.mark('sent');
  accepted.destroy();
  await t.settle(client, accepted);
  return own.map((entry) => (entry[1] === 'error' ? [entry[1], entry[2].code] : entry)).slice(-1);
});

scenario('writing to a peer that has closed: an error on the write, then close', async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { allowHalfOpen: true });
  accepted.destroy();
  client.resume();
  await t.once(client, 'end');
  const own = t.record(client, ['error', 'close']);
  const codes = new Set();
  const closed = t.settle(client);
  const write = () => {
    if (client.destroyed) return;
    client.write('x', (error) => error && codes.add(error.code));
    setImmediate(write);
  };
  write();
  await closed;
  const [first] = own;
  return [
    own.map(([, event]) => event),
    ['EPIPE', 'ECONNRESET'].includes(first[2].code),
    ['read', 'write'].includes(first[2].syscall),
    own.at(-1),
  ];
});

scenario('Symbol.asyncDispose of a socket destroys it', async (t) => {
  const { client } = await t.connectPair();
  client.on('error', () => {});
  await client[Symbol.asyncDispose]();
  return [client.destroyed, t.summarise(client.errored)];
});

scenario("captureRejections: an async listener's rejection destroys the socket", async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { captureRejections: true });
  const own = t.record(client, ['error', 'close']);
  client.on('data', async () => {
    throw new Error('rejected');
  });
  accepted.write('x');
  await t.settle(client);
  return own;
});
