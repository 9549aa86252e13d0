'use strict';

/**
 * The idle timeout of a socket.
 *
 * Source: https://nodejs.org/api/net.html#socketsettimeouttimeout-callback
 */

const { kLastWriteQueueSize, kTimeout } = require('./symbols');
const { validateFunction, validateMilliseconds } = require('./validators');

/** The longest that a timer can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/**
 * Emits 'timeout' after `msecs` milliseconds without traffic; 0 turns that off. It does not keep
 * the process alive.
 *
 * @this {any} A socket
 * @param {number} msecs 0 to 2^31 - 1; more is capped, with a process warning
 * @param {Function} [callback] A one-time listener of 'timeout'; with 0, one that is removed
 * @returns {any} The socket
 * @throws {TypeError} ERR_INVALID_ARG_TYPE where an argument is of a wrong type
 * @throws {RangeError} ERR_OUT_OF_RANGE where `msecs` is negative or not finite
 */
function setTimeout(msecs, callback) {
  if (this.destroyed) return this;
  this.timeout = msecs;
  validateMilliseconds(msecs, 'msecs');
  const delay = capped(msecs);
  clear(this);
  if (delay === 0) {
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.removeListener('timeout', callback);
    }
    return this;
  }
  this[kTimeout] = globalThis.setTimeout(() => this._onTimeout(), delay);
  this[kTimeout].unref();
  if (callback !== undefined) {
    validateFunction(callback, 'callback');
    this.once('timeout', callback);
  }
  return this;
}

/**
 * The time is up; a write that is getting on counts as traffic.
 *
 * @this {any} A socket
 */
function onTimeout() {
  const handle = this._handle;
  const before = this[kLastWriteQueueSize];
  if (before > 0 && handle) {
    const { writeQueueSize } = handle;
    if (before !== writeQueueSize) {
      this[kLastWriteQueueSize] = writeQueueSize;
      this._unrefTimer();
      return;
    }
  }
  this.emit('timeout');
}

/**
 * Starts the time anew, for a socket and those it stands for.
 *
 * @this {any} A socket
 */
function refresh() {
  for (let socket = this; socket !== null && socket !== undefined; socket = socket._parent) {
    socket[kTimeout]?.refresh();
  }
}

/**
 * @param {number} msecs A time
 * @returns {number} The same, or the longest that a timer can wait
 */
function capped(msecs) {
  if (msecs <= LONGEST) return msecs;
  process.emitWarning(
    `${msecs} does not fit into a 32-bit signed integer.` +
      `\nTimer duration was truncated to ${LONGEST}.`,
    'TimeoutOverflowWarning',
  );
  return LONGEST;
}

/** @param {any} socket Whose timer is to go */
function clear(socket) {
  clearTimeout(socket[kTimeout]);
  socket[kTimeout] = null;
}

module.exports = { clear, onTimeout, refresh, setTimeout };
