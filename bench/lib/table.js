'use strict';

const { boundText, comparison, figure, titleOf } = require('./format.js');

/**
 * A bound and whether it is kept.
 *
 * @param {import('./statistics.js').Bound | undefined} bound
 * @param {boolean | null} kept
 * @param {string} compare
 * @returns {string}
 */
function verdict(bound, kept, compare) {
  return bound ? `${boundText(bound, compare)} ${kept ? 'kept' : 'MISSED'}` : '';
}

/**
 * Aligned columns, the first two to the left and the others to the right.
 *
 * @param {string[][]} rows The head first.
 * @returns {string}
 */
function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  return lines.join('\n');
}

/**
 * What a table says of a side that is not one of the pair: its median, that it failed, or nothing.
 *
 * @param {import('./record.js').Result} result
 * @param {import('./statistics.js').Summary} summary
 * @param {string} side
 * @returns {string}
 */
function cellOf(result, summary, side) {
  if (result.failures?.[side]) return 'failed';
  return side in summary.medians ? figure(summary.medians[side]) : '';
}

/**
 * The sides beyond the pair that any of the results has, those that failed too.
 *
 * @param {import('./record.js').Result[]} results
 * @returns {string[]}
 */
function furtherSides(results) {
  const sides = results.flatMap(({ rounds, failures = {} }) => [
    ...rounds.flatMap((round) => Object.keys(round)),
    ...Object.keys(failures),
  ]);
  const order = ['limit', 'bun', 'deno', 'threads-2', 'threads-4'];
  return order.filter((side) => sides.includes(side));
}

/**
 * Why sides failed, a line for each.
 *
 * @param {import('./record.js').Result[]} results
 * @returns {string[]}
 */
function failuresOf(results) {
  return results.flatMap(({ name, failures = {} }) =>
    Object.entries(failures).map(([side, why]) => `${titleOf(side)} failed in ${name}: ${why}`),
  );
}

/**
 * The table of all results.
 *
 * @param {import('./record.js').Result[]} results
 * @returns {string}
 */
function render(results) {
  const further = furtherSides(results);
  const head = ['scenario', 'metric', 'net', 'tokio-net', ...further.map(titleOf), 'ratio'];
  const rows = [[...head, 'min–max', 'floor', 'goal']];
  for (const result of results) {
    result.metrics.forEach(({ metric, summary }, i) => {
      const { compare } = summary;
      const range = [summary.least, summary.most].map((value) => comparison(value, compare));
      rows.push([
        i === 0 ? result.name : '',
        `${metric.label}, ${metric.unit}`,
        figure(summary.medians.net),
        figure(summary.medians.ours),
        ...further.map((side) => cellOf(result, summary, side)),
        comparison(summary.comparison, compare),
        range.join('–'),
        verdict(metric.floor, summary.keepsFloor, compare),
        verdict(metric.goal, summary.keepsGoal, compare),
      ]);
    });
  }
  return [align(rows), ...failuresOf(results)].join('\n');
}

module.exports = { cellOf, failuresOf, furtherSides, render };
