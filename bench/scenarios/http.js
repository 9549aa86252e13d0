'use strict';

/** Core's HTTP server on the sockets under test. */

const { P50, P99, PROCESS, RATE, THREAD, perMessage } = require('./echo.js');

/** Seconds until V8 has compiled the many functions that a request goes through, for either module. */
const WARMUP = 1.5;

/**
 * Each connection asks for a path, waits for the answer, and asks for the next.
 *
 * @param {number} connections
 * @returns {import('./index.js').Scenario}
 */
function scenario(connections) {
  return {
    name: `http-${connections}`,
    title: `HTTP, ${connections} ${connections === 1 ? 'connection' : 'connections'}, GET`,
    limit: false,
    metrics: [
      RATE,
      P50,
      P99,
      { ...THREAD, label: 'JS-thread CPU a request' },
      { ...PROCESS, label: 'process CPU a request' },
    ],
    async run(bench) {
      const server = await bench.server({ handler: 'http' });
      const load = ['http', '--connections', String(connections)];
      return perMessage(await bench.drive(server, load, undefined, WARMUP));
    },
  };
}

/** @type {import('./index.js').Scenario[]} */
const scenarios = [1, 16, 64].map(scenario);

module.exports = { scenarios };
