'use strict';

/** Client and server both under test, in one process: 1 connection, 64 KiB a write. */

const { BULK } = require('./echo.js');
const { GRACE } = require('../lib/bench.js');

/**
 * One run.
 *
 * @param {import('../lib/bench.js').Bench} bench
 * @param {'in' | 'out'} direction
 * @returns {Promise<import('../lib/statistics.js').Sample>}
 */
async function local(bench, direction) {
  const { load, seconds, warmup } = bench.settings;
  const times = ['--seconds', String(seconds), '--warmup', String(warmup)];
  if (bench.side === 'limit') {
    const pair = bench.start(load, ['client', 'pair', ...times]);
    const { megabytesPerSecond } = await pair.next('result', seconds + warmup + GRACE);
    return { megabytesPerSecond };
  }
  const program = bench.program('programs/local.js', ['--direction', direction, ...times]);
  const { megabytesPerSecond } = await program.next('result', seconds + warmup + GRACE);
  return { megabytesPerSecond };
}

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'client-to-server',
    title: 'bulk from client to server in one process, 64 KiB',
    limit: true,
    metrics: [{ ...BULK, goal: { atLeast: 1.3 } }],
    run: (bench) => local(bench, 'in'),
  },
  {
    name: 'server-to-client',
    title: 'bulk from server to client in one process, 64 KiB',
    limit: true,
    metrics: [{ ...BULK, goal: { atLeast: 1.3 } }],
    run: (bench) => local(bench, 'out'),
  },
];

module.exports = { scenarios };
