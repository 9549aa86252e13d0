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

const { Duplex } = require('node:stream');

/** Set on a socket that a wrapper reads. */
const kTaken = Symbol('kTaken');

/** The name of the wrapper's listener, and where it is made. */
const LISTENER = 'ondata';
const WRAPPER = 'node:internal/js_stream_socket';

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
}

module.exports = { awaitsConnect, endsWithPeer, on };
