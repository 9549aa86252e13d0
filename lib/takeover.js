'use strict';

/**
 * TLS over a socket of ours.
 *
 * Node's tls wraps a socket that is none of core's own as a plain stream: it listens to 'data'. With
 * a socket of core's it takes the descriptor over, and whoever listened to the raw socket before, a
 * STARTTLS dialogue for instance, hears nothing more. So that this holds for ours, too, the wrapper's
 * listener becomes the only one.
 *
 * Source: https://nodejs.org/api/tls.html#tlsconnectoptions-callback, option `socket`
 */

const { ENOTCONN } = require('./errno');
const { executionAsyncResource } = require('node:async_hooks');
const { Duplex } = require('node:stream');

/** Set on a socket that a wrapper reads. */
const kTaken = Symbol('kTaken');

/** The name of the wrapper's listener, and where it is made. */
const LISTENER = 'ondata';
const WRAPPER = 'node:internal/js_stream_socket';

/** The class of its handle, which runs what the wrapper is to do. */
const HANDLE = 'JSStream';

/**
 * Adds a listener, as any emitter does, but none of 'data' beside a wrapper's.
 *
 * @this {any} The socket
 * @param {string | symbol} event The event
 * @param {Function} listener The listener
 * @returns {any} The socket
 */
function on(event, listener) {
  if (event === 'data') {
    if (this[kTaken]) return this;
    // Only a listener that fits is worth a look at the stack. That of `pipe`, which has the same
    // name, is a function that could be a constructor.
    const fits = listener?.name === LISTENER && !Object.hasOwn(listener, 'prototype');
    if (fits && isCalledByWrapper()) takeOver(this);
  }
  return Duplex.prototype.on.call(this, event, /** @type {any} */ (listener));
}

/** @returns {boolean} Whether a wrapper of Node's is being made */
function isCalledByWrapper() {
  return new Error('who calls').stack?.includes(WRAPPER) === true;
}

/**
 * 'end': where the writing side ends with the reading side, it does so now. Of a socket that a
 * wrapper holds, the wrapper ends it: TLS has words to say after the peer's end.
 *
 * @param {any} socket The socket
 * @returns {boolean} Whether its writing side ends
 */
function endsWithPeer(socket) {
  if (socket[kTaken]) socket.allowHalfOpen = true;
  return !socket.allowHalfOpen;
}

/**
 * @param {any} socket A socket without a handle
 * @returns {boolean} Whether a wrapper holds it that waits for its connect
 */
function awaitsConnect(socket) {
  return Boolean(socket[kTaken]) && !socket.destroyed;
}

/** @param {any} socket Read by a wrapper from now on */
function takeOver(socket) {
  socket.removeAllListeners('data');
  socket[kTaken] = true;
  // The wrapper takes bytes; an encoding was the dialogue's.
  const state = socket._readableState;
  state.decoder = null;
  state.encoding = null;
  Object.defineProperty(socket, 'resume', { value: resumeFirst, configurable: true });
}

/**
 * The wrapper's first `resume()`, which its handle asks for. What the handle lacks, since to Node it
 * stands for any stream, it gets here: addresses and options of the socket below, for the encrypted
 * socket above.
 *
 * @this {any} The socket
 * @returns {any} The socket
 */
function resumeFirst() {
  delete this.resume;
  const handle = /** @type {any} */ (executionAsyncResource());
  if (handle?.constructor?.name === HANDLE) Object.assign(handle, verbsOf(this));
  return this.resume();
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

module.exports = { awaitsConnect, endsWithPeer, on };
