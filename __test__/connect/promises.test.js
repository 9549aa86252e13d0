'use strict';

const assert = require('node:assert');
const events = require('node:events');

const { documented } = require('../harness');

const available = { builtin: (net) => net.promises !== undefined };

documented(
  'promises.connect() fulfils with a connected socket',
  async (t) => {
    const server = t.serverNet.createServer((socket) => t.track(socket).end('hello'));
    const { port } = await t.listen(server);
    const socket = t.track(await t.net.promises.connect({ port, host: '127.0.0.1' }));
    assert.ok(socket instanceof t.net.Socket);
    assert.strictEqual(socket.connecting, false);
    assert.strictEqual(String(await t.collect(socket)), 'hello');
    const byPort = t.track(await t.net.promises.connect(port, '127.0.0.1'));
    assert.strictEqual(byPort.remotePort, port);
  },
  available,
);

documented(
  'promises.connect() over a path',
  async (t) => {
    const path = `${t.tmp}/s`;
    await t.listen(
      t.serverNet.createServer((socket) => t.track(socket).end('path')),
      path,
    );
    const socket = t.track(await t.net.promises.connect(path));
    assert.strictEqual(String(await t.collect(socket)), 'path');
  },
  available,
);

documented(
  'promises.connect() rejects with the error of the connection',
  async (t) => {
    await assert.rejects(t.net.promises.connect({ path: `${t.tmp}/none` }), {
      code: 'ENOENT',
      syscall: 'connect',
    });
    const server = t.serverNet.createServer();
    const { port } = await t.listen(server);
    server.close();
    await events.once(server, 'close');
    await assert.rejects(t.net.promises.connect(port, '127.0.0.1'), { code: 'ECONNREFUSED' });
  },
  available,
);

documented(
  'promises.connect() is aborted by its signal',
  async (t) => {
    const { port } = await t.listen(t.serverNet.createServer((socket) => t.track(socket)));
    const options = { port, host: '127.0.0.1', signal: AbortSignal.abort() };
    await assert.rejects(t.net.promises.connect(options), { name: 'AbortError' });
  },
  available,
);
