'use strict';

/**
 * The idle timeout of a socket.
 *
 * Source: https://nodejs.org/api/net.html#socketsettimeouttimeout-callback
 */

const { startTimer } = require('./clock.js');
const { kLastWriteQueueSize, kTimeout } = require('./symbols.js');
const { validateFunction, validateMilliseconds } = require('./validators.js');

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
function setStreamTimeout(msecs, callback) {
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
  arm(this, delay);
  if (callback !== undefined) {
    validateFunction(callback, 'callback');
    this.once('timeout', callback);
  }
  return this;
}

/** The idle time that a timer stands for. */
const kDelay = Symbol('kDelay');

/** Whether a timer was made for less of it. */
const kShortened = Symbol('kShortened');

/** How much native pipes had moved when the timer was made, where there were any. */
const kMoved = Symbol('kMoved');

/** @param {any} socket Whose time is up */
function timeIsUp(socket) {
  socket._onTimeout();
}

/**
 * @param {any} socket Whose timer it is
 * @param {number} delay The idle time that it stands for, in milliseconds
 * @param {number} [wait] When it is up, if that is earlier
 */
function arm(socket, delay, wait = delay) {
  const timer = /** @type {any} */ (startTimer(timeIsUp, wait, socket));
  timer.unref();
  timer[kDelay] = delay;
  if (wait < delay) timer[kShortened] = true;
  if (hasPipes(socket)) timer[kMoved] = moved(socket);
  socket[kTimeout] = timer;
}

/**
 * @param {any} socket A socket
 * @returns {boolean} Whether a native pipe leads from or to it
 */
function hasPipes({ _handle: handle }) {
  return Boolean(handle?.pump || handle?.feed);
}

/**
 * @param {any} socket A socket with native pipes
 * @returns {number} Bytes that they have moved
 */
function moved({ _handle: { pump, feed } }) {
  return (pump?.moved() ?? 0) + (feed?.moved() ?? 0);
}

/**
 * Native pipes move bytes unseen: whether one has since the timer was made, so that the idle time
 * is not over yet. If so, the timer is made anew for the rest.
 *
 * @param {any} socket A socket whose time is up
 * @returns {boolean}
 */
function hasMoved(socket) {
  const { _handle: handle, [kTimeout]: timer } = socket;
  if (!timer || !hasPipes(socket) || moved(socket) === (timer[kMoved] ?? 0)) return false;
  const idle = Math.min(handle.pump?.idle() ?? Infinity, handle.feed?.idle() ?? Infinity);
  const delay = timer[kDelay];
  if (idle >= delay) return false;
  arm(socket, delay, delay - idle);
  return true;
}

/**
 * The time is up; a write that is getting on counts as traffic.
 *
 * @param {any} socket A socket
 */
function onTimeout(socket) {
  const handle = socket._handle;
  const before = socket[kLastWriteQueueSize];
  if (before > 0 && handle) {
    const { writeQueueSize } = handle;
    if (before !== writeQueueSize) {
      socket[kLastWriteQueueSize] = writeQueueSize;
      socket._unrefTimer();
      return;
    }
  }
  if (!hasMoved(socket)) socket.emit('timeout');
}

/**
 * Starts the time anew, for a socket and those it stands for.
 *
 * @this {any} A socket
 */
function _unrefTimer() {
  for (let socket = this; socket !== null && socket !== undefined; socket = socket._parent) {
    const timer = socket[kTimeout];
    if (timer?.[kShortened]) {
      clear(socket);
      arm(socket, timer[kDelay]);
    } else {
      timer?.refresh();
    }
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
  socket[kTimeout]?.close();
  socket[kTimeout] = null;
}

module.exports = { _unrefTimer, clear, onTimeout, setStreamTimeout };
