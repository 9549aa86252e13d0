'use strict';

// Each error of ours beside the same error of the running Node.

const assert = require('node:assert');
const { fork } = require('node:child_process');
const EventEmitter = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const stream = require('node:stream');
const { test } = require('node:test');
const url = require('node:url');

const { AbortError, codes } = require('../../lib/errors');
const { VALUES, describe, firstFrame, thrownBy } = require('./describe');

const {
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_MISSING_ARGS,
  ERR_OUT_OF_RANGE,
  ERR_SOCKET_BAD_PORT,
} = codes;

/**
 * @param {any} ours
 * @param {any} core
 * @returns {void}
 */
function assertSame(ours, core) {
  assert.ok(core instanceof Error, 'core raises no error');
  assert.deepStrictEqual(describe(ours), describe(core));
}

/** @type {any} */
const wrong = 5;

/** What ours is, and what makes core raise the same. */
const THROWN = [
  // Lists of types: primitive, class, free text, and their combinations.
  [new ERR_INVALID_ARG_TYPE('options.path', 'string', 5), () => net.connect({ path: wrong })],
  [new ERR_INVALID_ARG_TYPE('listener', 'Function', 5), () => new EventEmitter().on('x', wrong)],
  [
    new ERR_INVALID_ARG_TYPE('path', ['string', 'Buffer', 'URL'], 5),
    () => fs.mkdirSync(wrong, { mode: 0 }),
  ],
  [
    new ERR_INVALID_ARG_TYPE('string', ['string', 'Buffer', 'ArrayBuffer'], 5),
    () => Buffer.byteLength(wrong),
  ],
  [
    new ERR_INVALID_ARG_TYPE(
      'first argument',
      ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'],
      5,
    ),
    () => Buffer.from(wrong),
  ],
  [
    new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], 5),
    () => new net.Socket().write(wrong),
  ],
  [
    new ERR_INVALID_ARG_TYPE('options.hostname', ['string', 'undefined', 'null'], 5),
    () => http.request({ hostname: wrong }),
  ],
  [new ERR_INVALID_ARG_TYPE('urlObject', ['Object', 'string'], 5), () => url.format(wrong)],
  [
    new ERR_INVALID_ARG_TYPE('options.port', ['number', 'string'], null),
    () => net.connect(/** @type {any} */ ({ port: null })),
  ],
  [
    new ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], 5),
    () => process.setUncaughtExceptionCaptureCallback(wrong),
  ],
  [new ERR_INVALID_ARG_TYPE('list', 'Array', 5), () => Buffer.concat(wrong)],
  [new ERR_INVALID_ARG_TYPE('list[0]', ['Buffer', 'Uint8Array'], 5), () => Buffer.concat([wrong])],
  [new ERR_INVALID_ARG_TYPE('warning', ['Error', 'string'], 5), () => process.emitWarning(wrong)],
  [
    new ERR_INVALID_ARG_TYPE('error', ['Function', 'Error', 'RegExp', 'Object'], 5),
    () => assert.throws(() => {}, wrong),
  ],
  [
    new ERR_INVALID_ARG_TYPE('time', ['Date', 'Time in seconds'], {}),
    () => fs.utimesSync('.', /** @type {any} */ ({}), 1),
  ],
  [new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', 5), () => new net.Socket({ signal: wrong })],
  // Values and ranges.
  [
    new ERR_INVALID_ARG_VALUE('options', {}, 'must have the property "port" or "path"'),
    () => net.createServer().listen({}),
  ],
  [
    new ERR_INVALID_ARG_VALUE('options', { port: true }),
    () => net.createServer().listen(/** @type {any} */ (true)),
  ],
  [
    new ERR_INVALID_ARG_VALUE('options.objectMode', true, 'is not supported'),
    () => new net.Socket(/** @type {any} */ ({ objectMode: true })),
  ],
  [new ERR_OUT_OF_RANGE('fd', '>= 0 && <= 2147483647', -1), () => new net.Socket({ fd: -1 })],
  [
    new ERR_OUT_OF_RANGE('value', '>= -2147483648 and <= 2147483647', 2 ** 40),
    () => Buffer.alloc(8).writeInt32LE(2 ** 40),
  ],
  [
    new ERR_OUT_OF_RANGE('value', '>= 0 and < 2 ** 48', -(2 ** 50)),
    () => Buffer.alloc(8).writeUIntBE(-(2 ** 50), 0, 6),
  ],
  [
    new ERR_OUT_OF_RANGE('value', '>= -(2n ** 63n) and < 2n ** 63n', 2n ** 70n),
    () => Buffer.alloc(8).writeBigInt64LE(2n ** 70n),
  ],
  [
    new ERR_OUT_OF_RANGE('value', '>= 0n and < 2n ** 64n', -1n),
    () => Buffer.alloc(8).writeBigUInt64LE(-1n),
  ],
  // Missing arguments.
  [new ERR_MISSING_ARGS('name'), () => new URLSearchParams().get(.../** @type {[any]} */ ([]))],
  [
    new ERR_MISSING_ARGS('name', 'value'),
    () => new URLSearchParams().append(.../** @type {[any, any]} */ ([])),
  ],
  [new ERR_MISSING_ARGS(['options', 'port', 'path']), () => net.connect(/** @type {any} */ ({}))],
  // Those of net.
  [new ERR_SOCKET_BAD_PORT('Port', 65536), () => net.connect(65536)],
  [new ERR_SOCKET_BAD_PORT('options.port', -1), () => net.createServer().listen(-1)],
  [
    new codes.ERR_INVALID_IP_ADDRESS('nonsense'),
    () => net.connect({ port: 1, localAddress: 'nonsense' }),
  ],
  [new codes.ERR_INVALID_ADDRESS(), () => new net.BlockList().addAddress('nonsense')],
  [
    new codes.ERR_INVALID_FD_TYPE('FILE'),
    () => {
      const fd = fs.openSync(__filename);
      try {
        return new net.Socket({ fd });
      } finally {
        fs.closeSync(fd);
      }
    },
  ],
  [
    new codes.ERR_INVALID_THIS('URLSearchParams'),
    () => URLSearchParams.prototype.get.call(/** @type {any} */ ({}), 'x'),
  ],
  [new codes.ERR_ILLEGAL_CONSTRUCTOR(), () => new AbortSignal()],
];

for (const [ours, provoke] of THROWN) {
  test(`thrown: ${ours.message.slice(0, 70)}`, () => assertSame(ours, thrownBy(provoke)));
}

test('received values are described as core describes them', () => {
  for (const value of VALUES) {
    if (typeof value === 'function') continue;
    const core = thrownBy(() => new EventEmitter().on('x', /** @type {any} */ (value)));
    assertSame(new ERR_INVALID_ARG_TYPE('listener', 'Function', value), core);
  }
});

test('received functions are described as core describes them', () => {
  for (const value of VALUES) {
    if (typeof value !== 'function') continue;
    const core = thrownBy(() => Buffer.byteLength(/** @type {any} */ (value)));
    assertSame(
      new ERR_INVALID_ARG_TYPE('string', ['string', 'Buffer', 'ArrayBuffer'], value),
      core,
    );
  }
});

test('invalid values are printed as core prints them', () => {
  for (const value of VALUES) {
    const core = thrownBy(() => net.createServer().listen({ value }));
    const reason = 'must have the property "port" or "path"';
    assertSame(new ERR_INVALID_ARG_VALUE('options', { value }, reason), core);
  }
});

test('numbers out of range are printed as core prints them', () => {
  for (const value of VALUES) {
    if (typeof value !== 'number') continue;
    const core = thrownBy(() => net.setDefaultAutoSelectFamilyAttemptTimeout(value));
    if (core === undefined) continue;
    const range = Number.isInteger(value) ? '>= 1 && <= 2147483647' : 'an integer';
    assertSame(new ERR_OUT_OF_RANGE('value', range, value), core);
  }
});

/**
 * Waits for the error of a socket that ends on its own.
 *
 * @param {net.Socket} socket
 * @returns {Promise<Error>}
 */
function errorOf(socket) {
  return new Promise((resolve) => socket.once('error', resolve));
}

test('ERR_INVALID_ADDRESS_FAMILY', async () => {
  const lookup = (host, options, callback) => callback(null, '127.0.0.1', 5);
  const options = { port: 1, host: 'name', autoSelectFamily: false };
  const core = await errorOf(net.connect(/** @type {any} */ ({ ...options, lookup })));
  assertSame(new codes.ERR_INVALID_ADDRESS_FAMILY(5, 'name', 1), core);
});

test('ERR_INVALID_IP_ADDRESS prints whatever a lookup gave', async () => {
  for (const value of VALUES) {
    // Node 20 fails earlier with what cannot be a string: its `net.isIP` makes it one.
    if (thrownBy(() => `${/** @type {any} */ (value)}`)) continue;
    /** @type {any} */
    const lookup = (host, options, callback) => callback(null, value, 4);
    const options = { port: 1, host: 'name', autoSelectFamily: false, lookup };
    assertSame(new codes.ERR_INVALID_IP_ADDRESS(value), await errorOf(net.connect(options)));
  }
});

test('ERR_SERVER_NOT_RUNNING and ERR_SERVER_ALREADY_LISTEN', async () => {
  const server = net.createServer();
  const closed = await new Promise((resolve) => server.close(resolve));
  assertSame(new codes.ERR_SERVER_NOT_RUNNING(), closed);
  await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
  const again = thrownBy(() => server.listen(0));
  server.close();
  assertSame(new codes.ERR_SERVER_ALREADY_LISTEN(), again);
});

test('ERR_SOCKET_CLOSED', async () => {
  const socket = new net.Socket();
  const core = errorOf(socket);
  socket.resetAndDestroy();
  assertSame(new codes.ERR_SOCKET_CLOSED(), await core);
});

test('ERR_SOCKET_CLOSED_BEFORE_CONNECTION', async () => {
  const socket = net.connect(1, '127.0.0.1');
  const core = new Promise((resolve) => socket.write('x', resolve));
  socket.destroy();
  assertSame(new codes.ERR_SOCKET_CLOSED_BEFORE_CONNECTION(), await core);
});

test('ERR_STREAM_DESTROYED', async () => {
  const socket = new net.Socket();
  socket.on('error', () => {});
  socket.destroy();
  const core = await new Promise((resolve) => socket.write('x', resolve));
  assertSame(new codes.ERR_STREAM_DESTROYED('write'), core);
});

test('ERR_STREAM_PREMATURE_CLOSE', async () => {
  const socket = new net.Socket();
  const core = new Promise((resolve) => stream.finished(socket, resolve));
  socket.destroy();
  assertSame(new codes.ERR_STREAM_PREMATURE_CLOSE(), await core);
});

test('ERR_INVALID_HANDLE_TYPE', async () => {
  const child = fork(__filename, ['child'], { execArgv: ['-e', '0'], stdio: 'ignore' });
  try {
    const core = thrownBy(() => child.send('x', /** @type {any} */ ({ not: 'a handle' })));
    assertSame(new codes.ERR_INVALID_HANDLE_TYPE(), core);
  } finally {
    child.kill();
  }
});

/** Whether this Node checks `blockList` when it connects. */
const blocks = Number.parseInt(process.versions.node, 10) >= 22;

test('ERR_IP_BLOCKED', { skip: !blocks && 'this Node has no blockList for sockets' }, async () => {
  const blockList = new net.BlockList();
  blockList.addAddress('127.0.0.1');
  const options = { port: 1, host: '127.0.0.1', blockList };
  const core = await errorOf(net.connect(/** @type {any} */ (options)));
  assertSame(new codes.ERR_IP_BLOCKED('127.0.0.1'), core);
});

const { BoundSocket } = /** @type {any} */ (net);

test('ERR_SOCKET_HANDLE_ADOPTED', { skip: !BoundSocket && 'this Node has no BoundSocket' }, () => {
  const bound = new BoundSocket();
  const server = net.createServer().listen(bound);
  const core = thrownBy(() => bound.fd());
  server.close();
  assertSame(new codes.ERR_SOCKET_HANDLE_ADOPTED(), core);
});

test('AbortError', async () => {
  const core = await EventEmitter.once(new EventEmitter(), 'x', {
    signal: AbortSignal.abort('reason'),
  }).catch((error) => error);
  assert.strictEqual(core.cause, 'reason');
  assertSame(new AbortError(undefined, { cause: 'reason' }), core);
});

test('the stack starts where the error was made', () => {
  for (const [ours] of THROWN) {
    assert.ok(firstFrame(ours).includes(__filename), ours.stack);
  }
});

test('the code is in the first line of the stack also when the stack is read late', () => {
  const error = new codes.ERR_SOCKET_CLOSED();
  error.message = 'changed';
  assert.ok(String(error.stack).startsWith('Error [ERR_SOCKET_CLOSED]: '), error.stack);
});

test('a program may format stacks by itself', () => {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (error, sites) => `${error.code} ${sites[0].getFileName()}`;
  try {
    assert.strictEqual(new codes.ERR_SOCKET_CLOSED().stack, `ERR_SOCKET_CLOSED ${__filename}`);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
});

test('making errors leaves Error.stackTraceLimit alone', () => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  try {
    const error = new codes.ERR_SOCKET_CLOSED();
    assert.strictEqual(String(error.stack).split('\n').length, 2);
    assert.strictEqual(Error.stackTraceLimit, 1);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});
