'use strict';

/** One connection's messages to all connections: the next is sent when the last one has arrived everywhere. */

const { P50, P99, PROCESS, RATE, THREAD, perMessage } = require('./echo.js');

/**
 * @param {number} connections
 * @returns {import('./index.js').Scenario}
 */
function scenario(connections) {
  return {
    name: `broadcast-${connections}`,
    title: `64 B to each of ${connections} connections`,
    limit: false,
    metrics: [
      { ...RATE, label: 'broadcasts' },
      P50,
      P99,
      { ...THREAD, label: 'JS-thread CPU a broadcast' },
      { ...PROCESS, label: 'process CPU a broadcast' },
    ],
    async run(bench) {
      const server = await bench.server({ handler: 'broadcast' });
      const load = ['broadcast', '--connections', String(connections)];
      return perMessage(await bench.drive(server, load));
    },
  };
}

/** @type {import('./index.js').Scenario[]} */
const scenarios = [20, 200].map(scenario);

module.exports = { scenarios };
