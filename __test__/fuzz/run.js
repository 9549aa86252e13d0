'use strict';

// The long form of the fuzzer: `npm run fuzz -- [--count n] [--seed n] [--width n] [--seconds n]`.
// It prints each difference, made small, and the figures.

const { parseArgs, inspect } = require('node:util');
const { PAIRINGS, compareMany, compareOnce, shrink } = require('./compare');

const NAMES = ['tokio-net on both sides', 'tokio-net listens', 'tokio-net connects'];

/** Differences that are made small and printed; of the others only the seed. */
const PRINTED = 10;

/**
 * @param {Record<string, number>} counts How many, by what
 * @returns {string}
 */
function counted(counts) {
  const parts = Object.entries(counts).map(([reason, count]) => `${count} (${reason})`);
  return parts.join(', ') || 'none';
}

/**
 * @param {string} expected Some lines
 * @param {string} actual Others
 * @returns {string} Those that differ, one above the other
 */
function differingLines(expected, actual) {
  const others = actual.split('\n');
  return expected
    .split('\n')
    .flatMap((line, at) => (line === others[at] ? [] : [`- ${line}`, `+ ${others[at]}`]))
    .join('\n');
}

/** Prints what came of the sequences that the command line asks for. */
async function main() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '0' },
      width: { type: 'string', default: '24' },
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
    onOnce: ({ seed, expected, actual }) => {
      console.log(`seed ${seed} differed once\n${differingLines(expected, actual)}`);
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
    `Node ${process.version}: ${figures.played} sequences in ${seconds} s ` +
      `(${PAIRINGS.length} pairings, seeds from ${values.seed}), ${figures.differences} differ.\n` +
      `Differ each time, explained: ${counted(figures.explained)}.\n` +
      `Differed, and then did not: ${counted(figures.once)}.`,
  );
  process.exitCode = figures.differences > 0 ? 1 : 0;
}

main();
