'use strict';

/**
 * Ticks between the parts of a request. Where Node's HTTP server reads from a handle of core's, each piece of a
 * body is a callback of its own, with ticks after it, and so are headers that come apart from the head: many, or
 * those behind a body. A socket of ours it listens to, and so it would tell of all that came in one read before
 * any tick.
 */

const { REPORTED, tick } = require('./bridge.js');

/** What a parser calls with such parts: under the numbers that its class has by these names. */
const PARTS = ['kOnHeaders', 'kOnBody'];

/** Sockets that such a server reads. Its parsers are used again, for other sockets and for requests. */
const read = new WeakSet();

/** Parsers that let ticks run. */
const adapted = new WeakSet();

/** @param {any} socket A socket that such a server listens to from now on */
function watch(socket) {
  const { parser } = socket;
  if (typeof parser !== 'object' || parser === null) return;
  read.add(socket);
  if (adapted.has(parser)) return;
  adapted.add(parser);
  for (const name of PARTS) {
    const key = parser.constructor[name];
    const tell = parser[key];
    if (typeof tell === 'function') parser[key] = withTicks(tell);
  }
}

/**
 * @param {Function} tell What the parser calls with a part
 * @returns {Function} What it calls instead. A tick that throws ends the parsing, as it does in core
 */
function withTicks(tell) {
  return function (...args) {
    const result = Reflect.apply(tell, this, args);
    if (read.has(this.socket) && !tick()) throw REPORTED;
    return result;
  };
}

module.exports = { watch };
