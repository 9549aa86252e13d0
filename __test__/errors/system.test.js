'use strict';

// Errors of the system, beside those that built-in net emits for the same refusal.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const util = require('node:util');

const {
  aggregateConnectError,
  connectTimeoutError,
  errnoException,
  exceptionWithHostPort,
  uvExceptionWithHostPort,
} = require('../../lib/errors');
const { describe, firstFrame } = require('./describe');

const {
  errno: { EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED, ECONNRESET, EINVAL, ENOENT, ENETUNREACH },
} = os.constants;

/** The shortest time that an attempt can be given. */
const ATTEMPT = { autoSelectFamilyAttemptTimeout: 10 };

/**
 * @param {import('node:events').EventEmitter} emitter
 * @returns {Promise<any>} What its next 'error' carries
 */
function errorOf(emitter) {
  return new Promise((resolve) => emitter.once('error', resolve));
}

/**
 * @returns {Promise<number>} A port of 127.0.0.1 and ::1 where nobody listens
 */
async function closedPort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('connect, refused', async () => {
  const port = await closedPort();
  const core = await errorOf(net.connect(port, '127.0.0.1'));
  const ours = exceptionWithHostPort(-ECONNREFUSED, 'connect', '127.0.0.1', port);
  assert.deepStrictEqual(describe(ours), describe(core));
});

test('connect to port 0: no port in message and properties', async () => {
  const core = await errorOf(net.connect(0, '127.0.0.1'));
  const ours = exceptionWithHostPort(core.errno, 'connect', '127.0.0.1', 0);
  assert.deepStrictEqual(describe(ours), describe(core));
});

test('connect to a path', async () => {
  const missing = path.join(os.tmpdir(), `tokio-net-missing-${process.pid}`);
  const core = await errorOf(net.connect(missing));
  const ours = exceptionWithHostPort(-ENOENT, 'connect', missing);
  assert.deepStrictEqual(describe(ours), describe(core));
});

test('bind to an address that is not ours', async () => {
  for (const localPort of [undefined, 5]) {
    const options = { port: 1, host: '127.0.0.1', localAddress: '192.0.2.1', localPort };
    const core = await errorOf(net.connect(options));
    const ours = exceptionWithHostPort(-EADDRNOTAVAIL, 'bind', '192.0.2.1', localPort);
    assert.deepStrictEqual(describe(ours), describe(core));
  }
});

test('connect refused at once: the near end is in the message', async (t) => {
  const core = await errorOf(net.connect(1, '255.255.255.255'));
  if (!core.message.includes('Local')) return t.skip('this system refuses later');
  const local = '0.0.0.0:0';
  const ours = exceptionWithHostPort(core.errno, 'connect', '255.255.255.255', 1, local);
  assert.deepStrictEqual(describe(ours), describe(core));
});

test('read, reset by the peer', async () => {
  const server = net.createServer((peer) => peer.once('data', () => peer.resetAndDestroy()));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const socket = net.connect(port, '127.0.0.1', () => socket.write('x'));
  const core = await errorOf(socket);
  server.close();
  assert.deepStrictEqual(describe(errnoException(-ECONNRESET, 'read')), describe(core));
});

test('listen, in use', async () => {
  const first = net.createServer();
  await new Promise((resolve) => first.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {net.AddressInfo} */ (first.address());
  const core = await errorOf(net.createServer().listen(port, '127.0.0.1'));
  first.close();
  const ours = uvExceptionWithHostPort(-EADDRINUSE, 'listen', '127.0.0.1', port);
  assert.deepStrictEqual(describe(ours), describe(core));
});

test('listen on a path that is taken: the port is -1', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-'));
  const taken = path.join(folder, 'file');
  fs.writeFileSync(taken, '');
  const core = await errorOf(net.createServer().listen(taken));
  fs.rmSync(folder, { recursive: true });
  const ours = uvExceptionWithHostPort(-EADDRINUSE, 'listen', taken, -1);
  assert.deepStrictEqual(describe(ours), describe(core));
});

test('listen on a descriptor that is no socket: the address is null', async () => {
  const core = await errorOf(net.createServer().listen({ fd: 99999 }));
  const ours = uvExceptionWithHostPort(-EINVAL, 'listen', /** @type {any} */ (null));
  assert.deepStrictEqual(describe(ours), describe(core));
});

test('all addresses refused', async () => {
  const port = await closedPort();
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  /** @type {any} */
  const lookup = (host, options, callback) => callback(null, addresses);
  const core = await errorOf(net.connect({ port, host: 'x', autoSelectFamily: true, lookup }));
  assert.ok(core instanceof AggregateError);
  const ours = aggregateConnectError(
    core.errors.map(({ errno, address }) => exceptionWithHostPort(errno, 'connect', address, port)),
  );
  assert.deepStrictEqual(describe(ours), describe(core));
  assert.deepStrictEqual(ours.errors.map(describe), core.errors.map(describe));
});

/**
 * Listens, says where, and never accepts: the program of a child process.
 *
 * @returns {void}
 */
function deafServer() {
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address()?.['port']));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}

test('an attempt that takes too long', async () => {
  const child = spawn(process.execPath, ['-e', `(${deafServer})()`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
  // Two fill the queue of the listener, so that nobody answers the next.
  const queue = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1'));
  for (const socket of queue) socket.on('error', () => {});
  await new Promise((resolve) => queue[0].once('connect', resolve));
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  /** @type {any} */
  const lookup = (host, options, callback) => callback(null, addresses);
  const core = await errorOf(
    net.connect({ port, host: 'x', autoSelectFamily: true, lookup, ...ATTEMPT }),
  );
  for (const socket of queue) socket.destroy();
  child.kill('SIGKILL');
  const ours = connectTimeoutError('127.0.0.1', port);
  assert.deepStrictEqual(describe(ours), describe(core.errors[0]));
});

test('an errno without a name', () => {
  const name = util.getSystemErrorName(-9999);
  assert.strictEqual(errnoException(-9999, 'write').message, `write ${name}`);
  assert.strictEqual(errnoException(-9999, 'write').code, name);
});

test('the stack starts at the caller', () => {
  for (const error of [
    errnoException(-ENETUNREACH, 'write'),
    exceptionWithHostPort(-ENETUNREACH, 'connect', '127.0.0.1', 1),
    uvExceptionWithHostPort(-ENETUNREACH, 'listen', '127.0.0.1', 1),
    connectTimeoutError('127.0.0.1', 1),
    aggregateConnectError([errnoException(-ENETUNREACH, 'write')]),
  ]) {
    assert.ok(firstFrame(error).includes(__filename), error.stack);
  }
});
