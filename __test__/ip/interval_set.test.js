'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { IPv4Set, IPv6Set, wordsToBigInt } = require('../../lib/interval_set');
const { randomSource } = require('./outcome');

/**
 * @param {number} n A small integer
 * @returns {Uint32Array} An address far from zero in each of its words, in the order of `n`
 */
function toWords(n) {
  return Uint32Array.of(
    0xffff0000 + (n >>> 6),
    0x80000000 + (n >>> 4),
    0xfffffff0 + ((n >>> 2) & 3),
    n & 3,
  );
}

const FAMILIES = {
  IPv4Set: {
    Set: IPv4Set,
    add: (set, start, end) => set.add(0x80000000 + start, 0x80000000 + end),
    has: (set, n) => set.has(0x80000000 + n),
  },
  IPv6Set: {
    Set: IPv6Set,
    add: (set, start, end) => set.add(wordsToBigInt(toWords(start)), wordsToBigInt(toWords(end))),
    has: (set, n) => set.has(toWords(n)),
  },
};

for (const [name, { Set: Intervals, add, has }] of Object.entries(FAMILIES)) {
  test(`${name}: each address is in it that was in an interval, while they wait and when merged`, () => {
    const random = randomSource(9);
    for (let round = 0; round < 60; round++) {
      const set = new Intervals();
      const expected = new Set();
      for (let added = 0; added < 150; added++) {
        const start = random(1_000);
        const end = start + (random(4) === 0 ? random(40) : random(3));
        add(set, start, end);
        for (let n = start; n <= end; n++) expected.add(n);
        // Ask at some steps only: the set merges when it is asked.
        if (random(10) > 0) continue;
        for (let n = 0; n < 1_050; n += 1 + random(5)) {
          assert.equal(has(set, n), expected.has(n), `${n} in round ${round}`);
        }
      }
      assert.ok(set.merged.length > 0, 'nothing was merged');
      for (let n = 0; n < 1_050; n++) assert.equal(has(set, n), expected.has(n), `${n}`);
      for (let i = 1; i < set.merged.length; i++) {
        assert.ok(set.merged[i - 1].end < set.merged[i].start, 'sorted, without overlaps');
      }
    }
  });

  test(`${name}: an interval inside a merged one, around it and touching it`, () => {
    for (const [start, end] of [
      [110, 120],
      [90, 210],
      [100, 200],
      [200, 230],
      [80, 100],
      [201, 230],
      [80, 99],
    ]) {
      const set = new Intervals();
      add(set, 100, 200);
      set.merge();
      add(set, start, end);
      set.merge();
      for (let n = 50; n < 300; n++) {
        assert.equal(has(set, n), (n >= 100 && n <= 200) || (n >= start && n <= end), `${n}`);
      }
    }
  });

  test(`${name}: an empty set has nothing`, () => {
    const set = new Intervals();
    assert.equal(has(set, 0), false);
    set.merge();
    assert.equal(has(set, 0), false);
  });
}
