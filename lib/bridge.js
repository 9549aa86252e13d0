'use strict';

/**
 * The JavaScript end of the bridge: every event of the native core arrives at {@link dispatch},
 * each in a callback scope of its own, and goes on to the handle that it belongs to, in that
 * handle's asynchronous context.
 */

const native = require('../binding.js');
const outbox = require('./outbox');

/** Bits of a handle's number that say where in the table it is; `src/bridge/table.rs`. */
const INDEX_MASK = (1 << 20) - 1;

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
 * Read memory by index.
 *
 * @type {Buffer[]}
 */
const blocks = [];

const { slice } = Uint8Array.prototype;

/** How many handles keep the process alive. */
let alive = 0;

let started = false;

/**
 * What each kind of event does, in the order of `Kind` in `src/bridge/event.rs`. The functions are
 * called on the handle, with the event's number and bytes.
 *
 * @type {((this: import('./handle').StreamHandle, number: number, bytes: any) => void)[]}
 */
const EVENTS = [
  function block() {},
  function connection(number) {
    this.handleConnection(number);
  },
  function connect(status) {
    this.handleConnect(status);
  },
  function read(length, position) {
    const block = blocks[position >>> OFFSET_BITS];
    const start = position & OFFSET_MASK;
    if (this.borrows) this.handleRead(block.subarray(start, start + length));
    // A Buffer of its own size: it shares memory with no other socket's, and pins no more.
    else this.handleRead(slice.call(block, start, start + length));
  },
  function chunk(_length, bytes) {
    this.handleRead(bytes);
  },
  function end(status) {
    this.handleEnd(status);
  },
  function write(left) {
    this.handleWrite(left);
  },
  function shutdown(status) {
    this.handleShutdown(status);
  },
  function close() {
    this.handleClose();
  },
  function full() {
    this.handleFull();
  },
];

const BLOCK = 0;

/** Added to a kind where more events wait behind the event. */
const MORE = 1 << 8;

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
  outbox.beginEvent(kind >= MORE);
  target.runInAsyncScope(EVENTS[kind & (MORE - 1)], target, number, bytes);
}

/** Makes the bridge ready; before the first native object is made. */
function start() {
  if (started) return;
  native.start(dispatch, outbox.bytes);
  started = true;
}

/**
 * Lets events of `handle` arrive; it must have its number.
 *
 * @param {import('./handle').StreamHandle} handle The handle
 */
function register(handle) {
  handles[handle.number & INDEX_MASK] = handle;
}

/**
 * Events of `handle` arrive no more.
 *
 * @param {import('./handle').StreamHandle} handle The handle
 */
function unregister(handle) {
  const index = handle.number & INDEX_MASK;
  if (handles[index] === handle) handles[index] = undefined;
}

/** One more handle keeps the process alive. */
function hold() {
  if (alive++ === 0) native.keepAlive(true);
}

/** One handle fewer keeps the process alive. */
function release() {
  if (--alive === 0) native.keepAlive(false);
}

module.exports = { hold, native, register, release, start, unregister };
