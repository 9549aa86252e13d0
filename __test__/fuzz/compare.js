'use strict';

/**
 * Plays sequences on built-in `net` and on tokio-net, and finds what differs.
 */

const { isDeepStrictEqual } = require('node:util');
const { builtin, ours } = require('../harness/implementations');
const { draw, play } = require('./sequence');

/** How often a sequence is played again before a difference counts: timing is not one. */
const AGAIN = Number(process.env.AGAIN ?? 6);

/** Milliseconds that making a sequence small may take. */
const SHRINKING = 15_000;

/** The error of a connection that was lost. */
const LOST = /error Error (?:EPIPE|ECONNRESET)/;

const REFERENCE = { serverNet: builtin, clientNet: builtin };

const PAIRINGS = [
  { serverNet: ours, clientNet: ours },
  { serverNet: ours, clientNet: builtin },
  { serverNet: builtin, clientNet: ours },
];

/**
 * What differs in the first view that does.
 *
 * @typedef {object} Outcome
 * @property {string} expected What built-in net shows
 * @property {string} actual What tokio-net shows
 * @property {boolean} lost Whether it is only how the loss of a connection was told
 */

/**
 * A difference.
 *
 * @typedef {object} Difference
 * @property {number} seed Which sequence
 * @property {number} pairing Which modules
 * @property {import('./sequence').Sequence} sequence What was done
 * @property {string} expected What built-in net shows, in the first view that differs
 * @property {string} actual What tokio-net shows there
 */

/**
 * How a socket's life ended by a connection that was lost, without what timing decides: which call
 * was the first to find out, and what else was on its way. A write of which nobody waits for the end
 * may be gathered with others, and fails at the end of the turn then. Bytes that were read ahead of
 * the program are not unread to the kernel, so that it ends the connection and does not reset it;
 * and libuv tells a reset as the end of the stream where it comes together with bytes.
 *
 * @param {string} view What was seen
 * @param {string} other What was seen with the other module
 * @returns {string} The same where neither lost a connection
 */
function withoutLosses(view, other) {
  const lines = view.split('\n');
  const others = other.split('\n');
  for (let at = 0; at < lines.length; at += 2) {
    if (!LOST.test(lines[at]) && !LOST.test(others[at] ?? '')) continue;
    lines[at] = `${lines[at].slice(0, 2)}: lost`;
    lines[at + 1] = '';
  }
  return lines.join('\n');
}

/**
 * Plays a sequence on both.
 *
 * @param {import('./sequence').Sequence} sequence What to do
 * @param {number} pairing Which modules
 * @returns {Promise<Outcome | null>} Null where they agree
 */
async function compareOnce(sequence, pairing) {
  const reference = await play(sequence, REFERENCE);
  const result = await play(sequence, PAIRINGS[pairing], reference);
  const at = result.length - 1;
  const expected = reference[at];
  const actual = result[at];
  if (expected === actual) return null;
  return {
    expected,
    actual,
    lost: withoutLosses(expected, actual) === withoutLosses(actual, expected),
  };
}

/**
 * Plays a sequence on both; what is not the same each time on built-in net itself, or agrees in the
 * end, is no difference.
 *
 * @param {import('./sequence').Sequence} sequence What to do
 * @param {number} pairing Which modules
 * @returns {Promise<(Outcome & { certain: boolean }) | null>} Null where they agree;
 *   `certain` where they never do
 */
async function compareSequence(sequence, pairing) {
  const first = await compareOnce(sequence, pairing);
  if (first === null) return null;
  let certain = true;
  for (let again = 0; again < AGAIN && certain; again++) {
    const next = await compareOnce(sequence, pairing);
    certain = next !== null && next.lost === first.lost;
  }
  return { ...first, certain };
}

/**
 * Takes out of a sequence what does not bring the difference about.
 *
 * @param {import('./sequence').Sequence} sequence A sequence that differs
 * @param {number} pairing With which modules
 * @returns {Promise<import('./sequence').Sequence>}
 */
async function shrink(sequence, pairing) {
  let smallest = sequence;
  const deadline = Date.now() + SHRINKING;
  for (let shrunk = true; shrunk && Date.now() < deadline;) {
    shrunk = false;
    for (const smaller of smallerOnes(smallest)) {
      const outcome = await compareOnce(smaller, pairing);
      if (outcome === null || outcome.lost || isDeepStrictEqual(smaller, smallest)) continue;
      smallest = smaller;
      shrunk = true;
      break;
    }
  }
  return smallest;
}

/**
 * @param {import('./sequence').Sequence} sequence A sequence
 * @returns {Generator<import('./sequence').Sequence>} Each with one thing less
 */
function* smallerOnes(sequence) {
  const { early, steps } = sequence;
  for (let at = steps.length - 1; at >= 0; at--) {
    yield { ...sequence, steps: steps.toSpliced?.(at, 1) ?? steps.filter((_, i) => i !== at) };
  }
  for (let at = 0; at < early.length; at++) {
    yield { ...sequence, early: early.filter((_, i) => i !== at) };
  }
  for (const [at, step] of steps.entries()) {
    if (step.length === 1) continue;
    for (let which = 0; which < step.length; which++) {
      const rest = step.filter((_, i) => i !== which);
      yield { ...sequence, steps: steps.map((old, i) => (i === at ? rest : old)) };
    }
  }
}

/**
 * Compares many sequences, several at a time.
 *
 * @param {object} options Which
 * @param {number} options.seed The first one
 * @param {number} options.count How many
 * @param {number} [options.width] How many at a time
 * @param {number} [options.deadline] When to stop, by `Date.now()`
 * @param {(difference: Difference) => void} options.onDifference Told of each
 * @returns {Promise<{ played: number, differences: number, losses: number, uncertain: number }>}
 *   Figures
 */
async function compareMany({ seed, count, width = 8, deadline = Infinity, onDifference }) {
  const figures = { played: 0, differences: 0, losses: 0, uncertain: 0 };
  let next = seed;
  const work = async () => {
    while (next < seed + count && Date.now() < deadline) {
      const current = next++;
      const sequence = draw(current);
      const pairing = current % PAIRINGS.length;
      const outcome = await compareSequence(sequence, pairing);
      figures.played++;
      if (outcome === null) continue;
      if (!outcome.certain) {
        figures.uncertain++;
        continue;
      }
      if (outcome.lost) {
        figures.losses++;
        continue;
      }
      figures.differences++;
      const { expected, actual } = outcome;
      onDifference({ seed: current, pairing, sequence, expected, actual });
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return figures;
}

module.exports = { PAIRINGS, compareMany, compareOnce, compareSequence, shrink };
