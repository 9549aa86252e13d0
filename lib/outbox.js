'use strict';

/**
 * Small writes on their way down, without a call for each.
 *
 * Under load (more events wait behind the one that is being handled, or one event writes to many and the
 * thread is busy) writes are gathered here and sent by the I/O threads when the turn is over: most of a small
 * message's cost on the JavaScript thread is the system call. A write by itself goes out at once.
 *
 * The layout of the memory is that of `src/bridge/outbox.rs`.
 */

const native = require('./native.js');

/** Writes that can be gathered before they have to go out. */
const MOST_WRITES = 128;

/** Where the header's integers are: how many writes, their bytes, the turn, how many at most; then the writes. */
const COUNT = 0;
const USED = 1;
const TURN = 2;
const LIMIT = 3;
const FIRST = 4;

/** Where the bytes start. */
const HEADER = (FIRST + 2 * MOST_WRITES) * 4;

/** Bytes that can be gathered before they have to go out. */
const MOST_BYTES = 64 * 1024;

/** A write of more bytes than this is worth a call of its own. */
const SMALL = 4 * 1024;

/**
 * Bytes that one event may gather for one socket. Past that its writes go out at once, so that who
 * writes until he is told to stop hears from the kernel when that is.
 */
const MOST_GATHERED = 16 * 1024;

/** Writes that one event may send at once before the rest is gathered. */
const MOST_INLINE = 2;

/** It is asked once in so many writes whether this thread has time for more. */
const SELDOM = 16;

/** @type {Buffer & { latin1Write: BufferWrite, utf8Write: BufferWrite }} */
const bytes = /** @type {any} */ (Buffer.alloc(HEADER + MOST_BYTES + SMALL * 3));
const header = new Int32Array(bytes.buffer, bytes.byteOffset, FIRST + 2 * MOST_WRITES);

/** @typedef {(text: string, offset: number) => number} BufferWrite Answers how many bytes it put */

/** Whether more events wait behind the one that is being handled. */
let more = false;

/** How many writes the event has sent at once. */
let inline = 0;

/** The turn in which it did. */
let turn = 0;

/** The number of the event. */
let event = 0;

/** Whether this thread had time for more when it was last asked, and for how many writes that still holds. */
let time = false;
let trusted = 0;

/**
 * What the outbox keeps on a handle: the turn in which it got bytes of it, and how many it has
 * gathered since which event.
 *
 * @typedef {{ number: number, turn: number, event: number, gathered: number }} Gatherer
 */

/**
 * An event is about to be handled.
 *
 * @param {boolean} moreWait Whether more wait behind it
 */
function beginEvent(moreWait) {
  more = moreWait;
  inline = 0;
  event++;
}

/**
 * Whether a small write is to be gathered.
 *
 * @param {Gatherer} handle Whose write it is
 * @returns {boolean}
 */
function isLoaded(handle) {
  const isFirst = handle.event !== event;
  if (isFirst) {
    handle.event = event;
    handle.gathered = 0;
  } else if (handle.gathered > MOST_GATHERED) {
    return false;
  }
  if (turn !== header[TURN]) {
    turn = header[TURN];
    inline = 0;
  }
  if (more || handle.turn === turn) return true;
  return inline++ >= MOST_INLINE && !(isFirst && hasTime());
}

/** @returns {boolean} Whether this thread has time to send to many sockets, each once, in one event */
function hasTime() {
  if (trusted === 0) {
    time = native.hasTime();
    trusted = SELDOM;
  }
  trusted--;
  return time;
}

/**
 * Whether bytes of a handle are in the outbox; they have to go out before anything else does.
 *
 * @param {{ turn: number }} handle The handle
 * @returns {boolean}
 */
function holds(handle) {
  return handle.turn === header[TURN];
}

/**
 * Makes room and notes a write; its bytes go to the place that is returned.
 *
 * @param {Gatherer} handle Whose write it is
 * @param {number} length At most {@link SMALL} bytes, or three times that
 * @returns {number} The place in {@link bytes}
 */
function note(handle, length) {
  if (header[COUNT] >= header[LIMIT] || header[USED] + length > MOST_BYTES) {
    native.flush();
    // The event that goes on has sent its share at once.
    turn = header[TURN];
  }
  const count = header[COUNT];
  const used = header[USED];
  const last = FIRST + 2 * count - 2;
  if (count > 0 && header[last] === handle.number) {
    header[last + 1] += length;
  } else {
    header[last + 2] = handle.number;
    header[last + 3] = length;
    header[COUNT] = count + 1;
    if (count === 0) native.scheduleFlush();
  }
  header[USED] = used + length;
  handle.turn = header[TURN];
  handle.gathered += length;
  return HEADER + used;
}

/**
 * Gathers a write.
 *
 * @param {Gatherer} handle Whose write it is
 * @param {Uint8Array} chunk At most {@link SMALL} bytes
 */
function gather(handle, chunk) {
  bytes.set(chunk, note(handle, chunk.byteLength));
}

/**
 * Sends a write at once.
 *
 * @param {{ number: number }} handle Whose write it is
 * @param {Uint8Array} chunk At most {@link SMALL} bytes
 * @returns {number} How many bytes the kernel took, or a negative errno
 */
function send(handle, chunk) {
  bytes.set(chunk, HEADER + header[USED]);
  return native.writeSingle(handle.number, chunk.byteLength);
}

/**
 * Puts text behind the gathered writes, so that it can be sent or gathered.
 *
 * @param {string} text At most {@link SMALL} UTF-16 units
 * @param {boolean} latin1 Whether it goes as Latin-1, else as UTF-8
 * @returns {number} How many bytes that is
 */
function encode(text, latin1) {
  const place = HEADER + header[USED];
  return latin1 ? bytes.latin1Write(text, place) : bytes.utf8Write(text, place);
}

/**
 * Puts chunks one behind the other, as {@link encode} does with one.
 *
 * @param {any[]} chunks Strings or bytes, each before its encoding
 * @returns {number} How many bytes they are; -1 where they are too many, or an encoding is a rare one
 */
function encodeAll(chunks) {
  const start = HEADER + header[USED];
  const end = start + SMALL * 3;
  let place = start;
  for (let i = 0; i < chunks.length; i += 2) {
    const chunk = chunks[i];
    if (typeof chunk !== 'string') {
      if (place + chunk.byteLength > end) return -1;
      bytes.set(chunk, place);
      place += chunk.byteLength;
    } else if (chunk !== '') {
      if (place + 3 * chunk.length > end) return -1;
      const encoding = chunks[i + 1];
      if (encoding === 'latin1') place += bytes.latin1Write(chunk, place);
      else if (encoding === 'utf8') place += bytes.utf8Write(chunk, place);
      else return -1;
    }
  }
  return place - start;
}

/**
 * @param {number} length How many bytes were just encoded
 * @returns {Buffer} They, in memory of their own
 */
function copyOfEncoded(length) {
  const start = HEADER + header[USED];
  return Buffer.from(bytes.subarray(start, start + length));
}

/**
 * Gathers a text that was just encoded.
 *
 * @param {Gatherer} handle Whose write it is
 * @param {number} length How many bytes it has
 */
function gatherEncoded(handle, length) {
  const before = header[USED];
  const place = note(handle, length);
  if (place !== HEADER + before) bytes.copyWithin(place, HEADER + before, HEADER + before + length);
}

/**
 * Sends a text that was just encoded.
 *
 * @param {{ number: number }} handle Whose write it is
 * @param {number} length How many bytes it has
 * @returns {number} How many bytes the kernel took, or a negative errno
 */
function sendEncoded(handle, length) {
  return native.writeSingle(handle.number, length);
}

module.exports = {
  SMALL,
  beginEvent,
  bytes,
  copyOfEncoded,
  encode,
  encodeAll,
  gather,
  gatherEncoded,
  holds,
  isLoaded,
  send,
  sendEncoded,
};
