'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');

const { builtin, documented, isBuiltin, ours } = require('../harness');

// The `path` option came after the class; its getter is the documented probe for it.
const available = (net) =>
  net.BoundSocket !== undefined && Object.hasOwn(net.BoundSocket.prototype, 'isPipe');
const options = {
  builtin: available,
  skip: isBuiltin(ours) && !available(builtin) ? 'this Node has no BoundSocket' : false,
};

const ADOPTED = {
  name: 'Error',
  code: 'ERR_SOCKET_HANDLE_ADOPTED',
  message: 'The bound socket has already been adopted by a server or socket',
};

/**
 * Asserts that a bound socket is no longer its owner's.
 *
 * @param {any} bound The bound socket
 * @returns {void}
 */
function assertAdopted(bound) {
  assert.throws(() => bound.address(), ADOPTED);
  assert.throws(() => bound.fd(), ADOPTED);
  assert.throws(() => bound.close(), ADOPTED);
  if (Symbol.dispose) assert.strictEqual(bound[Symbol.dispose](), undefined);
}

/**
 * @param {any} client A connection that its server ends
 * @param {any} server The server, which this closes
 * @param {(...emitters: any[]) => Promise<any>} settle As of the scenario's context
 * @returns {Promise<void>}
 */
async function end(client, server, settle) {
  client.resume();
  await once(client, 'close');
  server.close();
  await settle(server);
}

documented(
  'the class: a constructor that wants new, three methods, a getter',
  async ({ net }) => {
    const { BoundSocket } = net;
    assert.deepStrictEqual([BoundSocket.name, BoundSocket.length], ['BoundSocket', 0]);
    assert.throws(() => BoundSocket(), TypeError);
    for (const method of ['address', 'fd', 'close']) {
      assert.strictEqual(typeof BoundSocket.prototype[method], 'function');
    }
    const getter = Object.getOwnPropertyDescriptor(BoundSocket.prototype, 'isPipe');
    assert.deepStrictEqual([typeof getter.get, getter.set], ['function', undefined]);
    const bound = new BoundSocket();
    assert.deepStrictEqual(Object.keys(bound), []);
    bound.close();
  },
  options,
);

documented(
  'the address is known at once: wildcard IPv4 by default, wildcard IPv6 with ipv6Only',
  async ({ net }) => {
    const cases = [
      [undefined, '0.0.0.0', 'IPv4'],
      [{}, '0.0.0.0', 'IPv4'],
      [{ port: '0' }, '0.0.0.0', 'IPv4'],
      [{ ipv6Only: true }, '::', 'IPv6'],
      [{ host: '::' }, '::', 'IPv6'],
      [{ host: '::1' }, '::1', 'IPv6'],
      [{ host: '127.0.0.1' }, '127.0.0.1', 'IPv4'],
      [{ host: '127.0.0.1', ipv6Only: true }, '127.0.0.1', 'IPv4'],
      [{ reusePort: true }, '0.0.0.0', 'IPv4'],
    ];
    for (const [argument, address, family] of cases) {
      const bound = new net.BoundSocket(argument);
      const got = bound.address();
      assert.deepStrictEqual(got, { address, family, port: got.port });
      assert.ok(got.port > 0);
      assert.deepStrictEqual(bound.address(), got);
      assert.strictEqual(bound.isPipe, false);
      const descriptor = bound.fd();
      assert.ok(Number.isInteger(descriptor) && descriptor > 2);
      assert.match(fs.readlinkSync(`/proc/self/fd/${descriptor}`), /^socket:/);
      assert.strictEqual(bound.close(), undefined);
      assertAdopted(bound);
    }
  },
  options,
);

documented(
  'invalid options throw',
  async ({ net, tmp }) => {
    const path = `${tmp}/z`;
    const cases = [
      [null, 'ERR_INVALID_ARG_TYPE'],
      [1, 'ERR_INVALID_ARG_TYPE'],
      ['x', 'ERR_INVALID_ARG_TYPE'],
      [{ host: 'localhost' }, 'ERR_INVALID_ARG_VALUE'],
      [{ host: '' }, 'ERR_INVALID_ARG_VALUE'],
      [{ host: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ port: -1 }, 'ERR_SOCKET_BAD_PORT'],
      [{ port: 65536 }, 'ERR_SOCKET_BAD_PORT'],
      [{ port: 'x' }, 'ERR_SOCKET_BAD_PORT'],
      [{ ipv6Only: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ reusePort: 'x' }, 'ERR_INVALID_ARG_TYPE'],
      [{ path: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ path, host: '::' }, 'ERR_INVALID_ARG_VALUE'],
      [{ path, port: 0 }, 'ERR_INVALID_ARG_VALUE'],
      [{ path, ipv6Only: false }, 'ERR_INVALID_ARG_VALUE'],
      [{ path, reusePort: true }, 'ERR_INVALID_ARG_VALUE'],
    ];
    for (const [argument, code] of cases) {
      assert.throws(() => new net.BoundSocket(argument), { code }, JSON.stringify(argument));
    }
    assert.strictEqual(fs.existsSync(path), false);
  },
  options,
);

documented(
  'what the system refuses is thrown by the constructor',
  async ({ net, tmp, track, listen }) => {
    assert.throws(() => new net.BoundSocket({ host: '192.0.2.1' }), {
      code: 'EADDRNOTAVAIL',
      errno: -99,
      syscall: 'bind',
      address: '192.0.2.1',
      message: 'bind EADDRNOTAVAIL 192.0.2.1',
    });
    const server = track(net.createServer());
    const { port } = await listen(server);
    assert.throws(() => new net.BoundSocket({ host: '127.0.0.1', port }), {
      code: 'EADDRINUSE',
      syscall: 'bind',
    });
    const path = `${tmp}/taken`;
    const first = new net.BoundSocket({ path });
    assert.throws(() => new net.BoundSocket({ path }), { code: 'EADDRINUSE', syscall: 'bind' });
    first.close();
    assert.throws(() => new net.BoundSocket({ path: `${tmp}/none/x` }), { syscall: 'bind' });
    assert.throws(() => new net.BoundSocket({ path: 'x'.repeat(300) }), { code: 'EINVAL' });
  },
  options,
);

documented(
  'close and dispose free the port; dispose may be called again',
  async ({ net, track, listen, settle }) => {
    for (const method of ['close', Symbol.dispose]) {
      if (method === undefined) continue;
      const bound = new net.BoundSocket({ host: '127.0.0.1' });
      const { port } = bound.address();
      bound[method]();
      const server = track(net.createServer());
      await listen(server, port, '127.0.0.1');
      server.close();
      await settle(server);
      assertAdopted(bound);
    }
  },
  options,
);

for (const [form, adopt] of [
  ['listen(bound)', (server, bound) => server.listen(bound)],
  ['listen({ handle })', (server, bound) => server.listen({ handle: bound })],
  ['listen(bound, backlog, callback)', (server, bound) => server.listen(bound, 5, () => {})],
]) {
  documented(
    `${form} adopts: the port is the reserved one, and the bound socket is used up`,
    async ({ net, track, settle }) => {
      const bound = new net.BoundSocket({ host: '127.0.0.1' });
      const { port } = bound.address();
      const server = track(net.createServer((socket) => socket.end('x')));
      const listening = once(server, 'listening');
      assert.strictEqual(adopt(server, bound), server);
      assert.strictEqual(server.address().port, port);
      assertAdopted(bound);
      assert.throws(() => net.createServer().listen(bound), ADOPTED);
      assert.throws(() => new net.Socket({ handle: bound }), ADOPTED);
      await listening;
      const client = track(net.connect(port, '127.0.0.1'));
      await end(client, server, settle);
    },
    options,
  );
}

documented(
  'a path: the file is reserved by the constructor, served by listen, removed by close',
  async ({ net, tmp, track, settle }) => {
    const path = `${tmp}/s`;
    const bound = new net.BoundSocket({ path });
    assert.deepStrictEqual([bound.isPipe, bound.address()], [true, path]);
    assert.ok(fs.statSync(path).isSocket());
    const server = track(net.createServer((socket) => socket.end('x')));
    server.listen(bound);
    await once(server, 'listening');
    assert.strictEqual(server.address(), path);
    const client = track(net.connect(path));
    await end(client, server, settle);
    assert.strictEqual(fs.existsSync(path), false);

    const unused = new net.BoundSocket({ path });
    assert.ok(fs.existsSync(path));
    unused.close();
    assert.strictEqual(fs.existsSync(path), false);
    assert.strictEqual(unused.isPipe, true);
  },
  options,
);

documented(
  'an abstract name leaves no file and is served too',
  async ({ net, abstractName, track, settle }) => {
    const path = abstractName();
    const bound = new net.BoundSocket({ path });
    assert.strictEqual(bound.address(), path);
    const server = track(net.createServer((socket) => socket.end()));
    server.listen(bound);
    await once(server, 'listening');
    const client = track(net.connect(path));
    await end(client, server, settle);
  },
  options,
);

documented(
  'a socket that adopts connects from the reserved port, known when connect returns',
  async ({ net, track, listen, settle }) => {
    const server = track(net.createServer((socket) => socket.end(String(socket.remotePort))));
    const { port } = await listen(server);
    for (const connect of [
      (handle) => new net.Socket({ handle }).connect(port, '127.0.0.1'),
      (handle) => net.connect({ port, host: '127.0.0.1', handle }),
    ]) {
      const bound = new net.BoundSocket({ host: '127.0.0.1' });
      const reserved = bound.address().port;
      const client = track(connect(bound));
      assert.deepStrictEqual(
        [client.connecting, client.localPort, client.localAddress],
        [true, reserved, '127.0.0.1'],
      );
      assertAdopted(bound);
      let text = '';
      client.setEncoding('latin1').on('data', (chunk) => (text += chunk));
      await once(client, 'close');
      assert.strictEqual(text, String(reserved));
    }
    server.close();
    await settle(server);
  },
  options,
);

documented(
  'a refused connection of an adopted socket is a deferred error',
  async ({ net, track }) => {
    const client = track(
      net.connect({
        port: 1,
        host: '127.0.0.1',
        handle: new net.BoundSocket({ host: '127.0.0.1' }),
      }),
    );
    assert.strictEqual(client.destroyed, false);
    const [error] = await once(client, 'error');
    assert.deepStrictEqual(
      [error.code, error.syscall, error.address, error.port],
      ['ECONNREFUSED', 'connect', '127.0.0.1', 1],
    );
    if (!client.closed) await once(client, 'close');
  },
  options,
);

documented(
  'a socket that adopted and never connected frees the port when it is destroyed',
  async ({ net, track, listen, settle }) => {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const { port } = bound.address();
    const socket = new net.Socket({ handle: bound });
    assert.deepStrictEqual(socket.address(), { address: '127.0.0.1', family: 'IPv4', port });
    socket.destroy();
    await once(socket, 'close');
    const server = track(net.createServer());
    await listen(server, port, '127.0.0.1');
    server.close();
    await settle(server);
  },
  options,
);

documented(
  "a client's bound path is its local address",
  async ({ net, tmp, track, listen, settle }) => {
    const server = track(net.createServer((socket) => socket.end()));
    await listen(server, `${tmp}/server`);
    const handle = new net.BoundSocket({ path: `${tmp}/client` });
    const client = track(net.connect({ path: `${tmp}/server`, handle }));
    await once(client, 'connect');
    assert.strictEqual(client.localAddress, `${tmp}/client`);
    await end(client, server, settle);
  },
  options,
);

documented(
  'options that are null are as if they were not there',
  async ({ net }) => {
    const bound = new net.BoundSocket({ host: null, ipv6Only: null, reusePort: null });
    assert.strictEqual(bound.address().family, 'IPv4');
    bound.close();
  },
  { builtin: (net) => 'BoundSocket' in net },
);
