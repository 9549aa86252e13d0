'use strict';

/**
 * Sets of IP addresses given as intervals, asked far more often than changed: sorted and merged, so
 * that a look-up is one binary search in flat memory.
 *
 * New intervals wait in a short list that look-ups walk first. They are merged in when it has grown,
 * so that a set that is asked after each addition is not built anew each time.
 */

/** A set is merged when this many intervals wait, or this share of those merged, whichever is more. */
const MIN_WAITING = 32;
const WAITING_SHARE = 1 / 128;

/**
 * @template {number | bigint} T
 * @typedef {{ start: T, end: T }} Interval Both ends belong to it
 */

/**
 * @param {Interval<any>} a
 * @param {Interval<any>} b
 * @returns {number}
 */
function byStart(a, b) {
  if (a.start < b.start) return -1;
  return a.start > b.start ? 1 : 0;
}

/**
 * Joins two lists of intervals, of which overlapping ones become one.
 *
 * @template {number | bigint} T
 * @param {readonly Interval<T>[]} merged Sorted, without overlaps
 * @param {Interval<T>[]} waiting In any order; sorted by this call
 * @returns {Interval<T>[]} Sorted, without overlaps
 */
function mergeIntervals(merged, waiting) {
  waiting.sort(byStart);
  /** @type {Interval<T>[]} */
  const result = [];
  /** @type {Interval<T> | undefined} */
  let last;
  let i = 0;
  let j = 0;
  while (i < merged.length || j < waiting.length) {
    const next =
      j === waiting.length || (i < merged.length && merged[i].start <= waiting[j].start)
        ? merged[i++]
        : waiting[j++];
    if (last !== undefined && next.start <= last.end) {
      if (next.end > last.end) last.end = next.end;
    } else {
      last = { start: next.start, end: next.end };
      result.push(last);
    }
  }
  return result;
}

/**
 * What the sets for the two families have in common.
 *
 * @template {number | bigint} T
 */
class IntervalSet {
  constructor() {
    /** @type {Interval<T>[]} Sorted, without overlaps */
    this.merged = [];
    /** @type {Interval<T>[]} */
    this.waiting = [];
    /** @type {Uint32Array} The first addresses of `merged` */
    this.starts = new Uint32Array(0);
    /** @type {Uint32Array} The last addresses of `merged` */
    this.ends = new Uint32Array(0);
  }

  /**
   * @param {T} start
   * @param {T} end Not before `start`
   * @returns {void}
   */
  add(start, end) {
    this.waiting.push({ start, end });
  }

  /**
   * @returns {boolean} Whether it is time to merge what waits
   */
  isDue() {
    const { length } = this.waiting;
    return length > MIN_WAITING && length > this.merged.length * WAITING_SHARE;
  }

  /**
   * @param {T} address
   * @returns {boolean} Whether an interval that waits has it
   */
  waits(address) {
    for (const { start, end } of this.waiting) {
      if (address >= start && address <= end) return true;
    }
    return false;
  }
}

/**
 * IPv4 addresses, as unsigned 32-bit integers.
 *
 * @extends {IntervalSet<number>}
 */
class IPv4Set extends IntervalSet {
  /**
   * @param {number} address
   * @returns {boolean}
   */
  has(address) {
    if (this.waiting.length > 0) {
      if (this.isDue()) this.merge();
      else if (this.waits(address)) return true;
    }
    const { starts } = this;
    // The number of intervals that start at the address or before it.
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle] <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address <= this.ends[low - 1];
  }

  /**
   * @returns {void}
   */
  merge() {
    this.merged = mergeIntervals(this.merged, this.waiting);
    this.waiting = [];
    this.starts = Uint32Array.from(this.merged, ({ start }) => start);
    this.ends = Uint32Array.from(this.merged, ({ end }) => end);
  }
}

/**
 * @param {Uint32Array} words Four 32-bit words, the most significant first
 * @returns {bigint}
 */
function wordsToBigInt(words) {
  let value = 0n;
  for (const word of words) value = (value << 32n) | BigInt(word);
  return value;
}

/**
 * @param {Uint32Array} memory Takes four 32-bit words, the most significant first
 * @param {number} offset Where in it
 * @param {bigint} value
 * @returns {void}
 */
function storeBigInt(memory, offset, value) {
  for (let word = 3; word >= 0; word--) {
    memory[offset + word] = Number(value & 0xffffffffn);
    value >>= 32n;
  }
}

/**
 * Compares an address in a list of addresses with one by itself.
 *
 * @param {Uint32Array} memory Four words an address
 * @param {number} offset Where in it
 * @param {Uint32Array} words
 * @returns {boolean} Whether that of the list is the lesser, or equal
 */
function isAtMost(memory, offset, words) {
  for (let word = 0; word < 4; word++) {
    const difference = memory[offset + word] - words[word];
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/**
 * Compares the other way round.
 *
 * @param {Uint32Array} memory Four words an address
 * @param {number} offset Where in it
 * @param {Uint32Array} words
 * @returns {boolean} Whether that of the list is the greater, or equal
 */
function isAtLeast(memory, offset, words) {
  for (let word = 0; word < 4; word++) {
    const difference = memory[offset + word] - words[word];
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * IPv6 addresses: asked with four 32-bit words, added as 128-bit integers.
 *
 * @extends {IntervalSet<bigint>}
 */
class IPv6Set extends IntervalSet {
  /**
   * @param {Uint32Array} words
   * @returns {boolean}
   */
  has(words) {
    if (this.waiting.length > 0) {
      if (this.isDue()) this.merge();
      else if (this.waits(wordsToBigInt(words))) return true;
    }
    const { starts } = this;
    let low = 0;
    let high = starts.length / 4;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAtMost(starts, 4 * middle, words)) low = middle + 1;
      else high = middle;
    }
    return low > 0 && isAtLeast(this.ends, 4 * (low - 1), words);
  }

  /**
   * @returns {void}
   */
  merge() {
    this.merged = mergeIntervals(this.merged, this.waiting);
    this.waiting = [];
    this.starts = new Uint32Array(4 * this.merged.length);
    this.ends = new Uint32Array(4 * this.merged.length);
    this.merged.forEach(({ start, end }, i) => {
      storeBigInt(this.starts, 4 * i, start);
      storeBigInt(this.ends, 4 * i, end);
    });
  }
}

module.exports = { IPv4Set, IPv6Set, wordsToBigInt };
