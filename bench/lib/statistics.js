'use strict';

/**
 * The middle value; the mean of the two middle ones where their number is even.
 *
 * @param {number[]} values At least one.
 * @returns {number}
 */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @typedef {object} Metric
 * @property {string} key Its name among a sample's figures.
 * @property {string} label
 * @property {string} unit
 * @property {'ratio' | 'difference'} [compare] How the two modules are compared; a ratio unless told.
 * @property {Bound} [floor] What the comparison must not miss.
 * @property {Bound} [goal] What it is meant to reach.
 *
 * @typedef {{ atLeast: number } | { atMost: number }} Bound
 * @typedef {Record<string, number>} Sample
 * @typedef {{ net: Sample, ours: Sample, limit?: Sample }} Round
 */

/**
 * Whether a comparison keeps a bound.
 *
 * @param {Bound} bound
 * @param {number} value
 * @returns {boolean}
 */
function keeps(bound, value) {
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

/**
 * What the rounds of a scenario say about one metric. The comparison is made within each pair, so that
 * what slows the machine for a while slows both sides of it.
 *
 * @param {Metric} metric
 * @param {Round[]} rounds
 */
function summarize(metric, rounds) {
  const { key, compare = 'ratio' } = metric;
  const pairs = rounds.map(({ net, ours }) =>
    compare === 'ratio' ? ours[key] / net[key] : ours[key] - net[key],
  );
  const limits = rounds.flatMap(({ limit }) => (limit && key in limit ? [limit[key]] : []));
  const comparison = median(pairs);
  return {
    compare,
    net: median(rounds.map(({ net }) => net[key])),
    ours: median(rounds.map(({ ours }) => ours[key])),
    limit: limits.length > 0 ? median(limits) : null,
    comparison,
    least: Math.min(...pairs),
    most: Math.max(...pairs),
    keepsFloor: metric.floor ? keeps(metric.floor, comparison) : null,
    keepsGoal: metric.goal ? keeps(metric.goal, comparison) : null,
  };
}

module.exports = { median, summarize };
