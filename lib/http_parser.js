'use strict';

/**
 * Node's HTTP server on sockets of ours. Where a socket has a handle of core's, the server has its parser read
 * from that: the stream has no part in it until somebody else listens to 'data', and each piece of a body is
 * a callback of its own, with ticks after it, and so are headers that come apart from the head: many, or those
 * behind a body. A socket of ours it would listen to. So its parsers get to know our handles here.
 *
 * A parser is used again, for other sockets and for requests.
 */

const { executionAsyncResource } = require('node:async_hooks');
const { REPORTED, enter, tick } = require('./bridge.js');
const { StreamHandle } = require('./handle.js');
const { nodeMajor } = require('./platform.js');

/** What a parser calls with parts of a request: under the numbers that its class has by these names. */
const PARTS = ['kOnHeaders', 'kOnBody'];

/** Under whose number a parser has what it calls when it has read. */
const EXECUTED = 'kOnExecute';

/** Parsers that know our handles. */
const adapted = new WeakSet();

/**
 * Lets the parser read from the socket's handle, as far as nobody has done so before.
 *
 * @param {any} socket A socket that such a server listens to from now on
 */
function watch(socket) {
  const { parser } = socket;
  /** @type {any} */
  const handle = socket._handle;
  if (typeof parser !== 'object' || parser === null) return;
  if (!adapted.has(parser)) adapt(parser);
  if (handle?._consumed || !(handle instanceof StreamHandle)) return;
  Object.assign(handle, { _consumed: true });
  parser._consumed = true;
  parser.consume(handle);
}

/** @param {any} parser A parser of Node's */
function adapt(parser) {
  adapted.add(parser);
  /** @type {Source | null} Where it reads from. */
  let source = null;
  for (const name of PARTS) {
    const key = parser.constructor[name];
    const tell = parser[key];
    if (typeof tell !== 'function') continue;
    parser[key] = function (/** @type {any[]} */ ...args) {
      const result = Reflect.apply(tell, this, args);
      // A tick that throws ends the parsing, as it does in core.
      if (source?.current !== undefined && !tick()) throw REPORTED;
      return result;
    };
  }
  const { consume, unconsume, getCurrentBuffer } = parser;
  parser.consume = (/** @type {any} */ handle) => {
    if (handle instanceof StreamHandle) source = new Source(parser, handle);
    else consume.call(parser, handle);
  };
  parser.unconsume = () => {
    if (source === null) unconsume.call(parser);
    else source.leave();
    source = null;
  };
  parser.getCurrentBuffer = () => source?.copyOfCurrent() ?? getCurrentBuffer.call(parser);
}

/** A handle that a parser reads from. */
class Source {
  /**
   * @param {any} parser The parser
   * @param {any} handle The handle
   */
  constructor(parser, handle) {
    this.parser = parser;
    this.handle = handle;
    this.executed = parser.constructor[EXECUTED];
    /** @type {Buffer | undefined} What is being parsed. */
    this.current = undefined;
    const resource = executionAsyncResource();
    /** @type {any} In whose context the connection was told of. */
    this.listener = resource instanceof StreamHandle ? resource : handle;
    this.borrowed = handle.borrows;
    handle.borrows = true;
    handle.consumer = this;
  }

  /** @param {Buffer} chunk What was read; the parser copies what it keeps */
  read(chunk) {
    const { parser, executed } = this;
    this.current = chunk;
    try {
      const parsed = parser.execute(chunk);
      const then = parser[executed];
      if (typeof then !== 'function') return;
      // What follows a whole message concerns nobody but the server: it enters no context.
      const upgrades = Boolean(parser.incoming?.upgrade);
      if (parsed === chunk.byteLength && !upgrades) then.call(parser, parsed);
      else enter(this.contextOf(parsed, upgrades), then, parser, parsed);
    } finally {
      this.current = undefined;
    }
  }

  /**
   * @param {number | Error} parsed What the parser has answered
   * @param {boolean} upgrades Whether the connection leaves HTTP
   * @returns {any} In whose context the server is told
   */
  contextOf(parsed, upgrades) {
    const isListeners = typeof parsed === 'object' || (upgrades && nodeMajor >= 24);
    return isListeners ? this.listener : this.handle;
  }

  /** @returns {Buffer | undefined} */
  copyOfCurrent() {
    return this.current && Buffer.from(this.current);
  }

  /** What is read next goes to the stream again. */
  leave() {
    const { handle } = this;
    if (handle.consumer !== this) return;
    handle.consumer = null;
    handle.borrows = this.borrowed;
  }
}

module.exports = { watch };
