'use strict';

const assert = require('node:assert');

const { documented, scenario } = require('../harness');

const EVENTS = ['connect', 'ready', 'error', 'close'];

scenario(
  'a signal aborted before the socket is made',
  async ({ net, log, record, settle }) => {
    const socket = new net.Socket({ signal: AbortSignal.abort() });
    record(socket, EVENTS, 'socket');
    log('returned', socket.destroyed);
    await settle(socket);
    return log.entries;
  },
  { cross: false },
);

// Built-in net goes on connecting here and leaks the connection, so it is no reference.
documented('connect() with a signal that was aborted before connects nobody', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket).resume());
  const { port } = await t.listen(server);
  const socket = t.clientNet.connect({ port, host: '127.0.0.1', signal: AbortSignal.abort() });
  const own = t.record(socket, EVENTS);
  await t.settle(socket);
  assert.deepStrictEqual(
    own.map(([, event, value]) => [event, value?.name ?? value]),
    [
      ['error', 'AbortError'],
      ['close', true],
    ],
  );
});

scenario('a signal aborted while connecting', async (t) => {
  const { port } = await t.listen(t.serverNet.createServer((socket) => t.track(socket)));
  const controller = new AbortController();
  const { signal } = controller;
  const socket = t.clientNet.connect({ port, host: '127.0.0.1', signal });
  t.record(socket, EVENTS, 'socket');
  controller.abort(new Error('own reason'));
  t.log('aborted', socket.destroyed, socket.connecting);
  await t.settle(socket);
  return t.log.entries;
});

scenario('a signal aborted during the connection, in the middle of writes', async (t) => {
  const controller = new AbortController();
  const { client, accepted } = await t.connectPair({}, {}, { signal: controller.signal });
  accepted.on('error', () => {});
  accepted.pause();
  t.record(client, EVENTS, 'client');
  client.write(Buffer.alloc(8 << 20), (error) => t.log('write', error));
  controller.abort();
  t.log('aborted', client.destroyed);
  await t.settle(client);
  return t.log.entries;
});

scenario('a signal aborted after close changes nothing', async (t) => {
  const controller = new AbortController();
  const { client } = await t.connectPair({}, {}, { signal: controller.signal });
  const own = t.record(client, EVENTS);
  client.destroy();
  await t.settle(client);
  controller.abort();
  await t.mark('aborted');
  return own;
});

scenario(
  'the signal of a Socket that is not connected',
  async ({ net, log, record, settle }) => {
    const controller = new AbortController();
    const socket = new net.Socket({ signal: controller.signal });
    record(socket, EVENTS, 'socket');
    controller.abort('text reason');
    log('aborted', socket.destroyed, socket.errored);
    await settle(socket);
    return log.entries;
  },
  { cross: false },
);
