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
 */

/** The name of the wrapper's listener, where it is made, and for whom: TLS or HTTP/2. */
const LISTENER = 'ondata';
const WRAPPER = 'node:internal/js_stream_socket';
const TAKERS = /node:(_tls_wrap|internal\/(tls|http2)\/)/;

/** Frames between the listener and the taker, at most. */
const FRAMES = 12;

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
    if (fits && isCalledByWrapper()) return takeOver(this, listener);
  } else if (event === 'end' && this[kFeed] !== undefined && this[kFeed].onend === undefined) {
    // The next one that is added; a wrapper does so at once.
    this[kFeed].onend = listener;
    return this;
  } else if (event === 'close' && this[kFeed] !== undefined && this[kFeed].onclose === undefined) {
    this[kFeed].onclose = listener;
    return this;
  }
  return Duplex.prototype.on.call(this, event, /** @type {any} */ (listener));
}

/** @returns {boolean} Whether a wrapper is being made for one of Node's modules that take sockets over */
function isCalledByWrapper() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error('who calls');
  Error.stackTraceLimit = stackTraceLimit;
  return stack.includes(WRAPPER) && TAKERS.test(stack);
}

/**
 * 'close' of a socket that a wrapper holds comes when what is above it is destroyed, for which the wrapper
 * takes an immediate.
 *
 * @param {any} socket A socket that is closed
 * @returns {boolean} Whether its 'close' has to wait for that
 */
function closesAbove(socket) {
  const feed = socket[kFeed];
  if (!feed?.onclose) return false;
  feed.onclose.call(socket);
  feed.onclose = null;
  return true;
}

/**
 * @param {any} socket Read by a wrapper from now on
 * @param {Function} ondata The wrapper's listener of 'data'
 * @returns {any} The socket
 */
function takeOver(socket, ondata) {
  socket[kFeed] = { ondata, onend: undefined, onclose: undefined, wanted: false, ended: false };
  for (const [name, value] of Object.entries({ pause, resume, uncork, _read: read })) {
    Object.defineProperty(socket, name, { value, configurable: true, writable: true });
  }
  const { _handle: handle } = socket;
  if (handle !== null) {
    handle.onread = handleOnRead;
    handle.borrows = false;
  }
  return socket;
}

/**
 * Bytes, or the end of the stream. The socket's own stream has no part in it, so that it matters to
 * nobody what listens there, or pauses it.
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
    feed.ondata.call(socket, chunk);
  } else if (status < 0) {
    socket.destroy(eventException(status, 'read'));
  } else if (!feed.ended) {
    feed.ended = true;
    feed.onend?.call(socket);
    // Both sides have ended: a stream would destroy itself.
    if (socket.writableFinished) socket.destroy();
    else socket.once('finish', socket.destroy);
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
  if (handle.getpeername === undefined) Object.assign(handle, verbsOf(this));
  this[kFeed].wanted = true;
  // What the dialogue before has left.
  process.nextTick(start, this);
  return this;
}

/**
 * `uncork()`: what the wrapper has written leaves, however often the socket itself is corked.
 *
 * @this {any} The socket
 */
function uncork() {
  const { _writableState: state } = this;
  const { corked } = state;
  const kept = isAskedByWrapper() ? Math.max(corked - 1, 0) : 0;
  state.corked -= kept;
  Duplex.prototype.uncork.call(this);
  state.corked += kept;
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

module.exports = { closesAbove, handleOnRead, on };
