'use strict';

/**
 * `net.Socket`: a Duplex over a stream handle.
 *
 * Source: https://nodejs.org/api/net.html#class-netsocket, and what built-in net does.
 */

const { channel } = require('node:diagnostics_channel');
const { Duplex, Writable } = require('node:stream');
const { debuglog } = require('node:util');
const { run, tick } = require('./bridge.js');
const { defer } = require('./clock.js');
const { errno, nodeMajor } = require('./platform.js');
const errors = require('./errors.js');
const { TCP, createHandle, isCoreHandle } = require('./handle.js');
const { isNormalizedArgs, normalizeArgs } = require('./arguments.js');
const { lazy } = require('./lazy.js');
const {
  kAdopt,
  kAttachHandle,
  kBlockList,
  kBuffer,
  kBytesRead,
  kBytesWritten,
  kFeed,
  kHandle,
  kKeepAlive,
  kLastWriteQueueSize,
  kNoDelay,
  kTimeout,
  kTypeOfService,
} = require('./symbols.js');
const { acceptCore, coreNet, isCoreSocket } = require('./core.js');
const timeout = require('./timeout.js');
const { validateAbortSignal, validateInt32, validateNumber } = require('./validators.js');

const { AbortError, errnoException, eventException } = errors;

/**
 * What `NODE_DEBUG=net` prints: how connections begin and end. Bytes are not told of, as that would
 * have to be asked for each of them.
 *
 * Source: https://nodejs.org/api/util.html#utildebuglogsection-callback
 */
const debug = debuglog('net');

const blockLists = lazy(() => require('./block_list_option.js'));
const foreign = lazy(() => require('./foreign.js'));
const handover = lazy(() => require('./handover.js'));
const httpParser = lazy(() => require('./http_parser.js'));
const takeover = lazy(() => require('./takeover.js'));

/** A server does without. With it comes what a connection may need when descriptors have run out. */
const connecting = lazy(() => {
  pumps();
  takeover();
  return require('./connect.js');
});

/** `-ENOTCONN`: the peer is gone, so a half-close has nothing left to do. */
const ENOTCONN = errno.ENOTCONN;

/** `-EBADF`: somebody else closed the handle. */
const EBADF = errno.EBADF;

/** `-ENOBUFS`: `onread` gave no memory to read into. */
const ENOBUFS = errno.ENOBUFS;

const { isPrototypeOf: isOurs } = Object.prototype;

const kResetting = Symbol('kResetting');

/** The name of the listener of 'data' that Node's HTTP server has. */
const HTTP_SERVER = 'bound socketOnData';

/** The names of what core's HTTP has called when a write has ended, and the last one of a message. */
const HTTP_WRITTEN = 'nop';
const HTTP_FINISHED = 'bound onFinish';

const clientChannel = channel('net.client.socket');

/** The verbs of a handle for strings, by encoding. */
const STRING_VERBS = {
  __proto__: null,
  utf8: 'writeUtf8String',
  'utf-8': 'writeUtf8String',
  ascii: 'writeAsciiString',
  latin1: 'writeLatin1String',
  binary: 'writeLatin1String',
  ucs2: 'writeUcs2String',
  'ucs-2': 'writeUcs2String',
  utf16le: 'writeUcs2String',
  'utf-16le': 'writeUcs2String',
};

/**
 * A TCP or Unix socket.
 *
 * @this {any}
 * @param {any} [options] See `SocketConstructorOpts` in index.d.ts
 * @throws {TypeError} ERR_INVALID_ARG_VALUE for object mode; ERR_INVALID_FD_TYPE for a descriptor
 *   that is neither a socket nor a pipe
 */
function Socket(options) {
  if (isOurs.call(Socket.prototype, this)) construct(this, options);
  // An instance of a class that extends one of core's, as a stand-in for a TLSSocket does.
  else if (isCoreSocket(this)) coreNet().Socket.call(this, options);
  else return Reflect.construct(Socket, [options]);
}
Object.setPrototypeOf(Socket.prototype, Duplex.prototype);
Object.setPrototypeOf(Socket, Duplex);
acceptCore(Socket, isCoreSocket);

/**
 * @param {any} socket A new socket
 * @param {any} options What its constructor was given
 */
function construct(socket, options) {
  options = readOptions(options);

  // A socket emits 'close' itself, once its descriptor is closed.
  options.emitClose = false;
  options.autoDestroy = true;
  // Half-open only where that is asked for, unlike any other Duplex.
  options.allowHalfOpen = Boolean(options.allowHalfOpen);
  // Strings go down in their encoding.
  options.decodeStrings = false;
  const { signal } = options;
  // One that was aborted before ends the socket on the next tick, so that it can be listened to.
  if (signal?.aborted) options.signal = undefined;
  socket.connecting = false;
  socket._hadError = false;
  socket._parent = null;
  socket._host = null;
  socket._closeAfterHandlingError = false;
  socket[kHandle] = null;
  Duplex.call(socket, options);

  socket.on('end', onReadableStreamEnd);
  socket._sockname = null;
  socket._pendingData = null;
  socket._pendingEncoding = '';
  socket.server = null;
  socket._server = null;
  socket[kLastWriteQueueSize] = 0;
  socket[kTimeout] = null;
  socket[kBuffer] = null;
  socket[kBytesRead] = 0;
  socket[kBytesWritten] = 0;
  socket[kNoDelay] = Boolean(options.noDelay);
  socket[kKeepAlive] = options.keepAlive ? keepAliveOf(options.keepAliveInitialDelay) : null;
  // What few sockets have, the others do without: it would be memory of each.
  if (options.typeOfService !== undefined) socket[kTypeOfService] = options.typeOfService;
  if (options.blockList !== undefined) socket[kBlockList] = options.blockList;

  if (options.onread !== undefined) useOwnBuffer(socket, options.onread);
  if (options.handle) {
    attach(socket, isCoreHandle(options.handle) ? adopt(options.handle) : options.handle);
  } else if (options.fd !== undefined) {
    open(socket, options.fd);
  }

  if (signal?.aborted) process.nextTick(abort, socket, signal);

  // With a descriptor, data may flow; without one, that starts with 'connect'.
  if (socket._handle !== null && options.readable !== false) {
    if (options.pauseOnCreate) {
      socket._handle.reading = false;
      socket._handle.readStop();
      socket._readableState.flowing = false;
    } else if (!options.manualStart && !socket._handle.unconnected) {
      socket.read(0);
    }
  }
}

/**
 * Checks the options of the constructor.
 *
 * @param {any} options What it was given
 * @returns {any} A copy
 */
function readOptions(options) {
  if (options?.objectMode) {
    throw new errors.codes.ERR_INVALID_ARG_VALUE(
      'options.objectMode',
      options.objectMode,
      'is not supported',
    );
  } else if (options?.readableObjectMode || options?.writableObjectMode) {
    throw new errors.codes.ERR_INVALID_ARG_VALUE(
      `options.${options.readableObjectMode ? 'readableObjectMode' : 'writableObjectMode'}`,
      options.readableObjectMode || options.writableObjectMode,
      'is not supported',
    );
  }
  if (options?.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    // Built-in net changes the caller's object here, too.
    if (options.keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0;
  }
  // `new Socket(fd)` is an old form of `new Socket({ fd })`.
  const given = typeof options === 'number' ? { fd: options } : options;
  // Not with a spread, which takes V8 twenty times as long here.
  const copy = Object.assign(
    { allowHalfOpen: false, autoDestroy: true, decodeStrings: false, emitClose: false },
    given,
  );
  if (copy.signal) validateAbortSignal(copy.signal, 'signal');
  if (copy.typeOfService !== undefined) {
    validateInt32(copy.typeOfService, 'options.typeOfService', 0, 255);
  }
  if (copy.blockList !== undefined)
    copy.blockList = blockLists().toBlockList(copy.blockList, 'options.blockList');
  if (copy.handle?.[kAdopt] !== undefined) copy.handle = copy.handle[kAdopt]();
  return copy;
}

/** Milliseconds between probes, and how many of them, where nothing else is said. */
const KEEP_ALIVE_INTERVAL = 1000;
const KEEP_ALIVE_COUNT = 10;

/** As with built-in net, which sets all three times and counts, or none. */
const SYSTEMS_OWN = Object.freeze({ delay: 0, interval: 0, count: 0 });

/**
 * @param {any} initialDelay Milliseconds before the first probe
 * @param {any} [interval] Milliseconds between probes
 * @param {any} [count] Probes
 * @returns {KeepAlive}
 */
function keepAliveOf(initialDelay, interval = KEEP_ALIVE_INTERVAL, count = undefined) {
  const wanted = {
    delay: seconds(initialDelay),
    interval: seconds(interval),
    count: Number.isInteger(count) && count >= 0 ? count : KEEP_ALIVE_COUNT,
  };
  return wanted.delay > 0 && wanted.interval > 0 && wanted.count > 0 ? wanted : SYSTEMS_OWN;
}

/**
 * What keep-alive is set to; 0 leaves the system's value.
 *
 * @typedef {{ delay: number, interval: number, count: number }} KeepAlive
 */

/**
 * @param {any} milliseconds A time
 * @returns {number} The same in whole seconds, not negative
 */
function seconds(milliseconds) {
  return Math.max(0, ~~((milliseconds ?? 0) / 1000));
}

/**
 * The user's memory, which is read into.
 *
 * @typedef {object} OwnBuffer
 * @property {Uint8Array | null} memory It; null as long as none was given
 * @property {(() => any) | null} generate Asks for that of the next read
 * @property {(count: number, memory: Uint8Array | true) => any} callback Told of each read; false: it pauses
 * @property {Buffer | null} rest What is left of a read that was longer than it, after a pause
 */

/**
 * Reads into the user's memory.
 *
 * @param {any} socket The socket
 * @param {any} onread `buffer`: the memory, or a function that gives it; `callback`
 */
function useOwnBuffer(socket, onread) {
  if (onread === null || typeof onread !== 'object') return;
  const { buffer, callback } = onread;
  if (!(buffer instanceof Uint8Array) && typeof buffer !== 'function') return;
  if (typeof callback !== 'function') return;
  const generate = typeof buffer === 'function' ? buffer : null;
  socket[kBuffer] = { memory: generate === null ? buffer : null, generate, callback, rest: null };
}

/**
 * @param {any} socket The socket
 * @param {AbortSignal} signal Its signal, which has been aborted
 */
function abort(socket, signal) {
  socket.destroy(new AbortError(undefined, { cause: signal.reason }));
}

/**
 * @param {any} socket The socket
 * @param {number} fd The descriptor that it owns from now on
 */
function open(socket, fd) {
  validateInt32(fd, 'fd', 0);
  const handle = createHandle(fd);
  if (handle === undefined)
    throw new errors.codes.ERR_INVALID_FD_TYPE(isFile(fd) ? 'FILE' : 'UNKNOWN');
  let status = handle.open(fd);
  // One that is bound only may be there to connect.
  if (status === 0 && !handle.isConnected()) {
    handle.unconnected = true;
    attach(socket, handle);
    process.nextTick(useUnconnected, socket, handle);
    return;
  }
  if (status === 0) status = handle.activate();
  if (status !== 0) throw errnoException(status, 'open');
  attach(socket, handle);
}

/**
 * @param {any} socket A socket over a descriptor that was not connected
 * @param {any} handle Its handle then
 */
function useUnconnected(socket, handle) {
  if (socket._handle !== handle || socket.connecting || handle.number !== 0) return;
  handle.unconnected = false;
  // To read is to find out.
  if (socket.readable) socket.read(0);
}

/**
 * @param {any} coreHandle A handle of core's, which is closed
 * @returns {any} A handle of ours
 */
function adopt(coreHandle) {
  const handle = foreign().adoptConnection(coreHandle);
  if (typeof handle === 'number') throw errnoException(handle, 'dup');
  return handle;
}

/**
 * @param {number} fd A descriptor
 * @returns {boolean} Whether it is that of a file, or of a device
 */
function isFile(fd) {
  try {
    const status = require('node:fs').fstatSync(fd);
    return status.isFile() || status.isCharacterDevice();
  } catch {
    return false;
  }
}

/**
 * @param {any} socket The socket
 * @param {any} handle Its handle from now on
 */
function attach(socket, handle) {
  socket._handle = handle;
  handle.owner = socket;
  handle.onread = socket[kFeed] === undefined ? handleOnRead : takeover().handleOnRead;
  if (socket[kBuffer] !== null) handle.borrows = handle.onread === handleOnRead;
  applyReadLimits(socket);
  askForBuffer(socket);
}

/**
 * Bounds what is read ahead, where that is not the usual.
 *
 * @param {any} socket The socket
 */
function applyReadLimits(socket) {
  const own = socket[kBuffer];
  const readSize = own?.generate === null ? own.memory.byteLength : 65536;
  const { readableHighWaterMark } = socket;
  if (readSize < 65536 || readableHighWaterMark > 65536) {
    socket._handle?.setReadLimits?.(Math.max(readSize, 1), Math.max(readableHighWaterMark, 65536));
  }
}

Socket.prototype[kAttachHandle] = function attachHandle(handle) {
  attach(this, handle);
};

// ---- reading

/**
 * Bytes, or the end of the stream.
 *
 * @this {any} The handle
 * @param {Buffer | undefined} chunk Undefined at the end
 * @param {number} status At the end: 0, or a negative errno
 */
function handleOnRead(chunk, status) {
  const socket = this.owner;
  if (socket === null || socket.destroyed) return;
  if (chunk === undefined) {
    // A stand-in of a program's may call without a status: it has nothing more.
    if (status < 0) {
      socket.destroy(eventException(status, 'read'));
      return;
    }
    if (!socket._readableState.endEmitted) {
      socket.push(null);
      // Without anything to read, that is what lets 'end' be emitted.
      socket.read(0);
    }
    return;
  }
  socket._unrefTimer();
  if (socket[kBuffer] !== null) {
    this.received -= chunk.byteLength;
    fillOwnBuffer(socket, this, chunk);
  } else if (!socket.push(chunk) && socket._handle === this) {
    stopReading(socket, this);
  }
}

/**
 * Brings bytes into the user's memory, a piece at a time where it is smaller than they are. To built-in net each
 * piece is a read, with ticks after it. What is left when the user pauses waits for `resumeOwnBuffer`.
 *
 * @param {any} socket The socket
 * @param {any} handle Its handle, which counts what the user gets
 * @param {Buffer} chunk The bytes; not to be kept
 */
function fillOwnBuffer(socket, handle, chunk) {
  /** @type {OwnBuffer} */
  const own = socket[kBuffer];
  if (own.rest !== null) {
    own.rest = Buffer.concat([own.rest, chunk]);
    return;
  }
  for (let offset = 0; ;) {
    const { memory } = own;
    const left = chunk.byteLength - offset;
    // As with built-in net, they get lost where no memory was ever given.
    const count = memory === null ? left : Math.min(memory.byteLength, left);
    if (count === 0) {
      socket.destroy(errnoException(ENOBUFS, 'read'));
      return;
    }
    memory?.set(chunk.subarray(offset, offset + count));
    offset += count;
    handle.received += count;
    const isFine = run(tellOfRead, undefined, socket, count);
    if (offset === chunk.byteLength) return;
    if (isFine) tick();
    if (!socket._handle?.reading) {
      if (!socket.destroyed) own.rest = Buffer.from(chunk.subarray(offset));
      return;
    }
  }
}

/**
 * @param {any} socket The socket
 * @param {number} count How many bytes the user's memory has got
 */
function tellOfRead(socket, count) {
  /** @type {OwnBuffer} */
  const { callback, memory } = socket[kBuffer];
  if (callback.call(socket, count, memory ?? true) === false && socket._handle !== null) {
    stopReading(socket, socket._handle);
  }
  askForBuffer(socket);
}

/** @param {any} socket A socket that is to read into other memory from now on, if any is given */
function askForBuffer(socket) {
  const generate = socket[kBuffer]?.generate;
  const memory = generate?.();
  if (memory instanceof Uint8Array) socket[kBuffer].memory = memory;
}

/**
 * Goes on with what was left at a pause.
 *
 * @param {any} socket The socket
 */
function resumeOwnBuffer(socket) {
  const { rest } = socket[kBuffer];
  if (rest === null || !socket._handle?.reading) return;
  socket[kBuffer].rest = null;
  fillOwnBuffer(socket, socket._handle, rest);
}

/**
 * @param {any} socket The socket
 * @param {any} handle Its handle
 */
function stopReading(socket, handle) {
  handle.reading = false;
  const status = handle.readStop();
  if (status) socket.destroy(errnoException(status, 'read'));
}

/** @param {any} socket The socket */
function startReading(socket) {
  const handle = socket._handle;
  handle.reading = true;
  const status = handle.readStart();
  if (status) socket.destroy(errnoException(status, 'read'));
  if (socket[kBuffer]?.rest) defer(resumeOwnBuffer, socket);
}

/**
 * 'end': where the writing side ends with the reading side, later writes are told so.
 *
 * @this {any} The socket
 */
function onReadableStreamEnd() {
  // TLS has words to say after the peer's end.
  if (!this.allowHalfOpen && this[kFeed] === undefined) this.write = writeAfterFIN;
}

/**
 * @this {any} The socket
 * @param {any} chunk The chunk
 * @param {any} encoding Its encoding, or the callback
 * @param {any} callback Told that it failed
 * @returns {boolean}
 */
function writeAfterFIN(chunk, encoding, callback) {
  if (!this.writableEnded) return Duplex.prototype.write.call(this, chunk, encoding, callback);
  const done = typeof encoding === 'function' ? encoding : callback;
  /** @type {NodeJS.ErrnoException} */
  const error = new Error('This socket has been ended by the other party');
  error.code = 'EPIPE';
  if (typeof done === 'function') process.nextTick(done, error);
  this.destroy(error);
  return false;
}

/**
 * @param {any} socket A socket without a handle
 * @returns {boolean} Whether a wrapper holds it that waits for its connect
 */
function awaitsConnect(socket) {
  return socket[kFeed] !== undefined && !socket.destroyed;
}

// ---- writing

/** A request of a write under way. */
class WriteRequest {
  /**
   * @param {any} socket Who writes
   * @param {Function} callback Told how it went
   * @param {{ callback: Function }[] | null} entries What was corked, if it was
   */
  constructor(socket, callback, entries) {
    this.socket = socket;
    this.callback = callback;
    this.entries = entries;
    this.async = false;
    this.bytes = 0;
  }

  /** @returns {boolean} Whether nobody waits for it in particular */
  get relaxed() {
    const { socket, entries } = this;
    if (entries === null) return isUnwatched(socket, socket._writableState.writecb);
    for (const { callback } of entries) if (!isUnwatched(socket, callback)) return false;
    return true;
  }

  /**
   * @param {number} status 0 or a negative errno
   * @param {any} _handle The handle
   * @param {Error} [error] An error of the handle's own
   */
  oncomplete(status, _handle, error) {
    const { socket, callback } = this;
    if (socket.destroyed) {
      // Node 20 tells a write that was under way of no error.
      callback(status < 0 && nodeMajor >= 22 ? eventException(status, 'write') : null);
      return;
    }
    if (status < 0) {
      const failure = eventException(status, 'write', error?.message);
      if (typeof callback === 'function') callback(failure);
      else socket.destroy(failure);
      return;
    }
    socket._unrefTimer();
    callback(null);
  }
}

/**
 * @param {any} handle The handle
 * @param {any} request The request
 * @param {string} text The text
 * @param {string} encoding Its encoding
 * @returns {number} 0 or a negative errno
 */
function writeString(handle, request, text, encoding) {
  // Not a name of an encoding, but of what a Buffer would have.
  if (encoding === 'buffer') return handle.writeBuffer(request, text);
  const verb = STRING_VERBS[/** @type {'utf8'} */ (encoding.toLowerCase())];
  if (verb !== undefined) return handle[verb](request, text);
  return handle.writeBuffer(request, Buffer.from(text, /** @type {BufferEncoding} */ (encoding)));
}

/**
 * @param {any} handle The handle
 * @param {any} request The request
 * @param {{ chunk: any, encoding: string }[] & { allBuffers?: boolean }} entries What was corked
 * @returns {number} 0 or a negative errno
 */
function writeEntries(handle, request, entries) {
  const chunks = [];
  for (const { chunk, encoding } of entries) {
    chunks.push(chunk);
    if (!entries.allBuffers) chunks.push(encoding);
  }
  return handle.writev(request, chunks, entries.allBuffers === true);
}

// ---- the end

/**
 * @param {any} socket The socket
 * @param {...boolean} hadError What 'close' carries: nothing where there was nothing to close
 */
function emitClose(socket, ...hadError) {
  if (socket[kFeed] === undefined) socket.emit('close', ...hadError);
  else takeover().emitClose(socket, hadError);
}

/** What a closed handle hands bytes to. One of core's, which a program put there, insists on it. */
function ignoreRead() {}

/**
 * @param {any} socket The socket
 * @param {boolean} hadError What 'close' will carry
 */
function closeHandle(socket, hadError) {
  const handle = socket._handle;
  socket[kBytesRead] = handle.bytesRead;
  socket[kBytesWritten] = handle.bytesWritten;
  const onClose = () => emitClose(socket, hadError);
  if (socket[kResetting]) {
    socket[kResetting] = false;
    const status = handle.reset(onClose);
    if (status !== 0) {
      handle.close(onClose);
      process.nextTick(() => socket.emit('error', errnoException(status, 'reset')));
    }
  } else {
    handle.close(onClose);
  }
  handle.onread = ignoreRead;
  socket._handle = null;
  socket._sockname = null;
}

/**
 * @this {any} The socket
 * @param {string | symbol} event The event
 * @param {Function} listener The listener
 * @returns {any} The socket
 */
function on(event, listener) {
  const handle = this._handle;
  if (handle?.pump || handle?.feed) pumps().listenersChange(this, event);
  if (event === 'data' && listener?.name === HTTP_SERVER) httpParser().watch(this);
  // A listener of 'data' may be that of a wrapper, which adds others after it.
  if (event === 'data' || this[kFeed] !== undefined) {
    return takeover().on.call(this, event, listener);
  }
  return Duplex.prototype.on.call(this, event, /** @type {any} */ (listener));
}

for (const name of ['on', 'addListener']) {
  Object.defineProperty(Socket.prototype, name, {
    value: on,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

// ---- methods, in the order of built-in net

/** Traffic: the idle time starts anew. */
Socket.prototype._unrefTimer = timeout._unrefTimer;

/**
 * Half-closes.
 *
 * @this {any} The socket
 * @param {Function} callback Told when that is done
 */
Socket.prototype._final = function (callback) {
  // Only what is connected can be half-closed. Node 20 waits for a connect() still to come.
  const waits = !this._handle && (nodeMajor < 22 || awaitsConnect(this));
  if (this.connecting || waits) {
    this.once('connect', () => this._final(callback));
    return;
  }
  if (!this._handle) {
    callback();
    return;
  }
  const request = { oncomplete: () => callback() };
  const status = this._handle.shutdown(request);
  if (status === 1 || status === ENOTCONN) callback();
  else if (status !== 0) callback(errnoException(status, 'shutdown'));
};

Socket.prototype.setTimeout = timeout.setStreamTimeout;

/** @this {any} */
Socket.prototype._onTimeout = function () {
  timeout.onTimeout(this);
};

/**
 * `TCP_NODELAY`: small writes leave at once instead of waiting for an acknowledgement.
 *
 * @this {any}
 * @param {boolean} [enable] Default: true
 * @returns {any} The socket
 */
Socket.prototype.setNoDelay = function (enable) {
  const value = Boolean(enable === undefined ? true : enable);
  if (this._handle?.setNoDelay && value !== this[kNoDelay]) this._handle.setNoDelay(value);
  this[kNoDelay] = value;
  return this;
};

/**
 * `SO_KEEPALIVE`. Times are in milliseconds and cut to whole seconds. Where one of them, or the
 * count, is 0, all three are left to the system.
 *
 * @this {any}
 * @param {boolean | { enable?: boolean, initialDelay?: number, interval?: number,
 *   count?: number }} [enable] Whether an idle connection is probed, or all in one object
 * @param {number} [initialDelay] Idle time before the first probe
 * @param {number} [interval] Time between probes
 * @param {number} [count] Probes without an answer that end the connection
 * @returns {any} The socket
 */
Socket.prototype.setKeepAlive = function (enable, initialDelay, interval, count) {
  if (enable !== null && typeof enable === 'object') {
    ({ enable, initialDelay, interval, count } = enable);
  }
  const wanted = enable ? keepAliveOf(initialDelay, interval, count) : null;
  const current = this[kKeepAlive];
  this[kKeepAlive] = wanted;
  if (!this._handle?.setKeepAlive || isSameKeepAlive(wanted, current)) return this;
  applyKeepAlive(this._handle, wanted);
  return this;
};

/**
 * The type-of-service octet of outgoing packets (`IP_TOS`, `IPV6_TCLASS`).
 *
 * @this {any}
 * @param {number} tos 0 to 255
 * @returns {any} The socket
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {Error} What the system says
 */
Socket.prototype.setTypeOfService = function (tos) {
  if (Number.isNaN(tos)) throw new errors.codes.ERR_INVALID_ARG_TYPE('tos', 'number', tos);
  validateInt32(tos, 'tos', 0, 255);
  if (!this._handle?.setTypeOfService) {
    this[kTypeOfService] = tos;
    return this;
  }
  if (tos === this[kTypeOfService]) return this;
  this[kTypeOfService] = tos;
  const status = this._handle.setTypeOfService(tos);
  if (status < 0) throw errnoException(status, 'setTypeOfService');
  return this;
};

/**
 * @this {any}
 * @returns {number} The type-of-service octet, 0 to 255
 * @throws {Error} What the system says
 */
Socket.prototype.getTypeOfService = function () {
  if (!this._handle?.getTypeOfService) return this[kTypeOfService] ?? 0;
  const tos = this._handle.getTypeOfService();
  // As where a connect is yet to make the descriptor.
  if (tos < 0) throw errnoException(tos, 'getTypeOfService');
  return tos;
};

/**
 * @this {any}
 * @returns {any} `address`, `family` and `port` of the local end; empty where there is none
 */
Socket.prototype.address = function () {
  return this._getsockname();
};

/**
 * @param {string} name The property
 * @param {(this: any) => any} get What it answers
 */
function getter(name, get) {
  Object.defineProperty(Socket.prototype, name, { configurable: false, enumerable: true, get });
}

/**
 * @param {string} name The property
 * @param {(this: any) => any} get What it answers
 */
function hiddenGetter(name, get) {
  Object.defineProperty(Socket.prototype, name, { configurable: false, enumerable: false, get });
}

hiddenGetter('_connecting', function get() {
  return this.connecting;
});

Object.defineProperty(Socket.prototype, 'pending', {
  /**
   * @this {any}
   * @returns {boolean}
   */
  get() {
    return !this._handle || this.connecting;
  },
  configurable: true,
  enumerable: false,
});

hiddenGetter('readyState', function get() {
  if (this.connecting) return 'opening';
  if (this.readable && this.writable) return 'open';
  if (this.readable) return 'readOnly';
  return this.writable ? 'writeOnly' : 'closed';
});

hiddenGetter('bufferSize', function get() {
  return this._handle ? this.writableLength : undefined;
});

/**
 * @this {any}
 * @param {number} size Ignored: a read brings what is there
 */
Socket.prototype._read = function (size) {
  if (this.connecting || !this._handle) this.once('connect', () => this._read(size));
  else if (!this._handle.reading) startReading(this);
  else if (this._readableState.pipes?.length === 1) pumps().offer(this);
};

/**
 * Half-closes, after what was written.
 *
 * @this {any}
 * @param {any} [data] A last chunk, or the callback
 * @param {any} [encoding] Its encoding, or the callback
 * @param {any} [callback] Told when the writing side has finished
 * @returns {any} The socket
 */
Socket.prototype.end = function (data, encoding, callback) {
  Duplex.prototype.end.call(this, data, encoding, callback);
  return this;
};

/**
 * Closes with a reset (RST) on the wire.
 *
 * @this {any}
 * @returns {any} The socket
 * @throws {TypeError} ERR_INVALID_HANDLE_TYPE where it is no TCP socket
 */
Socket.prototype.resetAndDestroy = function () {
  if (!this._handle) {
    this.destroy(new errors.codes.ERR_SOCKET_CLOSED());
    return this;
  }
  if (!(this._handle instanceof TCP)) throw new errors.codes.ERR_INVALID_HANDLE_TYPE();
  if (this.connecting) this.once('connect', () => this._reset());
  else this._reset();
  return this;
};

/**
 * @this {any}
 * @returns {any} The socket
 */
Socket.prototype.pause = function () {
  this._handle?.pump?.stop();
  if (this[kBuffer] !== null && !this.connecting && this._handle?.reading) {
    stopReading(this, this._handle);
  }
  const { readableFlowing: flows } = this;
  if (flows === null || (flows && this.listenerCount('pause') > 0)) {
    takeover().pauseSeen(this);
    return this;
  }
  return Duplex.prototype.pause.call(this);
};

/**
 * @this {any}
 * @returns {any} The socket
 */
Socket.prototype.resume = function () {
  if (this[kBuffer] !== null && !this.connecting && this._handle && !this._handle.reading) {
    startReading(this);
  }
  return Duplex.prototype.resume.call(this);
};

/**
 * @this {any}
 * @param {number} [size] Bytes wanted
 * @returns {any} They, or null
 */
Socket.prototype.read = function (size) {
  if (this[kBuffer] !== null && !this.connecting && this._handle && !this._handle.reading) {
    startReading(this);
  }
  return Duplex.prototype.read.call(this, size);
};

/**
 * Ends, and destroys itself once everything is written.
 *
 * @this {any}
 */
Socket.prototype.destroySoon = function () {
  if (this.writable) this.end();
  if (this.writableFinished) this.destroy();
  else this.once('finish', this.destroy);
};

/**
 * @this {any}
 * @param {Error | null} error Why
 * @param {Function} callback Told when 'error' may be emitted
 */
Socket.prototype._destroy = function (error, callback) {
  debug('socket: destroy, %o, error %s', this._handle, error?.message);
  this.connecting = false;
  for (let socket = this; socket !== null && socket !== undefined; socket = socket._parent) {
    timeout.clear(socket);
  }
  if (this._handle) {
    closeHandle(this, Boolean(error));
    callback(error);
  } else {
    callback(error);
    process.nextTick(emitClose, this);
  }
  if (this._server) {
    this._server._connections--;
    this._server._emitCloseIfDrained?.();
  }
};

/**
 * @this {any}
 * @returns {any} The socket
 */
Socket.prototype._reset = function () {
  this[kResetting] = true;
  return this.destroy();
};

/**
 * @this {any}
 * @returns {any} The address of the peer, as long as it was asked for before the end
 */
Socket.prototype._getpeername = function () {
  if (!this._handle || !this._handle.getpeername || this.connecting) return this._peername || {};
  if (!this._peername) {
    const peername = {};
    const status = this._handle.getpeername(peername);
    if (status !== 0) return {};
    this._peername = peername;
  }
  return this._peername;
};

/**
 * @param {KeepAlive | null} a One setting
 * @param {KeepAlive | null} b Another
 * @returns {boolean}
 */
function isSameKeepAlive(a, b) {
  if (a === null || b === null) return a === b;
  return a.delay === b.delay && a.interval === b.interval && a.count === b.count;
}

/**
 * @param {any} handle The handle
 * @param {KeepAlive | null} keepAlive Null turns it off
 */
function applyKeepAlive(handle, keepAlive) {
  if (keepAlive === null) handle.setKeepAlive(false, 0, 0, 0);
  else handle.setKeepAlive(true, keepAlive.delay, keepAlive.interval, keepAlive.count);
}

getter('bytesRead', function bytesRead() {
  return this._handle ? this._handle.bytesRead : this[kBytesRead];
});

getter('remoteAddress', function remoteAddress() {
  return this._getpeername().address;
});

getter('remoteFamily', function remoteFamily() {
  return this._getpeername().family;
});

getter('remotePort', function remotePort() {
  return this._getpeername().port;
});

/**
 * @this {any}
 * @returns {any} The local address
 */
Socket.prototype._getsockname = function () {
  if (!this._handle) return {};
  if (!this._handle.getsockname) return this._handle.path ? { address: this._handle.path } : {};
  if (!this._sockname) {
    this._sockname = {};
    // Without an answer it stays empty.
    this._handle.getsockname(this._sockname);
  }
  return this._sockname;
};

getter('localAddress', function localAddress() {
  return this._getsockname().address;
});

getter('localPort', function localPort() {
  return this._getsockname().port;
});

getter('localFamily', function localFamily() {
  return this._getsockname().family;
});

/**
 * @this {any}
 * @param {boolean} vectored Whether `data` is what was corked
 * @param {any} data A chunk, or corked entries
 * @param {string} encoding The chunk's encoding
 * @param {Function} callback Told how it went
 */
Socket.prototype._writeGeneric = function (vectored, data, encoding, callback) {
  // The first write waits for the connect here; the stream itself holds those after it.
  if (this.connecting || (this._handle === null && awaitsConnect(this))) {
    this._pendingData = data;
    this._pendingEncoding = encoding;
    const onClose = () => callback(new errors.codes.ERR_SOCKET_CLOSED_BEFORE_CONNECTION());
    this.once('connect', function connect() {
      this.off('close', onClose);
      this._writeGeneric(vectored, data, encoding, callback);
    });
    this.once('close', onClose);
    return;
  }
  this._pendingData = null;
  this._pendingEncoding = '';
  const handle = this._handle;
  if (!handle) {
    callback(new errors.codes.ERR_SOCKET_CLOSED());
    return false;
  }
  if (handle.closing) {
    callback(errnoException(EBADF, 'write'));
    return false;
  }
  this._unrefTimer();
  const request = new WriteRequest(this, callback, vectored ? data : null);
  const status = vectored
    ? writeEntries(handle, request, data)
    : typeof data === 'string'
      ? writeString(handle, request, data, encoding)
      : handle.writeBuffer(request, data);
  if (status !== 0) {
    callback(errnoException(status, 'write'));
  } else if (request.async) {
    this[kLastWriteQueueSize] = request.bytes;
  } else {
    callback();
  }
};

/** @type {Function | undefined} */
let nop;

/**
 * What a stream has for the callback of a write that was given none.
 *
 * @returns {Function}
 */
function noCallback() {
  if (nop === undefined) {
    const write = () => {
      nop = /** @type {any} */ (probe)._writableState.writecb ?? null;
    };
    const probe = new Writable({ write });
    probe.write('x');
  }
  return /** @type {Function} */ (nop);
}

/**
 * @param {any} socket The socket
 * @param {Function} callback What a write was given, or stands there where it was given none
 * @returns {boolean} Whether nobody waits for it in particular. Core's HTTP, which has a message on the socket
 *   then, only tells 'finish' of that: the last segment is on its way, whatever becomes of it
 */
function isUnwatched(socket, callback) {
  if (callback === noCallback()) return true;
  if (!socket._httpMessage) return false;
  const { name } = callback;
  return name === HTTP_WRITTEN || name === HTTP_FINISHED;
}

/**
 * @this {any}
 * @param {any} chunks What was corked
 * @param {Function} callback Told how it went
 */
Socket.prototype._writev = function (chunks, callback) {
  this._writeGeneric(true, chunks, '', callback);
};

/**
 * @this {any}
 * @param {any} data The chunk
 * @param {string} encoding Its encoding
 * @param {Function} callback Told how it went
 */
Socket.prototype._write = function (data, encoding, callback) {
  this._writeGeneric(false, data, encoding, callback);
};

getter('_bytesDispatched', function _bytesDispatched() {
  return this._handle ? this._handle.bytesWritten : this[kBytesWritten];
});

getter('bytesWritten', function bytesWritten() {
  const { writableBuffer } = /** @type {any} */ (this);
  if (!writableBuffer) return undefined;
  let bytes = this._bytesDispatched;
  for (const entry of writableBuffer) bytes += byteLength(entry.chunk, entry.encoding);
  const data = this._pendingData;
  if (Array.isArray(data)) {
    for (const entry of data) bytes += byteLength(entry.chunk, entry.encoding);
  } else if (data) {
    bytes += byteLength(data, this._pendingEncoding);
  }
  return bytes;
});

/**
 * @param {any} chunk A string or bytes
 * @param {any} encoding The string's encoding
 * @returns {number} How many bytes it has on the wire
 */
function byteLength(chunk, encoding) {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length;
}

/**
 * Connects; see `connect` in index.d.ts for the forms.
 *
 * @this {any}
 * @param {...any} args Options, or a port and a host, or a path; and a listener of 'connect'
 * @returns {any} The socket
 */
Socket.prototype.connect = function (...args) {
  if (nodeMajor >= 22) announce(this);
  const [options, callback] = isNormalizedArgs(args[0]) ? args[0] : normalizeArgs(args);
  if (options.port === undefined && options.path == null) {
    throw new errors.codes.ERR_MISSING_ARGS(['options', 'port', 'path']);
  }
  // After the end of an earlier connection, writes were refused. As with built-in net, that also
  // takes away what somebody else has put in its place.
  if (this.write !== Socket.prototype.write) this.write = Socket.prototype.write;
  return connecting().start(this, options, callback);
};

/**
 * @this {any}
 * @returns {any} The socket
 */
Socket.prototype.ref = function () {
  if (!this._handle) this.once('connect', this.ref);
  else this._handle.ref?.();
  return this;
};

/**
 * @this {any}
 * @returns {any} The socket
 */
Socket.prototype.unref = function () {
  if (!this._handle) this.once('connect', this.unref);
  else this._handle.unref?.();
  return this;
};

/** @returns {any} The methods that bytes pass through now */
function methodsOfBytes() {
  const { _read, _write, _writeGeneric, _writev, emit, push, read, write } = Socket.prototype;
  return { _read, _write, _writeGeneric, _writev, emit, push, read, write };
}

/** They, as they are when nobody has put something in between. */
const methods = methodsOfBytes();

const pumps = lazy(() => {
  const part = require('./pump.js');
  part.remember(methods, handleOnRead);
  return part;
});

/** The methods have been wrapped, and it is still nobody's but ours what bytes pass through. */
function rememberMethods() {
  pumps().remember(methodsOfBytes(), handleOnRead);
}

// As with built-in net, copying or printing what a socket owns does not lead to its handle.
Object.defineProperty(Socket.prototype, '_handle', {
  /**
   * @this {any}
   * @returns {any} The handle, or null
   */
  get() {
    return this[kHandle];
  },
  /**
   * @this {any}
   * @param {any} handle The handle, or null
   */
  set(handle) {
    this[kHandle] = handle;
  },
  configurable: false,
  enumerable: false,
});

/**
 * Takes the connection out of this thread; see `detach` in index.d.ts.
 *
 * @this {any}
 * @param {any} [options] `timeout`: milliseconds that the ticket is good for
 * @returns {any} A ticket, to be posted to another thread
 * @throws {Error} ERR_SOCKET_CLOSED, ERR_INVALID_STATE, ERR_INVALID_HANDLE_TYPE, ERR_OUT_OF_RANGE
 */
Socket.prototype.detach = function detach(options) {
  return handover().detachSocket(this, options);
};

/**
 * @this {any} The class
 * @param {any} ticket What `detach` answered
 * @param {any} [options] As of the constructor
 * @returns {any} A socket
 * @throws {Error} ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE
 */
Socket.attach = function attachTicket(/** @type {any} */ ticket, /** @type {any} */ options) {
  return handover().attachSocket(this, ticket, options);
};

/** @param {any} socket A socket that is about to connect */
function announce(socket) {
  if (clientChannel.hasSubscribers) clientChannel.publish({ socket });
}

/**
 * Makes a socket, connects it, and returns it at once.
 *
 * @param {...any} args As of `socket.connect`; options also go to the constructor
 * @returns {any} The socket
 */
function connect(...args) {
  const normalized = normalizeArgs(args);
  const [options] = normalized;
  const socket = /** @type {any} */ (Reflect.construct(Socket, [options]));
  // Node 20 does not tell of `new Socket().connect()`.
  if (nodeMajor < 22) announce(socket);
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.connect(normalized);
}

module.exports = { Socket, connect, createConnection: connect, keepAliveOf, rememberMethods };
