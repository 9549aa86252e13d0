'use strict';

/** The client under test: ping-pong against the plain echo server. */

const { PROCESS, RATE, THREAD } = require('./echo.js');
const { GRACE } = require('../lib/bench.js');

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'client',
    title: 'client under test, 64 connections, 64 B',
    limit: false,
    metrics: [{ ...RATE, goal: { atLeast: 1.1 } }, THREAD, PROCESS],
    async run(bench) {
      const { seconds, warmup } = bench.settings;
      const { port } = await bench.plainServer(['echo']);
      const options = { port, connections: 64, size: 64, seconds, warmup };
      const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const client = bench.program('clients/main.js', args);
      await client.next('warm', warmup + GRACE);
      const { perSecond, messages, threadNs, processNs } = await client.ask(
        'go',
        'result',
        seconds + GRACE,
      );
      return {
        perSecond,
        threadMicros: threadNs / messages / 1000,
        processMicros: processNs / messages / 1000,
      };
    },
  },
];

module.exports = { scenarios };
