'use strict';

/**
 * The overloads of `connect` and `listen`, brought into one form.
 *
 * Source: https://nodejs.org/api/net.html#netconnect and
 * https://nodejs.org/api/net.html#serverlisten
 */

/** Marks the arrays that {@link normalizeArgs} makes. */
const normalizedArgs = Symbol('normalizedArgs');

/**
 * @typedef {[options: Record<string, any>, callback: Function | null]} NormalizedArgs
 */

/**
 * @param {unknown} value
 * @returns {number | false} The value as a number, or false where that is negative or none
 */
function toNumber(value) {
  const number = Number(value);
  return number >= 0 ? number : false;
}

/**
 * @param {unknown} value A first argument
 * @returns {value is string} Whether it is the path of a Unix socket: a string that is no port
 */
function isPipeName(value) {
  return typeof value === 'string' && toNumber(value) === false;
}

/**
 * Brings the arguments of `connect` and `listen` into the form `[options, callback]`:
 *
 * - `(options[, ...][, callback])`
 * - `(path[, ...][, callback])`
 * - `(port[, host][, ...][, callback])`
 *
 * A first argument that is neither an object nor a path becomes the port, whatever it is: who
 * uses it has to refuse it.
 *
 * @param {ArrayLike<any>} args
 * @returns {NormalizedArgs} The options that were given, not a copy; null where the last argument
 *   is no function
 */
function normalizeArgs(args) {
  return mark(collect(args), normalizedArgs);
}

/**
 * {@link normalizeArgs} for other code, as `net._normalizeArgs`: the array has the mark that
 * built-in net's has, so that it can be handed to either.
 *
 * @param {ArrayLike<any>} args
 * @returns {NormalizedArgs}
 */
function normalizeForeignArgs(args) {
  return mark(collect(args), require('./core.js').coreArgsMark());
}
Object.defineProperty(normalizeForeignArgs, 'name', { value: 'normalizeArgs' });

/**
 * @param {ArrayLike<any>} args
 * @returns {NormalizedArgs}
 */
function collect(args) {
  /** @type {Record<string, any>} */
  let options = {};
  let callback = null;
  if (args.length > 0) {
    const [first, second] = [args[0], args[1]];
    if (typeof first === 'object' && first !== null) {
      options = first;
    } else if (isPipeName(first)) {
      options.path = first;
    } else {
      options.port = first;
      if (args.length > 1 && typeof second === 'string') options.host = second;
    }
    const last = args[args.length - 1];
    if (typeof last === 'function') callback = last;
  }
  return [options, callback];
}

/**
 * @param {NormalizedArgs} args
 * @param {symbol} symbol
 * @returns {NormalizedArgs} The same array
 */
function mark(args, symbol) {
  Object.defineProperty(args, symbol, {
    value: true,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return args;
}

/**
 * Tells whether `connect` was handed what {@link normalizeArgs} made, which callers of
 * `net._normalizeArgs` do. An array of built-in net's, marked with a symbol of its own, counts too.
 *
 * @param {unknown} value The first argument of `connect`
 * @returns {value is NormalizedArgs}
 */
function isNormalizedArgs(value) {
  if (!Array.isArray(value)) return false;
  return normalizedArgs in value || Object.getOwnPropertySymbols(value).some(isCoreMark);
}

/**
 * @param {symbol} symbol
 * @returns {boolean}
 */
function isCoreMark(symbol) {
  return symbol.description === normalizedArgs.description;
}

module.exports = {
  isNormalizedArgs,
  isPipeName,
  normalizeArgs,
  normalizeForeignArgs,
  normalizedArgs,
  toNumber,
};
