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
  if (!Number.isFinite(value)) return '–';
  if (compare === 'ratio') return value.toFixed(3);
  return `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;
}

/**
 * A bound: `≥ 1.15`, or `≤ +5` for a difference.
 *
 * @param {import('./statistics.js').Bound} bound
 * @param {string} compare
 * @returns {string}
 */
function boundText(bound, compare) {
  const [sign, value] = 'atLeast' in bound ? ['≥', bound.atLeast] : ['≤', bound.atMost];
  return `${sign} ${compare === 'difference' ? '+' : ''}${value}`;
}

/** What the sides are called where a reader sees them. */
const TITLES = {
  ours: 'tokio-net',
  bun: 'Bun',
  deno: 'Deno',
  'threads-2': '2 I/O threads',
  'threads-4': '4 I/O threads',
};

/**
 * What a side is called where a reader sees it.
 *
 * @param {string} side
 * @returns {string}
 */
function titleOf(side) {
  return TITLES[side] ?? side;
}

module.exports = { boundText, comparison, figure, titleOf };
