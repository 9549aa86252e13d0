'use strict';

/**
 * Timers that run on the real clock. Test frameworks put stand-ins in the place of `setTimeout` and
 * `setImmediate`; built-in `net` never sees those, so idle timeouts and the end of a handle do not
 * depend on them here either.
 */

const timers = require('node:timers');

const { coreTimer } = require('./core.js');

// As they are now: a stand-in takes their place in the module as well.
const { clearImmediate, clearTimeout, setImmediate, setTimeout } = timers;

/** @typedef {{ close: () => unknown, refresh: () => unknown, unref: () => unknown }} Timer */

/** @type {boolean | undefined} Whether the functions above are Node's own; asked when first used */
let real;

/**
 * Whether a timer or an immediate is Node's own: those have a number in `async_hooks`. It tells the
 * stand-ins that were there before this file was loaded.
 *
 * @param {unknown} timer What a function for timers returned
 * @returns {boolean}
 */
function isReal(timer) {
  if (typeof timer !== 'object' || timer === null) return false;
  const symbols = Object.getOwnPropertySymbols(timer);
  return symbols.some(({ description }) => description === 'asyncId');
}

/**
 * Calls back once, after a time.
 *
 * @param {(...args: any[]) => void} callback Called then
 * @param {number} delay Milliseconds
 * @param {...any} args What the callback gets
 * @returns {Timer} `close()` stops it, `refresh()` starts its time anew
 */
function startTimer(callback, delay, ...args) {
  if (real !== false) {
    const timer = setTimeout(callback, delay, ...args);
    real ??= isReal(timer);
    if (real) return timer;
    clearTimeout(timer);
  }
  return coreTimer(() => callback(...args), delay);
}

/**
 * Calls back after the events of this round of the event loop.
 *
 * @param {(...args: any[]) => void} callback Called then
 * @param {...any} args What the callback gets
 */
function defer(callback, ...args) {
  if (real !== false) {
    const immediate = setImmediate(callback, ...args);
    real ??= isReal(immediate);
    if (real) return;
    clearImmediate(immediate);
  }
  // The one way to Node's own immediate that stand-ins leave alone.
  const { scheduler } = require('node:timers/promises');
  // What the callback throws is an uncaught exception, not a rejection.
  scheduler.yield().then(() => process.nextTick(callback, ...args));
}

module.exports = { defer, startTimer };
