'use strict';

/**
 * Random sequences of calls, on built-in net and on tokio-net: the same bytes, events and errors. The
 * long form is `npm run fuzz`. A failure names its seed: `npm run fuzz -- --seed <seed> --count 1`.
 */

const assert = require('node:assert');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { isBuiltin, ours } = require('../harness');
const { compareMany } = require('./compare');

const COUNT = 120;
const LIMIT = 240_000;

test(
  `${COUNT} random sequences are as with built-in net`,
  { skip: isBuiltin(ours) && 'nothing to compare', timeout: LIMIT },
  async () => {
    const found = [];
    const figures = await compareMany({
      seed: 0,
      count: COUNT,
      onDifference: ({ seed, expected, actual }) => found.push({ seed, expected, actual }),
    });
    assert.deepStrictEqual(found, [], inspect(found, { depth: 3 }));
    assert.strictEqual(figures.played, COUNT);
  },
);
