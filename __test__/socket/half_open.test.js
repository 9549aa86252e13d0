'use strict';

const { scenario } = require('../harness');

const EVENTS = ['data', 'end', 'finish', 'close'];

scenario('end() is a half-close: late data of the peer still arrives', async (t) => {
  const { client, accepted } = await t.connectPair({}, { allowHalfOpen: true });
  const own = t.record(client, EVENTS);
  accepted.resume();
  accepted.on('end', () => {
    accepted.write('late ');
    setImmediate(() => accepted.end('data'));
  });
  client.end('request');
  await t.settle(client, accepted);
  return own;
});

scenario('a peer without allowHalfOpen ends itself after our end', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = [t.record(client, EVENTS), t.record(accepted, EVENTS)];
  client.end('request');
  await t.settle(client, accepted);
  return own;
});

scenario('allowHalfOpen: true stays open after the end of the peer', async (t) => {
  const { client, accepted } = await t.connectPair(
    {},
    { allowHalfOpen: true },
    { allowHalfOpen: true },
  );
  const own = t.record(client, EVENTS);
  accepted.end('bye');
  await t.once(client, 'end');
  await t.mark('ended');
  const state = [client.readyState, client.writable, client.readable, client.destroyed];
  const heard = t.collect(accepted);
  client.write('still ');
  client.end('here');
  const text = String(await heard);
  await t.settle(client, accepted);
  return [state, text, own];
});

scenario('allowHalfOpen set to true or false after the connection', async (t) => {
  const opened = await t.connectPair();
  opened.client.allowHalfOpen = true;
  opened.client.resume();
  opened.accepted.end();
  await t.once(opened.client, 'end');
  await t.mark('end');
  t.log(opened.client.writable, opened.client.destroyed);
  const closed = await t.connectPair({}, {}, { allowHalfOpen: true });
  closed.client.allowHalfOpen = false;
  closed.client.resume();
  closed.accepted.end();
  await t.settle(closed.client);
  t.log(closed.client.writable, closed.client.destroyed);
  return t.log.entries;
});

scenario('write after the end of the peer with allowHalfOpen: false', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = t.record(client, ['end', 'error', 'close']);
  client.resume();
  client.on('end', () => {
    t.log('in end', client.writable, client.writableEnded);
    t.log(client.write('too late', (error) => t.log('callback', error)));
  });
  accepted.end();
  await t.settle(client);
  return [own, t.log.entries];
});

scenario('write() after end()', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.resume();
  const own = t.record(client, ['error', 'close', 'finish']);
  client.end('x');
  t.log(client.write('more', (error) => t.log('callback', error)));
  process.nextTick(() => t.log('nextTick'));
  await t.settle(client);
  return [own, t.log.entries];
});

scenario('end() twice: arguments and callbacks of the second', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.resume();
  const own = t.record(client, ['error', 'close', 'finish']);
  client.end('one', (error) => t.log('first', error));
  client.end((error) => t.log('second', error));
  await t.settle(client);
  client.end((error) => t.log('third', error));
  await t.mark('closed');
  return [own, t.log.entries];
});

scenario('end() in each of its forms', async (t) => {
  let called;
  const callback = (...args) => (called = t.summarise(args));
  const forms = [
    [],
    ['text'],
    ['74', 'hex'],
    [Buffer.from('bytes')],
    [callback],
    ['text', callback],
    ['ü', 'latin1', callback],
    [null],
    [undefined, undefined, callback],
  ];
  for (const form of forms) {
    const { client, accepted } = await t.connectPair();
    const heard = t.collect(accepted);
    called = 'not called';
    t.log(client.end(...form) === client, client.writableEnded);
    const bytes = await heard;
    await t.settle(client);
    t.log(bytes, called);
  }
  return t.log.entries;
});

scenario("readyState through a connection's life", async (t) => {
  const server = t.serverNet.createServer({ allowHalfOpen: true });
  const { port } = await t.listen(server);
  const accepting = t.once(server, 'connection');
  const client = t.track(new t.clientNet.Socket({ allowHalfOpen: true }));
  const state = (label) =>
    t.log(label, client.readyState, client.pending, client.connecting, client._connecting);
  state('new');
  client.connect(port, '127.0.0.1');
  state('connect()');
  client.on('connect', () => state("'connect'"));
  client.on('ready', () => state("'ready'"));
  const [[accepted]] = await Promise.all([accepting, t.once(client, 'ready')]);
  t.track(accepted).resume();
  client.end();
  state('end()');
  await t.once(client, 'finish');
  state("'finish'");
  client.resume();
  accepted.end();
  client.on('end', () => state("'end'"));
  await t.settle(client);
  state('closed');
  return t.log.entries;
});

scenario('readyState when the peer ends first', async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { allowHalfOpen: true });
  client.resume();
  accepted.end();
  await t.once(client, 'end');
  const first = client.readyState;
  client.end();
  const second = client.readyState;
  await t.settle(client);
  return [first, second, client.readyState];
});
