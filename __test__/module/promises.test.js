'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const path = require('node:path');

const { builtin, documented, isBuiltin, ours } = require('../harness');

const available = (net) => net.promises !== undefined;
const options = {
  builtin: available,
  skip: isBuiltin(ours) && !available(builtin) ? 'this Node has no net/promises' : false,
};

documented(
  'the namespace has connect and listen, enumerable, and is the same object each time',
  async ({ net }) => {
    assert.strictEqual(net.promises, net.promises);
    assert.strictEqual(typeof net.promises.connect, 'function');
    assert.strictEqual(typeof net.promises.listen, 'function');
    assert.deepStrictEqual(Object.keys(net.promises).sort(), ['connect', 'listen']);
  },
  options,
);

documented(
  'the namespace is a module of its own too',
  async ({ net }) => {
    const root = path.join(__dirname, '..', '..');
    const { exports } = require(path.join(root, 'package.json'));
    const target = exports['./promises'];
    const file = typeof target === 'string' ? target : (target.require ?? target.default);
    assert.strictEqual(require(path.join(root, file.default ?? file)), net.promises);
  },
  { skip: isBuiltin(ours) ? "the package's own" : false },
);

documented(
  'connect fulfills with a connected socket: by port and host, by options, by path',
  async ({ net, tmp, track }) => {
    const server = track(net.createServer((socket) => socket.end('x')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    for (const args of [[port, '127.0.0.1'], [{ port, host: '127.0.0.1' }]]) {
      const promise = net.promises.connect(...args);
      assert.ok(promise instanceof Promise);
      const socket = track(await promise);
      assert.ok(socket instanceof net.Socket);
      assert.deepStrictEqual([socket.connecting, socket.remotePort], [false, port]);
      assert.strictEqual(socket.listenerCount('error'), 0);
      assert.strictEqual(socket.listenerCount('connect'), 0);
      socket.resume();
      await once(socket, 'close');
    }
    const local = track(net.createServer((socket) => socket.end()));
    local.listen(path.join(tmp, 's'));
    await once(local, 'listening');
    const socket = track(await net.promises.connect(path.join(tmp, 's')));
    assert.strictEqual(socket.readyState, 'open');
    socket.resume();
    await once(socket, 'close');
  },
  options,
);

documented(
  "connect's socket has seen nothing before its owner listens: the data is all there",
  async ({ net, track, collect }) => {
    const server = track(net.createServer((socket) => socket.end('all of it')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = track(await net.promises.connect(server.address().port, '127.0.0.1'));
    assert.strictEqual(String(await collect(socket)), 'all of it');
  },
  options,
);

documented(
  'connect is rejected with the error of a refused connection, and the socket destroyed',
  async ({ net, track }) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    await assert.rejects(net.promises.connect({ port, host: '127.0.0.1' }), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
      port,
    });
    track(server);
  },
  options,
);

documented(
  'connect answers a bad argument by a rejection',
  async ({ net }) => {
    await assert.rejects(net.promises.connect({ port: -1 }), { code: 'ERR_SOCKET_BAD_PORT' });
    await assert.rejects(net.promises.connect({ port: 1, signal: {} }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  },
  options,
);

documented(
  'connect with an aborted signal is rejected with the reason, and none is made',
  async ({ net, track }) => {
    const server = track(net.createServer());
    const connections = [];
    server.on('connection', (socket) => connections.push(socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    await assert.rejects(
      net.promises.connect({ port, host: '127.0.0.1', signal: AbortSignal.abort() }),
      {
        name: 'AbortError',
      },
    );
    // One that is let through shows that the server is at work.
    track(await net.promises.connect({ port, host: '127.0.0.1' })).destroy();
    if (connections.length === 0) await once(server, 'connection');
    assert.strictEqual(connections.length, 1);
  },
  options,
);

documented(
  'connect is rejected when the signal is aborted under way, and not affected afterwards',
  async ({ net, track }) => {
    const server = track(net.createServer((socket) => socket.resume()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();

    const first = new AbortController();
    const pending = net.promises.connect({
      port,
      host: 'name.invalid',
      // An answer that never comes leaves the attempt under way.
      lookup: () => first.abort(),
      signal: first.signal,
    });
    await assert.rejects(pending, { name: 'AbortError', code: 'ABORT_ERR' });

    const second = new AbortController();
    const socket = track(
      await net.promises.connect({ port, host: '127.0.0.1', signal: second.signal }),
    );
    second.abort();
    assert.strictEqual(socket.destroyed, false);
    socket.end();
    socket.resume();
    await once(socket, 'close');
  },
  options,
);

documented(
  'listen fulfills with a listening server; options of both kinds and a listener are taken',
  async ({ net, track }) => {
    const accepted = [];
    const server = track(
      await net.promises.listen({
        port: 0,
        host: '127.0.0.1',
        allowHalfOpen: true,
        connectionListener: (socket) => {
          accepted.push(socket.allowHalfOpen);
          socket.end('hello');
        },
      }),
    );
    assert.ok(server instanceof net.Server);
    assert.strictEqual(server.listening, true);
    assert.strictEqual(server.address().address, '127.0.0.1');
    const client = track(await net.promises.connect(server.address().port, '127.0.0.1'));
    client.resume();
    await once(client, 'close');
    assert.deepStrictEqual(accepted, [true]);
  },
  options,
);

documented(
  'listen without options takes any port',
  async ({ net, track }) => {
    const server = track(await net.promises.listen({ port: 0 }));
    assert.ok(server.address().port > 0);
  },
  options,
);

documented(
  'listen is rejected when the address is in use, and for a bad argument',
  async ({ net, track }) => {
    const server = track(await net.promises.listen({ port: 0, host: '127.0.0.1' }));
    const { port } = server.address();
    await assert.rejects(net.promises.listen({ port, host: '127.0.0.1' }), {
      code: 'EADDRINUSE',
      syscall: 'listen',
      port,
    });
    await assert.rejects(net.promises.listen({ port: -1 }), { code: 'ERR_SOCKET_BAD_PORT' });
    await assert.rejects(net.promises.listen({ port: 0, signal: 1 }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  },
  options,
);

documented(
  'listen: a signal that is aborted before rejects, one that is aborted after closes',
  async ({ net, track }) => {
    await assert.rejects(net.promises.listen({ port: 0, signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });

    const early = new AbortController();
    const promise = net.promises.listen({ port: 0, host: '127.0.0.1', signal: early.signal });
    early.abort();
    await assert.rejects(promise, { name: 'AbortError' });

    const late = new AbortController();
    const server = track(await net.promises.listen({ port: 0, signal: late.signal }));
    const closed = once(server, 'close');
    late.abort();
    await closed;
    assert.strictEqual(server.listening, false);
  },
  options,
);

documented(
  'the server of listen can be iterated',
  async ({ net, track }) => {
    const server = track(await net.promises.listen({ port: 0, host: '127.0.0.1' }));
    // Not awaited: a connection that is accepted before the loop begins is none of the loop's.
    const client = track(net.connect(server.address().port, '127.0.0.1')).resume();
    for await (const socket of server) {
      assert.ok(socket instanceof net.Socket);
      socket.end();
      server.close();
    }
    if (!client.closed) await once(client, 'close');
  },
  options,
);
