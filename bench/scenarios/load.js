'use strict';

/** What it takes to begin: `require`, and from the start of the process until it listens. */

const { median } = require('../lib/statistics.js');
const { GRACE } = require('../lib/bench.js');

/** Starts a run; each is short and noisy, so the run's figure is their median. */
const STARTS = 11;

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'load',
    title: '`require`, and process start to listening',
    limit: false,
    metrics: [
      {
        key: 'requireMs',
        label: 'require',
        unit: 'ms',
        compare: 'difference',
        goal: { atMost: 5 },
      },
      {
        key: 'listeningMs',
        label: 'start to listening',
        unit: 'ms',
        compare: 'difference',
        goal: { atMost: 5 },
      },
    ],
    async run(bench) {
      const requires = [];
      const listens = [];
      for (let i = 0; i < STARTS; i++) {
        const begun = performance.now();
        const program = bench.program('programs/load.js', []);
        const { requireMs } = await program.next('listening', GRACE);
        listens.push(performance.now() - begun);
        requires.push(requireMs);
        await program.close();
      }
      return { requireMs: median(requires), listeningMs: median(listens) };
    },
  },
];

module.exports = { scenarios };
