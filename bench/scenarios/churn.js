'use strict';

/** Short lives: connect, echo of 64 bytes, reset; 16 at a time. */

const { P50, P99, PROCESS, THREAD, perMessage } = require('./echo.js');

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'churn',
    title: 'connect, 64 B echo, reset, 16 at a time',
    limit: true,
    metrics: [
      {
        key: 'perSecond',
        label: 'connections',
        unit: '1/s',
        floor: { atLeast: 1.3 },
        goal: { atLeast: 1.8 },
      },
      P50,
      P99,
      { ...THREAD, label: 'JS-thread CPU a connection' },
      { ...PROCESS, label: 'process CPU a connection' },
    ],
    async run(bench) {
      const server = await bench.server({ handler: 'echo', limit: 'echo' });
      const load = ['churn', '--connections', '16', '--size', '64'];
      return perMessage(await bench.drive(server, load));
    },
  },
];

module.exports = { scenarios };
