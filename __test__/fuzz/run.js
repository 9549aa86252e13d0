'use strict';

// The long form of the fuzzer: `npm run fuzz -- [--count n] [--seed n] [--width n] [--seconds n]`.
// It prints each difference, made small, and the figures.

const { parseArgs, inspect } = require('node:util');
const { PAIRINGS, compareMany, compareOnce, shrink } = require('./compare');

const NAMES = ['tokio-net on both sides', 'tokio-net listens', 'tokio-net connects'];

/** Differences that are made small and printed; of the others only the seed. */
const PRINTED = 10;

/** Prints what came of the sequences that the command line asks for. */
async function main() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '0' },
      width: { type: 'string', default: '8' },
      seconds: { type: 'string', default: '3600' },
    },
  });
  /** @type {import('./compare').Difference[]} */
  const found = [];
  const start = Date.now();
  const figures = await compareMany({
    seed: Number(values.seed),
    count: Number(values.count),
    width: Number(values.width),
    deadline: start + 1000 * Number(values.seconds),
    onDifference: (difference) => {
      console.log(`seed ${difference.seed} differs (${NAMES[difference.pairing]})`);
      found.push(difference);
    },
  });
  for (const { seed, pairing, sequence, expected, actual } of found.slice(0, PRINTED)) {
    const small = await shrink(sequence, pairing);
    const outcome = (await compareOnce(small, pairing)) ?? { expected, actual };
    console.log(`\nseed ${seed}, ${NAMES[pairing]}`);
    console.log(inspect(small, { depth: 8, breakLength: 110 }));
    console.log(`built-in net\n${outcome.expected}\ntokio-net\n${outcome.actual}`);
  }
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.log(
    `Node ${process.version}: ${figures.played} sequences in ${seconds} s, ` +
      `${figures.differences} differ, ${figures.losses} only in how a lost connection was told, ` +
      `${figures.uncertain} differed and then did not ` +
      `(${PAIRINGS.length} pairings, seeds from ${values.seed})`,
  );
  process.exitCode = figures.differences > 0 ? 1 : 0;
}

main();
