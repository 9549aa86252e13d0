'use strict';

/**
 * Plays sequences on built-in `net` and on tokio-net, and finds what differs.
 */

const { isDeepStrictEqual } = require('node:util');
const { builtin, ours } = require('../harness/implementations');
const { draw, play } = require('./sequence');

/**
 * Milliseconds that a step may take to end as with built-in net, each time that a sequence is played:
 * it is played again before a difference counts.
 */
const PATIENCE = [3000, 500, 1000, 2000, 3000, 3000, 3000];

/** Milliseconds that making a sequence small may take. */
const SHRINKING = 15_000;

/** The error of a connection that was lost. */
const LOST = /Error (?:EPIPE write write EPIPE|ECONNRESET (?:read read|write write) ECONNRESET)/g;

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
 * @property {string | null} reason Why that has to be so, where it has
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

/** A reason of what is not the same each time. */
const OTHERWISE = 'a loss told otherwise';

/**
 * What was seen of a socket.
 *
 * @param {string} view What was seen
 * @returns {Map<string, { entries: string[], state: string }>} The same by socket
 */
function bySocket(view) {
  const sockets = new Map();
  const lines = view.split('\n');
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [name, ...rest] = lines[at].split(': ');
    sockets.set(name, { entries: rest.join(': ').split(', '), state: lines[at + 1] });
  }
  return sockets;
}

/**
 * Why two views differ, where that is known and has to be.
 *
 * @param {string} expected What built-in net shows
 * @param {string} actual What tokio-net shows
 * @returns {string | null} The name of the reason
 */
function explain(expected, actual) {
  const theirs = bySocket(expected);
  const ours = bySocket(actual);
  let reason = null;
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    const one = theirs.get(name);
    const other = ours.get(name);
    if (one === undefined || other === undefined) return null;
    if (isDeepStrictEqual(one, other)) continue;
    const its = explainSocket(one, other);
    if (its === null) return null;
    if (reason === null || its > reason) reason = its;
  }
  return reason;
}

/**
 * The same for one socket. What is known and has to be is how the loss of a connection is told, which
 * timing decides:
 *
 * - _a loss of a gathered write_: where more events wait, a small write without a callback is sent
 *   at the end of the turn. So it is answered as if there were a connection, and fails later.
 * - _a loss told later_: until then what waited is delivered, such as the end of the stream.
 * - _a loss told earlier_: or the I/O thread has met the reset before JavaScript came to that.
 * - _a loss told otherwise_: or it has read the end of the stream before the reset came, or the
 *   kernel took the bytes before the other end was closed, which is done on another thread. To libuv
 *   a reset that it sees together with bytes is the end of the stream. One that is told otherwise
 *   each time is no such race, and counts as a difference.
 *
 * Whatever the reason, the bytes that were delivered are the same as far as they go.
 *
 * @param {{ entries: string[], state: string }} expected What built-in net shows
 * @param {{ entries: string[], state: string }} actual What tokio-net shows
 * @returns {string | null} The name of the reason
 */
function explainSocket(expected, actual) {
  const text = [...expected.entries, expected.state, ...actual.entries, actual.state].join();
  if (text.match(LOST) === null || !agree(expected.entries, actual.entries)) return null;
  const one = expected.entries.map(withoutAnswer);
  const other = actual.entries.map(withoutAnswer);
  if (isDeepStrictEqual(one, other)) return 'a loss of a gathered write';
  if (isWithin(one, other)) return 'a loss told later';
  if (isWithin(other, one)) return 'a loss told earlier';
  return OTHERWISE;
}

/**
 * @param {string[]} some What happened
 * @param {string[]} others What happened with the other module
 * @returns {boolean} Whether as many bytes always were the same
 */
function agree(some, others) {
  const hashes = new Map();
  return [...some, ...others].every((entry) => {
    const [, length, hash] = /^(\d+) delivered (\w+)$/.exec(entry) ?? [];
    if (length === undefined) return true;
    if (!hashes.has(length)) hashes.set(length, hash);
    return hashes.get(length) === hash;
  });
}

/**
 * @param {Outcome} outcome What differs
 * @returns {boolean} Whether each socket was delivered the same bytes, as far as they go
 */
function haveSameBytes({ expected, actual }) {
  const ours = bySocket(actual);
  return [...bySocket(expected)].every(([name, { entries }]) =>
    agree(entries, ours.get(name)?.entries ?? []),
  );
}

/**
 * @param {string} entry What happened
 * @returns {string} The same without whether more could be written, and how a connection was lost
 */
function withoutAnswer(entry) {
  return entry.replace(/^(write|end|unshift) (?:true|false)$/, '$1').replaceAll(LOST, 'lost');
}

/**
 * @param {string[]} some What happened
 * @param {string[]} more What happened
 * @returns {boolean} Whether that is the same and more
 */
function isWithin(some, more) {
  let at = 0;
  for (const entry of more) if (entry === some[at]) at++;
  return at === some.length;
}

/**
 * Plays a sequence on both.
 *
 * @param {import('./sequence').Sequence} sequence What to do
 * @param {number} pairing Which modules
 * @returns {Promise<Outcome | null>} Null where they agree
 */
async function compareOnce(sequence, pairing, patience = 1000) {
  const reference = await play(sequence, REFERENCE);
  const result = await play(sequence, PAIRINGS[pairing], reference, patience);
  const at = result.length - 1;
  const expected = reference[at];
  const actual = result[at];
  if (expected === actual) return null;
  return { expected, actual, reason: explain(expected, actual) };
}

/**
 * Plays a sequence on both, and again where it differs.
 *
 * @param {import('./sequence').Sequence} sequence What to do
 * @param {number} pairing Which modules
 * @returns {Promise<(Outcome & { always: boolean }) | null>} The first difference; `always` where
 *   there was one each time
 */
async function compareSequence(sequence, pairing) {
  const [first, ...others] = PATIENCE;
  const outcome = await compareOnce(sequence, pairing, first);
  if (outcome === null) return null;
  // In a bulk, each socket has one who writes to it: other bytes than his count, though not each time.
  if (sequence.kind === 'bulk' && !haveSameBytes(outcome)) {
    return { ...outcome, reason: null, always: true };
  }
  for (const patience of others) {
    const next = await compareOnce(sequence, pairing, patience);
    if (next === null) return { ...outcome, always: false };
    // Of those that differ each time, one that is not explained counts.
    if (next.reason === null) Object.assign(outcome, next);
  }
  if (outcome.reason === OTHERWISE) outcome.reason = null;
  return { ...outcome, always: true };
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
      if (outcome === null || (outcome.reason !== null && outcome.reason !== OTHERWISE)) continue;
      if (isDeepStrictEqual(smaller, smallest)) continue;
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
 * What came of many sequences.
 *
 * @typedef {object} Figures
 * @property {number} played How many sequences
 * @property {number} differences How many differ each time that they are played, without a reason
 * @property {Record<string, number>} explained How many differ each time, by the reason
 * @property {Record<string, number>} once How many differed and then did not, by the reason
 */

/**
 * Compares many sequences, several at a time.
 *
 * @param {object} options Which
 * @param {number} options.seed The first one
 * @param {number} options.count How many
 * @param {number} [options.width] How many at a time
 * @param {number} [options.deadline] When to stop, by `Date.now()`
 * @param {(difference: Difference) => void} options.onDifference Told of each that has no reason
 * @param {(difference: Difference) => void} [options.onOnce] Told of each that did not last
 * @returns {Promise<Figures>}
 */
async function compareMany({ seed, count, width = 24, deadline, onDifference, onOnce }) {
  /** @type {Figures} */
  const figures = { played: 0, differences: 0, explained: {}, once: {} };
  let next = seed;
  const work = async () => {
    while (next < seed + count && Date.now() < (deadline ?? Infinity)) {
      const current = next++;
      const sequence = draw(current);
      const pairing = current % PAIRINGS.length;
      const outcome = await compareSequence(sequence, pairing);
      figures.played++;
      if (outcome === null) continue;
      const { expected, actual, reason, always } = outcome;
      const difference = { seed: current, pairing, sequence, expected, actual };
      if (always && reason === null) {
        figures.differences++;
        onDifference(difference);
        continue;
      }
      const counts = always ? figures.explained : figures.once;
      counts[reason ?? 'no reason known'] = (counts[reason ?? 'no reason known'] ?? 0) + 1;
      if (reason === null) onOnce?.(difference);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return figures;
}

module.exports = { PAIRINGS, compareMany, compareOnce, compareSequence, shrink };
