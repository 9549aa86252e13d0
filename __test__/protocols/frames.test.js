'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { Frames } = require('../../lib/frames');

/**
 * @param {number} length Bytes of its payload
 * @returns {Buffer} A frame
 */
function frame(length) {
  const bytes = Buffer.alloc(9 + length, 'p');
  bytes.writeUIntBE(length, 0, 3);
  return bytes;
}

/**
 * @param {Buffer[]} chunks What comes
 * @returns {number[]} Where the pieces end, counted from the start of all
 */
function endsOf(chunks) {
  const frames = new Frames();
  const ends = [];
  let before = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ends.push(before + at)) at = frames.next(chunk, at);
    before += chunk.length;
  }
  return ends;
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const LENGTHS = [0, 1, 18, 0, 300, 16384, 70000, 2];

for (const [name, start] of [
  ['a server', Buffer.alloc(0)],
  ['a client', PREFACE],
]) {
  const parts = [start, ...LENGTHS.map(frame)].filter(({ length }) => length > 0);
  const all = Buffer.concat(parts);
  const wanted = parts.map((_, index) => Buffer.concat(parts.slice(0, index + 1)).length);

  test(`the frames of ${name} that come at once are cut where they end`, () => {
    assert.deepStrictEqual(endsOf([all]), wanted);
  });

  test(`the frames of ${name}, cut anywhere, are cut where they end besides`, () => {
    for (const size of [1, 2, 5, 9, 10, 1000, 65536]) {
      const chunks = [];
      for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size));
      let total = 0;
      const cuts = chunks.map(({ length }) => (total += length));
      const both = [...new Set([...cuts, ...wanted])].sort((a, b) => a - b);
      assert.deepStrictEqual(endsOf(chunks), both);
    }
  });
}
