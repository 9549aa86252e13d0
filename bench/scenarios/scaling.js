'use strict';

/** How cost grows with the connections, and what more I/O threads change in it: 64 B echo. */

const { P50, P99, PROCESS, RATE, THREAD, echo } = require('./echo.js');

const CONNECTIONS = [1, 8, 64, 512, 4096, 8000];

/** @type {import('./index.js').Scenario[]} */
const scenarios = CONNECTIONS.map((connections) => ({
  name: `scaling-${connections}`,
  title: `${connections === 1 ? '1 connection' : `${connections.toLocaleString('en-US')} connections`}, 64 B, with 1, 2 and 4 I/O threads`,
  group: 'scaling',
  connections,
  variants: ['threads-2', 'threads-4'],
  needs: connections > 1000 ? ['20000 descriptors'] : [],
  limit: true,
  metrics: [
    RATE,
    P50,
    P99,
    THREAD,
    PROCESS,
    { key: 'rssMegabytes', label: 'resident memory', unit: 'MB' },
  ],
  run(bench) {
    // On more than two CPUs that nothing pins, the default would be more than one.
    if (bench.side === 'ours') bench.env = { TOKIO_NET_WORKER_THREADS: '1' };
    return echo(bench, { handler: 'echo', limit: 'echo', connections, size: 64 });
  },
}));

module.exports = { scenarios };
