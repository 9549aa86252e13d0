'use strict';

const record = require('../../bench/lib/record.js');

/** @type {import('../../bench/lib/record.js').Run} */
const RUN = {
  date: '2026-01-02T03:04:05.000Z',
  command: 'npm run bench -- --rounds 3 --json samples.json',
  machine: { cpu: 'A <CPU>', cpus: 2, memoryGb: 4, kernel: 'Linux 1.2.3', congestion: 'cubic' },
  loadBefore: 0,
  versions: { 'tokio-net': '0.1.0', node: '20.0.0' },
  settings: { rounds: 3, seconds: 1, ours: 'tokio-net' },
};

const RATE = { key: 'rate', label: 'requests', unit: '1/s', goal: { atLeast: 1.5 } };
const TIME = { key: 'time', label: 'p99', unit: 'µs', floor: { atMost: 1 }, goal: { atMost: 0.9 } };
const START = {
  key: 'start',
  label: 'require',
  unit: 'ms',
  compare: /** @type {const} */ ('difference'),
  goal: { atMost: 5 },
};

const ROUNDS = [
  { net: { rate: 100, time: 10 }, ours: { rate: 200, time: 20 }, bun: { rate: 150, time: 9 } },
  { net: { rate: 100, time: 10 }, ours: { rate: 210, time: 22 }, bun: { rate: 160, time: 8 } },
  { net: { rate: 50, time: 40 }, ours: { rate: 150, time: 20 }, bun: { rate: 170, time: 7 } },
];

/**
 * Samples of two scenarios, in one of which a peer failed, and of two numbers of connections.
 *
 * @returns {import('../../bench/lib/record.js').Record}
 */
function samples() {
  const all = record.empty();
  const run = record.begin(all, RUN);
  const order = ['echo', 'load', 'scaling-1', 'scaling-8000'];
  const { date } = RUN;
  const echo = { name: 'echo', title: '`echo` & back', date, run, rounds: ROUNDS };
  record.add(all, echo, [RATE, TIME], order);
  const starts = [{ net: { start: 5 }, ours: { start: 7 } }];
  const failures = { bun: 'TypeError: <no>' };
  const load = { name: 'load', title: 'start', date, run, rounds: starts, failures };
  record.add(all, load, [START], order);
  for (const connections of [1, 8000]) {
    const group = { name: `scaling-${connections}`, title: 'grow', group: 'scaling', connections };
    const rounds = ROUNDS.map(({ net, ours }) => ({ net, ours, 'threads-2': ours }));
    record.add(all, { ...group, date, run, rounds }, [{ ...RATE, goal: undefined }], order);
  }
  return all;
}

module.exports = { RATE, ROUNDS, RUN, START, TIME, samples };
