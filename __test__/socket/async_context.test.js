'use strict';

const { AsyncLocalStorage, AsyncResource, executionAsyncId } = require('node:async_hooks');

const { scenario } = require('../harness');

scenario('the context of connect() reaches every listener of the client', async (t) => {
  const storage = new AsyncLocalStorage();
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('error', () => {});
    socket.on('data', () => socket.end('x'));
  });
  const { port } = await t.listen(server);
  const events = {};
  const client = storage.run('of connect', () => {
    const socket = t.track(t.clientNet.connect(port, '127.0.0.1'));
    socket.setTimeout(5000);
    return socket;
  });
  for (const event of ['connect', 'ready', 'data', 'end', 'finish', 'close']) {
    client.on(event, () => (events[event] = String(storage.getStore())));
  }
  await t.once(client, 'connect');
  storage.run('of write', () => {
    client.write('w', () => (events.write = String(storage.getStore())));
  });
  await t.settle(client);
  return events;
});

scenario('the context of the timeout, of errors, and of a failed connection', async (t) => {
  const storage = new AsyncLocalStorage();
  const { client, accepted } = await storage.run('pair', () => t.connectPair());
  const seen = {};
  storage.run('setTimeout', () => {
    client.setTimeout(10, () => (seen.timeout = String(storage.getStore())));
  });
  await t.once(client, 'timeout');
  client.setTimeout(0);
  client.on('error', () => (seen.error = String(storage.getStore())));
  accepted.resetAndDestroy();
  await t.settle(client);
  const refused = storage.run('refused', () => t.clientNet.connect({ path: `${t.tmp}/none` }));
  refused.on('error', () => (seen.refused = String(storage.getStore())));
  refused.on('close', () => (seen.refusedClose = String(storage.getStore())));
  await t.settle(refused);
  return seen;
});

scenario('two sockets keep their contexts apart', async (t) => {
  const storage = new AsyncLocalStorage();
  const server = t.serverNet.createServer((socket) => t.track(socket).end('x'));
  const { port } = await t.listen(server);
  const seen = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      storage.run(name, async () => {
        const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
        const stores = [];
        client.on('data', () => stores.push(storage.getStore()));
        client.on('end', () => stores.push(storage.getStore()));
        await t.settle(client);
        return stores;
      }),
    ),
  );
  return seen;
});

scenario('write and end callbacks', async (t) => {
  const storage = new AsyncLocalStorage();
  const { client, accepted } = await t.connectPair();
  const seen = {};
  accepted.pause();
  storage.run('small', () => client.write('x', () => (seen.small = String(storage.getStore()))));
  await t.mark('small');
  storage.run('large', () => {
    client.write(Buffer.alloc(6 << 20), () => (seen.large = String(storage.getStore())));
  });
  storage.run('end', () => client.end(() => (seen.end = String(storage.getStore()))));
  client.on('finish', () => (seen.finish = String(storage.getStore())));
  accepted.resume();
  await t.once(client, 'finish');
  await t.mark('finish');
  return seen;
});

scenario('a lookup and its events run in the context of connect()', async (t) => {
  const storage = new AsyncLocalStorage();
  const server = t.serverNet.createServer((socket) => t.track(socket));
  const { port } = await t.listen(server);
  const seen = {};
  const client = storage.run('caller', () =>
    t.track(
      t.clientNet.connect({
        port,
        host: 'somewhere.test',
        autoSelectFamily: false,
        lookup(host, options, callback) {
          seen.lookup = String(storage.getStore());
          new AsyncResource('OTHER').runInAsyncScope(() => {
            setImmediate(callback, null, '127.0.0.1', 4);
          });
        },
      }),
    ),
  );
  client.on('lookup', () => (seen.event = String(storage.getStore())));
  client.on('connect', () => (seen.connect = String(storage.getStore())));
  await t.once(client, 'connect');
  return seen;
});

scenario("an event runs with the socket's own async id", async (t) => {
  const { client, accepted } = await t.connectPair();
  const seen = [];
  client.on('data', () => seen.push(executionAsyncId() === client._handle.getAsyncId()));
  accepted.end('x');
  await t.settle(client);
  return seen;
});
