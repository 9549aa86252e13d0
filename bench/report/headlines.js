'use strict';

const { moreIsBetter } = require('../lib/statistics.js');

/**
 * @typedef {import('../lib/record.js').Result} Result
 * @typedef {object} Headline A figure that has a goal, which is what the short tables and charts show.
 * @property {Result} result
 * @property {import('../lib/statistics.js').Metric} metric
 * @property {import('../lib/statistics.js').Summary} summary
 * @property {boolean} more Whether more of it is better.
 */

/**
 * The figures that have a goal.
 *
 * @param {Result[]} results
 * @returns {Headline[]}
 */
function headlines(results) {
  return results.flatMap((result) =>
    result.metrics
      .filter(({ metric }) => metric.goal)
      .map(({ metric, summary }) => ({ result, metric, summary, more: moreIsBetter(metric) })),
  );
}

/**
 * How many times better tokio-net is: above 1 it is ahead, whichever way the metric goes.
 *
 * @param {Headline} headline Compared by ratio.
 * @returns {{ factor: number, least: number, most: number }}
 */
function advantage({ summary: { comparison, least, most }, more }) {
  if (more) return { factor: comparison, least, most };
  return { factor: 1 / comparison, least: 1 / most, most: 1 / least };
}

module.exports = { advantage, headlines };
