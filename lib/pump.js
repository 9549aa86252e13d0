'use strict';

/**
 * Native pipes: `a.pipe(b)` between two sockets, moved by the I/O thread and not by JavaScript, as
 * long as nobody looks at the bytes.
 *
 * To the program it is an ordinary pipe, with the listeners that Node's streams put on both ends.
 * The source is first brought to a halt, so that what was read before passes through these; then
 * the pump runs below them. Whatever would show the bytes, or come between them, stops it first:
 * see {@link METHODS} and the verbs of `handle.js`. What follows then goes through JavaScript again, and the
 * next chunk may start another pump.
 */

const { listenerCount, listeners } = require('node:events').prototype;
const { Duplex, Readable, Writable } = require('node:stream');
const bridge = require('./bridge.js');

const { native } = bridge;

/** Chunks that go through JavaScript before a pump is tried: a first one may be the only one. */
const FIRST_CHUNKS = 1;

/** The same after a pump was stopped: each time twice as many, up to this. */
const MOST_CHUNKS = 64;

/**
 * Listeners of a source that would see bytes, or the rhythm in which they come.
 *
 * @type {Set<any>}
 */
const SOURCE_EVENTS = new Set(['data', 'readable', 'pause', 'resume']);

/** Chunks to go before the next pump, and how many that were the last time. */
const kPatience = Symbol('kPatience');

/** A native pipe from one handle to another, from the halt of its source on. */
class Pump {
  /**
   * @param {any} source The socket that is read
   * @param {any} destination The socket that is written to
   */
  constructor(source, destination) {
    this.source = source;
    this.destination = destination;
    this.from = source._handle;
    this.to = destination._handle;
    this.from.pump = this;
    this.to.feed = this;
    watch(source);
    watch(destination);
    this.halted = false;
    this.running = false;
    native.halt(this.from.number);
  }

  /** All that was read before has arrived. */
  handleHalted() {
    this.halted = true;
    this.start();
  }

  /** Starts to move, now or when what was written before is out. */
  start() {
    if (!this.halted || this.running) return;
    if (this.to.pendingWrite !== null) return;
    if (!isPlain(this.source, this.destination)) {
      this.stop();
      return;
    }
    this.to.sendGathered();
    this.running = native.startPump(this.from.number, this.to.number) === 0;
    if (!this.running) this.stop();
  }

  /** @returns {number} How many bytes were moved so far */
  moved() {
    return this.running ? native.pumpMoved(this.from.number) : 0;
  }

  /** @returns {number} Milliseconds since bytes were moved, or since the start */
  idle() {
    return native.pumpIdle(this.from.number);
  }

  /** A write comes in between. Before the start that is one of those that the pump waits for. */
  interrupt() {
    if (this.running) this.stop();
  }

  /** Lets the bytes go through JavaScript again. After this nothing is moved any more. */
  stop() {
    const { from, to } = this;
    from.pump = null;
    to.feed = null;
    unwatch(this.source, from);
    unwatch(this.destination, to);
    const moved = native.stopPump(from.number);
    from.received += moved;
    to.dispatched += moved;
  }
}

/**
 * A chunk has gone through a socket: where that is piped, the next ones need not.
 *
 * @param {any} socket A socket that wants to read
 */
function offer(socket) {
  const { pipes } = socket._readableState;
  if (pipes?.length !== 1) return;
  if (socket._handle.pump !== null) return;
  const patience = (socket[kPatience] ??= { left: FIRST_CHUNKS - 1, next: FIRST_CHUNKS });
  if (patience.left > 0) {
    patience.left--;
    return;
  }
  const [destination] = pipes;
  if (!isPlain(socket, destination)) return;
  patience.next = Math.min(patience.next * 2, MOST_CHUNKS);
  patience.left = patience.next;
  new Pump(socket, destination);
}

/**
 * @param {any} source A socket with a handle
 * @param {any} destination What it is piped to
 * @returns {boolean} Whether only the pipe's own listeners would see bytes
 */
function isPlain(source, destination) {
  return (
    source._readableState.pipes.length === 1 &&
    isPlainSource(source) &&
    isPlainDestination(source, destination)
  );
}

/**
 * @param {any} source A socket with a handle
 * @returns {boolean} Whether nobody but its pipe looks at what it reads
 */
function isPlainSource(source) {
  const { flowing, length, decoder, ended } = source._readableState;
  const { number, pump, onread, borrows, reading } = source._handle;
  return (
    pump !== undefined &&
    number !== 0 &&
    reading &&
    !borrows &&
    onread === originals.onread &&
    flowing === true &&
    length === 0 &&
    !decoder &&
    !ended &&
    listenerCount.call(source, 'data') === 1 &&
    listeners.call(source, 'data')[0].name === namesOfPipe().data &&
    listenerCount.call(source, 'readable') === 0 &&
    listenerCount.call(source, 'pause') === 0 &&
    listenerCount.call(source, 'resume') === 0 &&
    isUntouched(source, originals.reading)
  );
}

/**
 * @param {any} source A socket
 * @param {any} destination What it is piped to
 * @returns {boolean} Whether that is a socket which takes bytes at once, from nobody else
 */
function isPlainDestination(source, destination) {
  const handle = destination._handle;
  return (
    Boolean(handle?.number) &&
    handle.feed !== undefined &&
    (handle.feed === null || handle.feed.source === source) &&
    !destination.connecting &&
    destination.writable &&
    destination.writableLength === 0 &&
    !destination.writableNeedDrain &&
    destination.writableCorked === 0 &&
    handle.pendingWrite === null &&
    handle.shutdownRequest === null &&
    !handle.closing &&
    !handle.backlogged &&
    listeners.call(destination, 'drain').every(isPipesOwn) &&
    isUntouched(destination, originals.writing)
  );
}

/**
 * @param {Function} listener A listener of 'drain'
 * @returns {boolean} Whether it is one that a pipe put there
 */
function isPipesOwn({ name }) {
  return name === namesOfPipe().drain;
}

/** @type {{ data: string, drain: string } | undefined} */
let names;

/** @returns {{ data: string, drain: string }} The names of the listeners that a pipe adds */
function namesOfPipe() {
  if (names === undefined) {
    const source = new Readable({ read() {} });
    const destination = new Writable({ highWaterMark: 1, write() {} });
    source.pipe(destination);
    source.emit('data', Buffer.alloc(2));
    const [data] = source.listeners('data');
    const [drain] = destination.listeners('drain');
    names = { data: data.name, drain: drain.name };
  }
  return names;
}

/**
 * The methods that bytes pass through, as they are when nobody has put something in between.
 *
 * @type {{ onread: Function | null, reading: [string, Function][], writing: [string, Function][] }}
 */
const originals = { onread: null, reading: [], writing: [] };

/**
 * Notes what bytes of a `net.Socket` pass through.
 *
 * @param {any} prototype Those methods
 * @param {Function} onread What its handles hand bytes to
 */
function remember(prototype, onread) {
  originals.onread = onread;
  const methods = (/** @type {string[]} */ names) =>
    names.map((name) => /** @type {[string, Function]} */ ([name, prototype[name]]));
  originals.reading = methods(['emit', 'push', 'read', '_read']);
  originals.writing = methods(['emit', 'write', '_write', '_writev', '_writeGeneric']);
}

/**
 * @param {any} socket A socket
 * @param {[string, Function][]} methods Names, and what they were
 * @returns {boolean} Whether they still are
 */
function isUntouched(socket, methods) {
  return methods.every(([name, method]) => socket[name] === method);
}

// ---- what stops a pump

/**
 * Listeners come or go.
 *
 * @param {any} socket Whose
 * @param {string | symbol | undefined} event Of which event; of all where that is undefined
 */
function listenersChange(socket, event) {
  const handle = socket._handle;
  if (!handle) return;
  if (handle.pump && (event === undefined || SOURCE_EVENTS.has(event))) handle.pump.stop();
  // A pipe that waits for the destination listens to 'drain', too.
  if (handle.feed && (event === undefined || event === 'drain')) handle.feed.interrupt();
}

/**
 * Somebody takes a hand in what a socket reads.
 *
 * @param {any} socket The socket
 */
function stopFrom(socket) {
  socket._handle?.pump?.stop();
}

/**
 * Somebody takes a hand in what is written to a socket.
 *
 * @param {any} socket The socket
 */
function stopTo(socket) {
  socket?._handle?.feed?.stop();
}

/**
 * Methods of a stream that take a hand in a pipe. Both ends of a pump have them as long as it is
 * there; each stops it and goes on as ever. (Others, such as `pause`, are the socket's own.)
 */
const METHODS = {
  /**
   * @this {any}
   * @param {any} [destination] The pipe to end; all where there is none
   * @returns {any} The socket
   */
  unpipe(destination) {
    stopFrom(this);
    return Duplex.prototype.unpipe.call(this, destination);
  },

  /**
   * @this {any}
   * @param {BufferEncoding} encoding What chunks are to be decoded as
   * @returns {any} The socket
   */
  setEncoding(encoding) {
    stopFrom(this);
    return Duplex.prototype.setEncoding.call(this, encoding);
  },

  /** @this {any} */
  cork() {
    stopTo(this);
    Duplex.prototype.cork.call(this);
  },

  /**
   * @this {any}
   * @param {string | symbol} event The event
   * @param {any} listener The listener
   * @returns {any} The socket
   */
  prependListener(event, listener) {
    listenersChange(this, event);
    return Duplex.prototype.prependListener.call(this, event, listener);
  },

  /**
   * @this {any}
   * @param {string | symbol} event The event
   * @param {any} listener The listener
   * @returns {any} The socket
   */
  removeListener(event, listener) {
    listenersChange(this, event);
    return Duplex.prototype.removeListener.call(this, event, listener);
  },

  /**
   * @this {any}
   * @param {...any} events The event; all where there is none
   * @returns {any} The socket
   */
  removeAllListeners(...events) {
    listenersChange(this, events[0]);
    return Duplex.prototype.removeAllListeners.apply(this, /** @type {any} */ (events));
  },

  /**
   * @this {any}
   * @param {string | symbol} event The event
   * @param {any} listener The listener
   * @returns {any} The socket
   */
  off(event, listener) {
    return METHODS.removeListener.call(this, event, listener);
  },
};

const HOOKS = /** @type {[string, Function][]} */ (Object.entries(METHODS));

/**
 * @param {any} socket An end of a pump
 */
function watch(socket) {
  if (Object.hasOwn(socket, HOOKS[0][0])) return;
  for (const [name, value] of HOOKS) {
    Object.defineProperty(socket, name, { value, configurable: true, writable: true });
  }
}

/**
 * @param {any} socket What was an end of a pump
 * @param {any} handle Its handle
 */
function unwatch(socket, handle) {
  if (handle.pump !== null || handle.feed !== null) return;
  // Last in, first out: so the object keeps its fast form.
  for (const [name, value] of HOOKS.toReversed()) {
    if (socket[name] === value) delete socket[name];
  }
}

module.exports = { Pump, listenersChange, offer, remember };
