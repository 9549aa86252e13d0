'use strict';

const assert = require('node:assert');
const { once } = require('node:events');

const { builtin, documented, isBuiltin, ours } = require('../harness');

const available = (net) => typeof net.Server.prototype[Symbol.asyncIterator] === 'function';
const options = {
  builtin: available,
  skip: isBuiltin(ours) && !available(builtin) ? 'this Node has no such iterator' : false,
};

documented(
  'the iterator yields each connection in order and ends when the server closes',
  async ({ net, track, listen }) => {
    const server = track(net.createServer());
    const { port } = await listen(server);
    const clients = [];
    const seen = [];
    const connect = () => {
      const client = track(net.connect(port, '127.0.0.1'));
      clients.push(client.resume());
    };
    connect();
    for await (const socket of server) {
      assert.ok(socket instanceof net.Socket);
      seen.push(socket.remotePort);
      socket.end();
      if (seen.length < 3) connect();
      else server.close();
    }
    assert.strictEqual(seen.length, 3);
    assert.strictEqual(new Set(seen).size, 3);
    assert.strictEqual(server.listening, false);
    await Promise.all(clients.map((client) => client.closed || once(client, 'close')));
  },
  options,
);

documented(
  'connections that arrive while the body runs are kept for the next turns',
  async ({ net, track, listen }) => {
    const server = track(net.createServer());
    const { port } = await listen(server);
    const iterator = server[Symbol.asyncIterator]();
    const first = iterator.next();
    const clients = [];
    for (let i = 0; i < 4; i++) {
      const arrived = once(server, 'connection');
      clients.push(track(net.connect(port, '127.0.0.1')).resume());
      await arrived;
    }
    for (let i = 0; i < 4; i++) {
      const { done, value } = await (i === 0 ? first : iterator.next());
      assert.strictEqual(done, false);
      value.end();
    }
    server.close();
    assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined });
    await Promise.all(clients.map((client) => client.closed || once(client, 'close')));
  },
  options,
);

documented(
  "the iteration is rejected by the server's 'error'",
  async ({ net, track, listen }) => {
    const taken = track(net.createServer());
    const { port } = await listen(taken);
    const server = track(net.createServer());
    server.listen(port, '127.0.0.1');
    await assert.rejects(
      async () => {
        for await (const socket of server) socket.destroy();
      },
      { code: 'EADDRINUSE' },
    );
  },
  options,
);

documented(
  "the 'connection' event is emitted as well",
  async ({ net, track, listen }) => {
    let events = 0;
    const server = track(net.createServer(() => events++));
    const { port } = await listen(server);
    const client = track(net.connect(port, '127.0.0.1')).resume();
    for await (const socket of server) {
      socket.end();
      server.close();
    }
    assert.strictEqual(events, 1);
    if (!client.closed) await once(client, 'close');
  },
  options,
);

documented(
  'leaving the loop early leaves no listeners behind; the server goes on',
  async ({ net, track, listen }) => {
    const server = track(net.createServer());
    const before = server.eventNames().map((name) => [name, server.listenerCount(name)]);
    const { port } = await listen(server);
    const client = track(net.connect(port, '127.0.0.1')).resume();
    for await (const socket of server) {
      socket.end();
      break;
    }
    assert.strictEqual(server.listening, true);
    const after = server.eventNames().map((name) => [name, server.listenerCount(name)]);
    assert.deepStrictEqual(after, before);
    if (!client.closed) await once(client, 'close');
  },
  options,
);
