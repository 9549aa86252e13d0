'use strict';

/**
 * Where HTTP/2 frames end in a stream of bytes.
 *
 * Source: RFC 9113, sections 3.4 (the preface of a client) and 4.1 (the header of a frame)
 */

/** Bytes of the header of a frame, the first three of which are the length of what follows. */
const HEADER = 9;
const LENGTH = 3;

/** What a client sends before its first frame starts as a frame of that length would; and its bytes. */
const PREFACE_START = 0x505249;
const PREFACE = 24;

/** Finds the ends of frames. */
class Frames {
  constructor() {
    /** Bytes of the header that have come, and the length that they tell. */
    this.seen = 0;
    this.length = 0;
    /** Bytes that the frame still has. */
    this.left = 0;
    this.isFirst = true;
  }

  /**
   * @param {Uint8Array} bytes What has come
   * @param {number} from Where the next frame, or the rest of one, begins
   * @returns {number} Where it ends, at the latest with the bytes
   */
  next(bytes, from) {
    let at = from;
    while (this.left === 0) {
      if (at === bytes.length) return at;
      if (this.seen < LENGTH) this.length = (this.length << 8) | bytes[at];
      at++;
      if (++this.seen < HEADER) continue;
      const isPreface = this.isFirst && this.length === PREFACE_START;
      this.left = isPreface ? PREFACE - HEADER : this.length;
      this.isFirst = false;
      this.seen = 0;
      this.length = 0;
      if (this.left === 0) return at;
    }
    const end = Math.min(at + this.left, bytes.length);
    this.left -= end - at;
    return end;
  }
}

module.exports = { Frames };
