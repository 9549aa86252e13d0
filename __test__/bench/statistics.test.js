'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { median, moreIsBetter, summarize } = require('../../bench/lib/statistics.js');
const { RATE, ROUNDS, START, TIME } = require('./samples.js');

test('the median of an odd and of an even number of values, sorted as numbers', () => {
  assert.strictEqual(median([100, 9, 20]), 20);
  assert.strictEqual(median([4, 1, 10, 2]), 3);
  assert.strictEqual(median([7]), 7);
});

test('ratios are taken within each pair, not of the medians', () => {
  const summary = summarize(RATE, ROUNDS);
  assert.deepStrictEqual(summary.pairs, [2, 2.1, 3]);
  assert.strictEqual(summary.comparison, 2.1);
  assert.deepStrictEqual([summary.least, summary.most], [2, 3]);
  assert.deepStrictEqual(summary.medians, { net: 100, ours: 200, bun: 160 });
});

test('bounds are kept or missed, and neither where there is none', () => {
  const rate = summarize(RATE, ROUNDS);
  assert.deepStrictEqual([rate.keepsFloor, rate.keepsGoal], [null, true]);
  const time = summarize(TIME, ROUNDS);
  assert.deepStrictEqual([time.keepsFloor, time.keepsGoal], [false, false]);
});

test('start-up times are compared by difference', () => {
  const summary = summarize(START, [{ net: { start: 5 }, ours: { start: 7.5 } }]);
  assert.strictEqual(summary.comparison, 2.5);
  assert.strictEqual(summary.keepsGoal, true);
});

test('a side that misses a round counts with the others that it has', () => {
  const [first, ...rest] = ROUNDS;
  const { net, ours } = first;
  assert.strictEqual(summarize(RATE, [{ net, ours }, ...rest]).medians.bun, 165);
});

test('more is better of rates, less of times and memory', () => {
  const units = ['1/s', 'MB/s', 'µs', 'ms', 'B', 'MB'];
  const more = units.filter((unit) => moreIsBetter({ key: '', label: '', unit }));
  assert.deepStrictEqual(more, ['1/s', 'MB/s']);
});
