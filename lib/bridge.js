'use strict';

/**
 * The JavaScript end of the bridge: every event of the native core arrives at {@link dispatch},
 * each in a callback scope of its own, and goes on to the handle that it belongs to, in that
 * handle's asynchronous context.
 */

const { AsyncResource } = require('node:async_hooks');
const active = require('./active.js');
const native = require('./native.js');
const { loadAll } = require('./lazy.js');
const outbox = require('./outbox.js');

/** Bits of a handle's number that say where in the table it is; `src/bridge/table.rs`. */
const INDEX_MASK = (1 << 20) - 1;

/** With so many handles a process may soon run out of descriptors. */
const CROWD = 16;

/** Bits of a position that say where in its block a read starts; `src/bridge/memory.rs`. */
const OFFSET_BITS = 18;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;

/**
 * Handles by the index in their number.
 *
 * @type {(import('./handle').StreamHandle | undefined)[]}
 */
const handles = [];

/**
 * Handles that wait for a name lookup before they get a number.
 *
 * @type {Set<import('./handle').StreamHandle>}
 */
const awaiting = new Set();

/**
 * Read memory by index.
 *
 * @type {Buffer[]}
 */
const blocks = [];

/**
 * Memory that the core has on loan for large reads, by index.
 *
 * @type {Buffer[]}
 */
const lent = [];

/** Bytes of a piece of lent memory. */
const READ_SIZE = 64 * 1024;

/**
 * Bits of a piece that say how long it is; above them is the number of the memory that it is in;
 * `src/socket/verbs.rs`.
 */
const LENGTH_BITS = 17;
const LENGTH_MASK = (1 << LENGTH_BITS) - 1;

/** A read of at least that many bytes is large. */
const LARGE_READ = 16 * 1024;

/** Pieces of memory that one read may fill; `src/socket/reader.rs`. */
const PIECES = 4;

/** Pieces of memory on loan at most. */
const MOST_LENT = 64;

/** @type {new (...args: any[]) => Buffer} What Node makes Buffers with that have memory of their own */
const FastBuffer = /** @type {any} */ (Buffer)[Symbol.species];

/**
 * As `slice()` of a typed array, which looks each time for the class that it is to make.
 *
 * @param {Buffer} memory Where the bytes are
 * @param {number} start Their first
 * @param {number} length How many
 * @returns {Buffer} They, in memory of their own
 */
function copy(memory, start, length) {
  const bytes = new FastBuffer(length);
  bytes.set(new Uint8Array(memory.buffer, memory.byteOffset + start, length));
  return bytes;
}

/** Lends memory for one more large read. */
function lendMore() {
  for (let more = Math.min(PIECES, MOST_LENT - lent.length); more > 0; more--) lendNew(lent.length);
}

/** @param {number} index Under which number */
function lendNew(index) {
  // Not zeroed: nobody sees it before a read has filled it to its end.
  lent[index] = Buffer.allocUnsafeSlow(READ_SIZE);
  native.lend(index, lent[index]);
}

/**
 * Takes memory back that a large read was made into.
 *
 * @param {number} index Its number
 * @param {number} length How many bytes were read
 * @returns {Buffer} They, in memory of their own
 */
function takeBack(index, length) {
  const memory = lent[index];
  if (length === READ_SIZE) {
    lendNew(index);
    return memory;
  }
  const bytes = copy(memory, 0, length);
  native.lend(index, memory);
  return bytes;
}

/** Whether V8 is to abort at a throw that nothing would catch, where it is thrown. */
const aborts = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((words) =>
  /--abort[-_]on[-_]uncaught[-_]exception/.test(words),
);

/** Whether a callback of the event under way has thrown. */
let failed = false;

/** Thrown where what is under way has to end, after what was thrown was reported. */
const REPORTED = new Error('reported');
// Where it was made would keep the context of the first file that asked for this one.
REPORTED.stack = String(REPORTED);

/**
 * Runs a callback in an asynchronous context. A listener of 'uncaughtException' for what it throws runs in
 * that context, too.
 *
 * @param {Pick<AsyncResource, 'runInAsyncScope'>} resource The context
 * @param {Function} callback Called there
 * @param {any} self As its `this`
 * @param {...any} args With these arguments
 */
function enter(resource, callback, self, ...args) {
  if (aborts) resource.runInAsyncScope(/** @type {any} */ (callback), self, ...args);
  else resource.runInAsyncScope(attempt, undefined, callback, self, args);
}

/**
 * Runs one of several callbacks of an event, after which others come though it throws.
 *
 * @param {Function} callback Called
 * @param {any} self As its `this`
 * @param {...any} args With these arguments
 * @returns {boolean} Whether it has not thrown
 */
function run(callback, self, ...args) {
  if (!aborts) return attempt(callback, self, args);
  Reflect.apply(callback, self, args);
  return true;
}

/**
 * @param {Function} callback Called
 * @param {any} self As its `this`
 * @param {any[]} args With these arguments
 * @returns {boolean} Whether it has not thrown
 */
function attempt(callback, self, args) {
  try {
    Reflect.apply(callback, self, args);
    return true;
  } catch (error) {
    if (error === REPORTED) return false;
    // What ends the process is told with the place where it was thrown, which is lost here.
    if (!isSurvived()) throw error;
    report(error);
    return false;
  }
}

/** @param {unknown} error What a callback of the event under way has thrown */
function report(error) {
  failed = true;
  if (!survives) noteSurvival();
  native.report(error);
}

/**
 * Runs ticks and microtasks in the middle of an event, as Node does after one. What they throw is reported here,
 * as by that Node finds its asynchronous contexts again, which a tick that throws leaves behind.
 *
 * @returns {boolean} Whether none has thrown
 */
function tick() {
  const { _tickCallback: runTicks } = /** @type {any} */ (process);
  if (aborts) {
    runTicks?.();
    return true;
  }
  try {
    runTicks?.();
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

/** @returns {boolean} Whether the program goes on after an uncaught exception */
function isSurvived() {
  return (
    process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()
  );
}

/**
 * @param {any} handle A handle that has been read from
 * @param {Buffer} bytes What was read
 */
function handOver(handle, bytes) {
  // A parser of Node's enters a context of its own for all that it tells.
  if (handle.consumer === null) enter(handle, handle.handleRead, handle, bytes);
  else run(handle.handleRead, handle, bytes);
}

/** How many handles keep the process alive. */
let alive = 0;

/**
 * What each kind of event does, in the order of `Kind` in `src/bridge/event.rs`. The functions are
 * called on the handle, with the event's number and bytes. Each enters the asynchronous context of
 * the handle, or that of the request which the event is about.
 *
 * @type {((this: import('./handle').StreamHandle, number: number, bytes: any) => void)[]}
 */
const EVENTS = [
  function block() {},
  function connection(number) {
    // A connection begins a life of its own: it does not inherit the context of its listener.
    const peer = number < 0 ? undefined : this.createPeer(number);
    enter(this, this.handleConnection, this, Math.min(number, 0), peer);
  },
  function connect(status) {
    this.handleConnect(status);
  },
  function read(length, position) {
    const block = blocks[position >>> OFFSET_BITS];
    const start = position & OFFSET_MASK;
    const bytes = this.borrows
      ? new FastBuffer(block.buffer, block.byteOffset + start, length)
      : // A Buffer of its own size: it shares memory with no other socket's, and pins no more.
        copy(block, start, length);
    if (length >= LARGE_READ) lendMore();
    handOver(this, bytes);
  },
  function chunk(length, bytes) {
    handOver(this, typeof bytes === 'number' ? takeBack(bytes, length) : bytes);
  },
  function end(status) {
    enter(this, this.handleEnd, this, status);
  },
  function write(left) {
    this.handleWrite(left);
  },
  function shutdown(status) {
    this.handleShutdown(status);
  },
  function close() {
    // Where nobody waits for it, as with a server, nothing of the program's runs.
    if (this.onclose === null) this.handleClose();
    else enter(this, this.handleClose, this);
  },
  function full() {
    this.handleFull();
  },
  function halted() {
    enter(this, this.handleHalted, this);
  },
  function room() {
    this.handleRoom();
  },
];

const BLOCK = 0;

/** Added to a kind where more events wait behind the event. */
const MORE = 1 << 8;

/** Added to a kind where more pieces of what was read wait behind the event. */
const AHEAD = 1 << 9;

/**
 * Hands over what a read has brought beyond its first piece, with ticks in between, as after events of their
 * own.
 *
 * @param {import('./handle').StreamHandle} target Whose read it was
 */
function goOn(target) {
  const handle = target.number;
  while (!failed && tick()) {
    const piece = native.nextPiece(handle);
    if (piece === 0) return;
    outbox.beginEvent(false);
    handOver(target, takeBack(piece >>> LENGTH_BITS, piece & LENGTH_MASK));
  }
}

/**
 * @param {number} handle The number of the handle, or 0
 * @param {number} kind An index into {@link EVENTS}, and perhaps {@link MORE}
 * @param {number} number A count, a status or a handle, as the kind says
 * @param {any} bytes A Buffer, a position in read memory, or undefined
 */
function dispatch(handle, kind, number, bytes) {
  if (kind === BLOCK) {
    blocks[number] = bytes;
    return;
  }
  const target = handles[handle & INDEX_MASK];
  if (target === undefined || target.number !== handle) return;
  outbox.beginEvent((kind & MORE) !== 0);
  failed = false;
  EVENTS[kind & (MORE - 1)].call(target, number, bytes);
  if (kind >= AHEAD) goOn(target);
  if (failed) fail();
}

/** Whether the core has heard that the program goes on after an uncaught exception; asked for each connection. */
let survives = false;

/** Tells the core whether it does. */
function noteSurvival() {
  survives = isSurvived();
  native.setSurvives(survives);
}

/** Throws, so that Node runs no ticks after this event: as with built-in net, they wait for what comes next. */
function fail() {
  native.wasReported();
  throw REPORTED;
}

/**
 * Lets events of `handle` arrive; it must have its number.
 *
 * @param {import('./handle').StreamHandle} handle The handle
 */
function register(handle) {
  const index = handle.number & INDEX_MASK;
  handles[index] = handle;
  if (awaiting.size > 0) awaiting.delete(handle);
  if (isSurvived() !== survives) noteSurvival();
  if (index === CROWD) loadAll();
}

/**
 * Events of `handle` arrive no more.
 *
 * @param {import('./handle').StreamHandle} handle The handle
 */
function unregister(handle) {
  const index = handle.number & INDEX_MASK;
  if (handles[index] === handle) handles[index] = undefined;
  if (awaiting.size > 0) awaiting.delete(handle);
}

/**
 * A handle counts as open, though it has no number yet. It must be closed or get one.
 *
 * @param {import('./handle').StreamHandle} handle The handle
 */
function expect(handle) {
  if (handle.number === 0) awaiting.add(handle);
}

/** @returns {import('./handle').StreamHandle[]} All handles that are open, the oldest first */
function openHandles() {
  const open = /** @type {any[]} */ (handles.filter((handle) => handle !== undefined));
  return [...open, ...awaiting].sort((a, b) => a.asyncId() - b.asyncId());
}

/** One more handle keeps the process alive. */
function hold() {
  if (alive++ === 0) native.keepAlive(true);
}

/** One handle fewer keeps the process alive. */
function release() {
  if (--alive === 0) native.keepAlive(false);
}

/**
 * Asked by tools that look for what keeps the process alive: they see the function as a resource in
 * `async_hooks`, and each handle, on whose behalf the bridge does, as another.
 *
 * @returns {boolean} False
 */
dispatch.hasRef = () => false;

/** Options of a resource that says itself when it ends. */
const MANUAL = { requireManualDestroy: true };

let started = false;

/**
 * Makes the threadsafe function, at the first handle: hooks of `async_hooks` that are enabled by
 * then have seen its beginning when they are told of events. It starts no thread.
 */
function start() {
  if (started) return;
  started = true;
  active.enable(openHandles);
  // The function lives as long as the process. It is not to keep, or to show to anybody, what the
  // first caller has in an AsyncLocalStorage: that is what a resource has besides its numbers.
  const scope = /** @type {any} */ (new AsyncResource('TOKIONET', MANUAL));
  for (const key of Object.getOwnPropertySymbols(scope)) {
    if (!key.description?.endsWith('async_id_symbol')) scope[key] = undefined;
  }
  scope.runInAsyncScope(native.start, native, dispatch, outbox.bytes);
  scope.emitDestroy();
  // A program may have its listener only after it has begun to listen or to connect.
  process.nextTick(noteSurvival);
}

module.exports = {
  REPORTED,
  enter,
  expect,
  hold,
  native,
  register,
  release,
  run,
  start,
  tick,
  unregister,
};
