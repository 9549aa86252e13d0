'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { mock, test } = require('node:test');

const tokioNet = require('tokio-net');

test('mock.module() gives tokio-net for both names, to require and import', async () => {
  const replacement = { defaultExport: tokioNet, namedExports: { ...tokioNet } };
  const mocks = [mock.module('node:net', replacement)];
  for (const service of [require('../service'), await import('../service.mjs')]) {
    assert.strictEqual(service.net, tokioNet);
    assert.strictEqual(service.nodeNet.connect, tokioNet.connect);
    const server = await service.serve();
    const socket = await service.join(server);
    assert.ok(server instanceof tokioNet.Server);
    assert.strictEqual(await service.ask(socket, 'hello'), 'hello');
    await service.leave(socket, server);
  }
  for (const each of mocks) each.restore();
});

test('mock.timers stand still for sockets, as for those of built-in net', async () => {
  mock.timers.enable();
  for (const net of [require('node:net'), tokioNet]) {
    const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = net.connect(server.address().port, '127.0.0.1');
    await once(socket, 'connect');
    const onTimeout = mock.fn();
    socket.setTimeout(30, onTimeout);
    mock.timers.tick(60_000);
    assert.strictEqual(onTimeout.mock.callCount(), 0);
    await once(socket, 'timeout');
    assert.strictEqual(onTimeout.mock.callCount(), 1);
    const closed = [once(socket, 'close'), once(server, 'close')];
    socket.destroy();
    server.close();
    await Promise.all(closed);
  }
  mock.timers.reset();
});
