'use strict';

/**
 * The bytes that travel. `bench/load/src/pattern.rs` makes the same ones and says why they are as
 * they are: no two connections carry the same stream, and no usual block size divides the period.
 */

/** The pattern repeats after this many bytes. */
const PERIOD = 65521;

/** The longest slice that `at` can give, in bytes. */
const SPAN = 256 * 1024;

/**
 * One period of the pattern, repeated far enough that every slice is contiguous.
 *
 * @returns {Buffer}
 */
function makePattern() {
  const bytes = Buffer.alloc(PERIOD + SPAN);
  let state = 0x9e3779b9;
  for (let i = 0; i < PERIOD; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  for (let i = PERIOD; i < bytes.length; i++) bytes[i] = bytes[i - PERIOD];
  return bytes;
}

const pattern = makePattern();

/**
 * Where in the pattern the stream of the client with this port begins.
 *
 * @param {number} port
 * @returns {number}
 */
function start(port) {
  return (port * 31) % PERIOD;
}

/**
 * The bytes at a position of the pattern, without a copy.
 *
 * @param {number} position
 * @param {number} length At most `SPAN`.
 * @returns {Buffer}
 */
function at(position, length) {
  const from = position % PERIOD;
  return pattern.subarray(from, from + length);
}

/**
 * Whether these bytes are the pattern's at `position`.
 *
 * @param {number} position
 * @param {Buffer} bytes
 * @returns {boolean}
 */
function matches(position, bytes) {
  for (let done = 0; done < bytes.length; done += SPAN) {
    const end = Math.min(done + SPAN, bytes.length);
    const from = (position + done) % PERIOD;
    if (pattern.compare(bytes, done, end, from, from + end - done) !== 0) return false;
  }
  return true;
}

module.exports = { PERIOD, SPAN, at, matches, start };
