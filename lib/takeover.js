'use strict';

/**
 * TLS over a socket of ours.
 *
 * Node's tls wraps a socket that is none of core's own as a plain stream: it listens to 'data'. With
 * a socket of core's it takes the descriptor over: whoever listens to the raw socket, a STARTTLS
 * dialogue for instance, hears nothing more, and whatever happens to that socket as a stream does not
 * matter to TLS. So that this holds for ours, too, the wrapper's listeners are not added to the socket;
 * its handle calls them.
 *
 * Source: https://nodejs.org/api/tls.html#tlsconnectoptions-callback, option `socket`
 */

const { run, tick } = require('./bridge.js');
const { errno } = require('./platform.js');
const { eventException } = require('./errors.js');
const { kFeed } = require('./symbols.js');
const { executionAsyncResource } = require('node:async_hooks');
const { Duplex } = require('node:stream');

const { ENOTCONN } = errno;

/**
 * What a wrapper gets instead of the events of the socket; the socket has it under `kFeed`.
 *
 * @typedef {object} Feed
 * @property {Function} ondata Gets the bytes
 * @property {Function} [onend] Told of the end of the stream
 * @property {Function | null} [onclose] Told that the socket is closed
 * @property {boolean} wanted Whether the wrapper reads
 * @property {boolean} ended Whether the stream has ended
 * @property {boolean} shut Whether the wrapper has half-closed it
 * @property {any} wrapper The wrapper, once it reads
 * @property {import('./frames').Frames | null} frames Where frames of HTTP/2 end
 * @property {WrittenEntries} written What the wrapper has written and not uncorked
 * @property {any} secure The encrypted socket, where there is one
 * @property {Function[] | null} waiting What waits for the socket's 'close'; null after it
 */

/** @typedef {{ chunk: any, encoding: string, callback: Function }[] & { allBuffers?: boolean }} WrittenEntries */

/** The name of the wrapper's listener, where it is made, and for whom: TLS or HTTP/2. */
const LISTENER = 'ondata';
const WRAPPER = 'node:internal/js_stream_socket';
const TAKERS = /node:(_tls_wrap|internal\/(tls|http2)\/)/;

/** The method of a TLS socket that its constructor calls once it has a handle, with the wrapper. */
const INIT = '_init';

/** Frames between the listener and the taker, at most. */
const FRAMES = 12;

/** Frames from where the stack is looked at to the caller of a method of the socket, at most. */
const CALLER = 5;

/** The class of its handle, which runs what the wrapper is to do. */
const HANDLE = 'JSStream';

/**
 * Adds a listener, as any emitter does, but for those of a wrapper.
 *
 * @this {any} The socket
 * @param {string | symbol} event The event
 * @param {Function} listener The listener
 * @returns {any} The socket
 */
function on(event, listener) {
  if (event === 'data') {
    // Only a listener that fits is worth a look at the stack. That of `pipe`, which has the same
    // name, is a function that could be a constructor.
    const fits = listener?.name === LISTENER && !Object.hasOwn(listener, 'prototype');
    const taker = fits ? takerOf() : undefined;
    if (taker !== undefined) return takeOver(this, listener, taker);
  } else if (event === 'end' && this[kFeed] !== undefined && this[kFeed].onend === undefined) {
    // The next one that is added; a wrapper does so at once.
    this[kFeed].onend = listener;
    return this;
  } else if (event === 'close' && this[kFeed] !== undefined && this[kFeed].onclose === undefined) {
    this[kFeed].onclose = listener;
    listener = onClose;
  }
  return Duplex.prototype.on.call(this, event, /** @type {any} */ (listener));
}

/** @returns {string | undefined} The module that takes the socket over, where a wrapper is being made */
function takerOf() {
  const stack = stackOf(FRAMES);
  return stack.includes(WRAPPER) ? TAKERS.exec(stack)?.[0] : undefined;
}

/** @returns {boolean} Whether a wrapper has called the socket's method that asks */
function isCalledByWrapper() {
  return stackOf(CALLER).includes(WRAPPER);
}

/**
 * @param {number} depth Frames at most
 * @returns {string} Who calls
 */
function stackOf(depth) {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = depth;
  const { stack = '' } = new Error('who calls');
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

/**
 * Emits 'close' of a socket that a wrapper holds. What is above is destroyed by it, and closes after it.
 *
 * @param {any} socket A socket that is closed
 * @param {boolean[]} args What 'close' carries
 */
function emitClose(socket, args) {
  const feed = socket[kFeed];
  if (feed.onclose && feed.secure === null) {
    // The wrapper takes an immediate to destroy what is above it.
    onClose.call(socket);
    setImmediate(emitClose, socket, args);
    return;
  }
  const { waiting } = feed;
  feed.waiting = null;
  socket.emit('close', ...args);
  for (const callback of waiting ?? []) callback();
}

/**
 * 'close', in the place of the wrapper's listener.
 *
 * @this {any} The socket
 */
function onClose() {
  const feed = this[kFeed];
  feed.onclose?.call(this);
  feed.onclose = null;
  feed.secure?.destroy();
}

/**
 * Lets the 'close' of what is above wait for that of the socket.
 *
 * @param {any} socket The socket
 * @param {any} handle The handle of its wrapper
 */
function closeAfter(socket, handle) {
  const { close } = handle;
  const feed = socket[kFeed];
  handle.close = function (/** @type {Function} */ callback) {
    let waits = true;
    if (feed.frames !== null) {
      // A session that was told of an error of the socket's does not wait; the error of another is the socket's, too.
      waits = !socket.errored;
      socket.destroy(feed.wrapper?.errored);
    }
    close.call(this, () => {
      if (feed.waiting === null || !waits) callback();
      else feed.waiting.push(callback);
    });
  };
}

/**
 * @param {any} socket Read by a wrapper from now on
 * @param {Function} ondata The wrapper's listener of 'data'
 * @param {string} taker The module that it is made for
 * @returns {any} The socket
 */
function takeOver(socket, ondata, taker) {
  socket[kFeed] = {
    ondata,
    onend: undefined,
    onclose: undefined,
    wanted: false,
    ended: false,
    shut: false,
    wrapper: undefined,
    frames: taker.includes('http2') ? new (require('./frames.js').Frames)() : null,
    written: [],
    secure: null,
    waiting: [],
  };
  for (const [name, value] of Object.entries({
    cork,
    end,
    pause,
    resume,
    uncork,
    write,
    _read: read,
  })) {
    Object.defineProperty(socket, name, { value, configurable: true, writable: true });
  }
  const { _handle: handle } = socket;
  if (handle !== null) {
    handle.onread = handleOnRead;
    if (handle.borrows) handle.borrows = false;
  }
  return socket;
}

/**
 * Bytes, or the end of the stream. The socket's own stream has no part in it, so that it matters to
 * nobody what listens there, or pauses it; but below HTTP/2 the end is its own.
 *
 * @this {any} The handle
 * @param {Buffer | undefined} chunk Undefined at the end
 * @param {number} status At the end: 0, or a negative errno
 */
function handleOnRead(chunk, status) {
  const socket = this.owner;
  if (socket === null || socket.destroyed) return;
  const feed = socket[kFeed];
  if (chunk !== undefined) {
    socket._unrefTimer();
    if (feed.frames === null) feed.ondata.call(socket, chunk);
    else handFrames(socket, feed, chunk);
  } else if (status < 0) {
    // Who reads is told.
    (feed.secure ?? socket).destroy(eventException(status, 'read'));
  } else if (feed.frames !== null) {
    setImmediate(endSession, socket);
  } else if (!feed.ended) {
    feed.ended = true;
    feed.onend?.call(socket);
    // Both sides have ended: a stream would destroy itself.
    if (feed.shut || socket.writableFinished) socket.destroy();
    else socket.once('finish', socket.destroy);
  }
}

/**
 * The end of the stream, for a session of HTTP/2: it learns of it by the events of the socket. One that has failed
 * by then finishes its wrapper in an immediate, and destroys it in the next; to it there is no end.
 *
 * @param {any} socket The socket
 */
function endSession(socket) {
  const { wrapper } = socket[kFeed];
  if (!wrapper?.writableEnded) endReading(socket);
  else if (wrapper.writableFinished) setImmediate(endReading, socket);
  else wrapper.once('finish', () => setImmediate(endReading, socket));
}

/** @param {any} socket The socket, whose peer has ended */
function endReading(socket) {
  if (socket.destroyed) return;
  socket.push(null);
  // Without anything to read, that is what lets 'end' be emitted.
  socket.read(0);
}

/**
 * Hands bytes on frame by frame. What a session tells of a frame is a callback of its own where it reads from a
 * handle of core's, with ticks after it: 'response' is emitted in one, and would come after the 'data' that is
 * read with it.
 *
 * @param {any} socket The socket
 * @param {Feed} feed Who gets its bytes
 * @param {Buffer} chunk They
 */
function handFrames(socket, { ondata, frames }, chunk) {
  let end = /** @type {import('./frames').Frames} */ (frames).next(chunk, 0);
  if (end === chunk.length) {
    ondata.call(socket, chunk);
    return;
  }
  for (let start = 0; start < chunk.length && !socket.destroyed; start = end) {
    if (start > 0) {
      tick();
      end = /** @type {import('./frames').Frames} */ (frames).next(chunk, start);
    }
    run(ondata, socket, chunk.subarray(start, end));
  }
}

/** @returns {boolean} Whether a wrapper's handle asks for what is done now */
function isAskedByWrapper() {
  return /** @type {any} */ (executionAsyncResource())?.constructor?.name === HANDLE;
}

/**
 * `pause()`: the wrapper's is that of the connection.
 *
 * @this {any} The socket
 * @returns {any} The socket
 */
function pause() {
  if (!isAskedByWrapper()) return Duplex.prototype.pause.call(this);
  this[kFeed].wanted = false;
  if (this._handle?.reading) {
    this._handle.reading = false;
    this._handle.readStop();
  }
  return this;
}

/**
 * `pause()` of a socket of which nobody has said whether it is to flow, or whose 'pause' somebody listens to. A
 * wrapper that is being made calls it, too; nobody is told of that, and what nobody has said stays so.
 *
 * @param {any} socket The socket
 */
function pauseSeen(socket) {
  const silent = { emit: { value: () => false } };
  if (!isCalledByWrapper()) Duplex.prototype.pause.call(socket);
  else if (socket.readableFlowing !== null)
    Duplex.prototype.pause.call(Object.create(socket, silent));
}

/**
 * `end()`: the wrapper's half-closes the connection, once all that it has written is out. The socket's own
 * stream does not end by that.
 *
 * @this {any} The socket
 * @param {any[]} args A last chunk, its encoding, a callback; the wrapper has the callback only
 * @returns {any} The socket
 */
function end(...args) {
  const [callback] = args;
  if (typeof callback !== 'function' || !isCalledByWrapper()) {
    return Duplex.prototype.end.apply(this, /** @type {any} */ (args));
  }
  if (this[kFeed].frames !== null)
    return /** @type {any} */ (Duplex.prototype.end).call(this, callback);
  this._final((/** @type {Error | undefined} */ error) => {
    const feed = this[kFeed];
    feed.shut = true;
    if (!error) callback();
    if (error || feed.ended) this.destroy(error);
  });
  return this;
}

/**
 * `resume()`: the wrapper's is that of the connection. With the first one its handle, which to Node
 * stands for any stream, gets what it lacks: addresses and options of the socket below, for the
 * encrypted socket above.
 *
 * @this {any} The socket
 * @returns {any} The socket
 */
function resume() {
  if (!isAskedByWrapper()) return Duplex.prototype.resume.call(this);
  const handle = /** @type {any} */ (executionAsyncResource());
  if (handle.getpeername === undefined) {
    Object.assign(handle, verbsOf(this));
    closeAfter(this, handle);
    const wrapper = ownerOf(handle);
    this[kFeed].wrapper = wrapper;
    if (wrapper !== undefined) join(this, wrapper);
  }
  this[kFeed].wanted = true;
  // What the dialogue before has left.
  process.nextTick(start, this);
  return this;
}

/**
 * `cork()`: the wrapper's is before each of its writes, and is needed for none.
 *
 * @this {any} The socket
 */
function cork() {
  if (!isAskedByWrapper()) Duplex.prototype.cork.call(this);
}

/**
 * `write()`: the wrapper's waits for its `uncork()`.
 *
 * @this {any} The socket
 * @param {any[]} args A chunk, its encoding, a callback; the wrapper has no encoding
 * @returns {boolean}
 */
function write(...args) {
  if (!isAskedByWrapper()) return Duplex.prototype.write.apply(this, /** @type {any} */ (args));
  const [chunk, callback] = args;
  this[kFeed].written.push({ chunk, encoding: 'buffer', callback });
  return true;
}

/**
 * `uncork()`: the wrapper's sends what it has written, past the socket's own stream: that may be corked, or have
 * ended, and what fails is the wrapper's to tell.
 *
 * @this {any} The socket
 */
function uncork() {
  if (!isAskedByWrapper()) {
    Duplex.prototype.uncork.call(this);
    return;
  }
  const feed = this[kFeed];
  const { written } = feed;
  if (written.length === 0) return;
  feed.written = [];
  written.allBuffers = true;
  whenIdle(this, () =>
    this._writeGeneric(true, written, '', (/** @type {Error | undefined} */ error) => {
      for (const { callback } of written) callback(error);
    }),
  );
}

/**
 * @param {any} socket The socket
 * @param {() => void} callback Called when no write is under way, one from before the wrapper for instance
 */
function whenIdle(socket, callback) {
  const request = socket._handle?.pendingWrite?.request;
  if (request === undefined) {
    callback();
    return;
  }
  const { oncomplete } = request;
  request.oncomplete = function (/** @type {any[]} */ ...args) {
    oncomplete.apply(this, args);
    whenIdle(socket, callback);
  };
}

/**
 * @param {any} handle The handle of a wrapper
 * @returns {any} The wrapper, or undefined
 */
function ownerOf(handle) {
  const key = Object.getOwnPropertySymbols(handle).find(
    ({ description }) => description === 'owner_symbol',
  );
  return key === undefined ? undefined : handle[key];
}

/**
 * A wrapper knows nothing of a connect. HTTP/2 asks it all the same, and waits for its 'connect'. TLS
 * would ask the socket, did it know that; as the encrypted socket is made just now, it is told there.
 *
 * @param {any} socket The socket
 * @param {any} wrapper Its wrapper
 */
function join(socket, wrapper) {
  if (socket.connecting) follow(wrapper, socket);
  const { prototype } = require('node:tls').TLSSocket;
  const before = Object.getOwnPropertyDescriptor(prototype, INIT);
  if (!before?.configurable || typeof before.value !== 'function') return;
  // For the one that is being made only; HTTP/2 makes none.
  const restore = () => {
    if (Object.getOwnPropertyDescriptor(prototype, INIT)?.value === init)
      Object.defineProperty(prototype, INIT, before);
  };
  /**
   * @this {any} A TLS socket
   * @param {any[]} args What it is made of
   * @returns {any}
   */
  function init(...args) {
    restore();
    const result = before?.value.apply(this, args);
    if (args.includes(wrapper)) {
      this._parent = socket;
      socket[kFeed].secure = this;
      // One that is to be connected yet counts as connecting, too.
      if (socket.connecting || !socket._handle) follow(this, socket);
    }
    return result;
  }
  Object.defineProperty(prototype, INIT, { ...before, value: init });
  process.nextTick(restore);
}

/**
 * @param {any} above A wrapper, or an encrypted socket: it is connecting until the socket below is connected
 * @param {any} socket The socket below
 */
function follow(above, socket) {
  above.connecting = true;
  socket.once('connect', () => {
    above.connecting = false;
    above.emit('connect');
  });
}

/** @param {any} socket The socket, whose wrapper reads */
function start(socket) {
  const feed = socket[kFeed];
  while (feed.wanted && !socket.destroyed) {
    const chunk = socket._readableState.length === 0 ? null : Duplex.prototype.read.call(socket);
    if (chunk === null) break;
    feed.ondata.call(
      socket,
      typeof chunk === 'string' ? Buffer.from(chunk, socket.readableEncoding) : chunk,
    );
  }
  if (feed.wanted && !socket.destroyed) socket._read();
}

/**
 * Reads where the wrapper does, not where the socket's stream would.
 *
 * @this {any} The socket
 */
function read() {
  if (!this[kFeed].wanted) return;
  if (this.connecting || !this._handle) {
    this.once('connect', () => this._read());
  } else if (!this._handle.reading) {
    this._handle.reading = true;
    this._handle.readStart();
  }
}

/**
 * @param {any} socket The socket below
 * @returns {Record<string, Function>} What a handle above it answers with. As with any handle, that
 *   is 0 or a negative errno
 */
function verbsOf(socket) {
  return {
    getpeername: (/** @type {object} */ out) => answer(out, socket._getpeername()),
    getsockname: (/** @type {object} */ out) => answer(out, socket._getsockname()),
    setNoDelay: (/** @type {boolean} */ enable) => void socket.setNoDelay(enable),
    setKeepAlive: (/** @type {boolean} */ enable, /** @type {number} */ seconds) =>
      void socket.setKeepAlive(enable, seconds * 1000),
    ref: () => void socket.ref(),
    unref: () => void socket.unref(),
  };
}

/**
 * @param {object} out Gets the answer
 * @param {{ address?: string }} endpoint An end of the connection
 * @returns {number} 0, or a negative errno where it is not known
 */
function answer(out, endpoint) {
  Object.assign(out, endpoint);
  return endpoint.address === undefined ? ENOTCONN : 0;
}

module.exports = { emitClose, handleOnRead, on, pauseSeen };
