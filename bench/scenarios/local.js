'use strict';

/** Client and server both under test, in one process: bulk over 1 connection, 64 KiB a write; and messages. */

const { BULK, RATE } = require('./echo.js');
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

/**
 * Ping-pong in one process, as a first try of a module often is.
 *
 * @param {string} name
 * @param {string} title
 * @param {Record<string, number>} options What `programs/messages.js` takes.
 * @returns {import('./index.js').Scenario}
 */
function messages(name, title, options) {
  return {
    name,
    title: `both ends in one process, ${title}`,
    limit: false,
    metrics: [RATE],
    async run(bench) {
      const { seconds, warmup } = bench.settings;
      const args = Object.entries({ ...options, seconds, warmup });
      const program = bench.program(
        'programs/messages.js',
        args.flatMap(([option, value]) => [`--${option}`, String(value)]),
      );
      const { perSecond } = await program.next('result', seconds + warmup + GRACE);
      return { perSecond };
    },
  };
}

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  messages('local-1', '1 connection, 64 B', { connections: 1 }),
  messages('local-10', '10 connections, 1 KiB', { connections: 10, size: 1024 }),
  messages('local-writes', '1 connection, 8 writes of 64 B', { connections: 1, writes: 8 }),
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
