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
 * @typedef {{ net: Sample, ours: Sample } & Record<string, Sample>} Round What each side measured, by side.
 *
 * @typedef {object} Summary
 * @property {'ratio' | 'difference'} compare
 * @property {Record<string, number>} medians By side.
 * @property {number[]} pairs tokio-net compared with net, round by round.
 * @property {number} comparison The median of those.
 * @property {number} least
 * @property {number} most
 * @property {boolean | null} keepsFloor
 * @property {boolean | null} keepsGoal
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
 * Whether more of it is better, as of a rate; less is, of time and memory.
 *
 * @param {Metric} metric
 * @returns {boolean}
 */
function moreIsBetter({ unit }) {
  return unit.endsWith('/s');
}

/**
 * What the rounds of a scenario say about one metric. The comparison is made within each pair, so that
 * what slows the machine for a while slows both sides of it.
 *
 * @param {Metric} metric
 * @param {Round[]} rounds
 * @returns {Summary}
 */
function summarize(metric, rounds) {
  const { key, compare = 'ratio' } = metric;
  const pairs = rounds.map(({ net, ours }) =>
    compare === 'ratio' ? ours[key] / net[key] : ours[key] - net[key],
  );
  /** @type {Record<string, number>} */
  const medians = {};
  for (const side of new Set(rounds.flatMap((round) => Object.keys(round)))) {
    const values = rounds.map((round) => round[side]?.[key]).filter(Number.isFinite);
    if (values.length > 0) medians[side] = median(values);
  }
  const comparison = median(pairs);
  return {
    compare,
    medians,
    pairs,
    comparison,
    least: Math.min(...pairs),
    most: Math.max(...pairs),
    keepsFloor: metric.floor ? keeps(metric.floor, comparison) : null,
    keepsGoal: metric.goal ? keeps(metric.goal, comparison) : null,
  };
}

module.exports = { median, moreIsBetter, summarize };
