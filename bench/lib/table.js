'use strict';

/**
 * A figure with as many digits as it deserves.
 *
 * @param {number} value
 * @returns {string}
 */
function figure(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return '–';
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/**
 * A comparison: `1.234` for a ratio, `+1.23` for a difference.
 *
 * @param {number} value
 * @param {string} compare
 * @returns {string}
 */
function comparison(value, compare) {
  if (compare === 'ratio') return value.toFixed(3);
  return `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;
}

/**
 * A bound and whether it is kept.
 *
 * @param {import('./statistics.js').Bound | undefined} bound
 * @param {boolean | null} kept
 * @param {string} compare
 * @returns {string}
 */
function bound(bound, kept, compare) {
  if (!bound) return '';
  const [sign, value] = 'atLeast' in bound ? ['≥', bound.atLeast] : ['≤', bound.atMost];
  return `${sign} ${compare === 'difference' ? '+' : ''}${value} ${kept ? 'kept' : 'MISSED'}`;
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
 * The table of all results.
 *
 * @param {{ name: string, metrics: any[] }[]} results
 * @param {boolean} withLimit
 * @returns {string}
 */
function render(results, withLimit) {
  const limitHead = withLimit ? ['limit'] : [];
  const head = ['scenario', 'metric', 'net', 'tokio-net', ...limitHead, 'ratio', 'min–max'];
  const rows = [[...head, 'floor', 'goal']];
  for (const { name, metrics } of results) {
    metrics.forEach(({ metric, summary }, i) => {
      const { compare } = summary;
      const range = [summary.least, summary.most].map((value) => comparison(value, compare));
      rows.push([
        i === 0 ? name : '',
        `${metric.label}, ${metric.unit}`,
        figure(summary.net),
        figure(summary.ours),
        ...(withLimit ? [summary.limit === null ? '' : figure(summary.limit)] : []),
        comparison(summary.comparison, compare),
        range.join('–'),
        bound(metric.floor, summary.keepsFloor, compare),
        bound(metric.goal, summary.keepsGoal, compare),
      ]);
    });
  }
  return align(rows);
}

module.exports = { render };
