'use strict';

/** `BlockList.check` against 10,000 rules. */

const { GRACE } = require('../lib/bench.js');

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'block-list',
    title: '`check` against 10,000 rules',
    limit: false,
    metrics: [
      { key: 'hits', label: 'checks that hit', unit: '1/s', goal: { atLeast: 10 } },
      { key: 'misses', label: 'checks that miss', unit: '1/s', goal: { atLeast: 10 } },
    ],
    async run(bench) {
      const seconds = bench.settings.seconds / 2;
      const program = bench.program('programs/block-list.js', ['--seconds', String(seconds)]);
      const { hitNs, missNs } = await program.next('result', 2 * seconds + GRACE);
      return { hits: 1e9 / hitNs, misses: 1e9 / missNs };
    },
  },
];

module.exports = { scenarios };
