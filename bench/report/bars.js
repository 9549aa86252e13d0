'use strict';

/** Bars to the right of a line where tokio-net is ahead of net, to the left where it is behind. */

const { advantage, headlines } = require('./headlines.js');
const { element, label } = require('./markup.js');

/** Sizes in pixels: beside each bar its label, or where there is no room for both, above it. */
const WIDE = { width: 720, left: 262, right: 64, row: 22, bar: 14, above: 0 };
const NARROW = { width: 340, left: 16, right: 64, row: 38, bar: 12, above: 16 };

/** Space for the numbers of the axis. */
const TOP = 44;

/** Beyond this many times, bars end with an arrow: the others would shrink to nothing. */
const END = 8;

/**
 * A factor as text: `1.27×`, `523×`.
 *
 * @param {number} factor
 * @returns {string}
 */
function times(factor) {
  return `${factor >= 100 ? Math.round(factor) : factor.toFixed(factor >= 10 ? 1 : 2)}×`;
}

/**
 * Draws them.
 *
 * @param {import('../lib/record.js').Result[]} results
 * @param {{ top?: number, narrow?: boolean }} [options] `top`: space above. `narrow`: for a phone.
 * @returns {{ content: string, width: number, height: number }} Without the `svg` around it.
 */
function bars(results, { top = 0, narrow = false } = {}) {
  const size = narrow ? NARROW : WIDE;
  const rows = headlines(results)
    .filter(({ summary }) => summary.compare === 'ratio')
    .filter(({ summary }) => Number.isFinite(summary.comparison) && summary.comparison > 0);
  const factors = rows.map((row) => advantage(row));
  const low = Math.min(0.5, ...factors.map(({ factor }) => Math.max(factor, 1 / END)));
  const [left, right] = [size.left, size.width - size.right];
  /** The place of a factor; the axis is logarithmic, so that twice and half are equally far from 1. */
  const x = (/** @type {number} */ factor) => {
    const share = Math.log2(Math.min(Math.max(factor, low), END) / low) / Math.log2(END / low);
    return left + share * (right - left);
  };
  const begin = top + TOP;
  const bottom = begin + rows.length * size.row;
  const parts = [];
  for (const tick of [0.125, 0.25, 0.5, 1, 2, 4, 8].filter((value) => value >= low)) {
    const line = { x1: x(tick), x2: x(tick), y1: begin - 6, y2: bottom };
    parts.push(element('line', { ...line, class: tick === 1 ? 'one' : 'grid' }));
    const words = tick === 1 ? 'net' : `${tick}×`;
    parts.push(label(x(tick), begin - 12, words, { class: 'soft', 'text-anchor': 'middle' }));
  }
  rows.forEach(({ result, metric }, i) => {
    const { factor, least, most } = factors[i];
    const middle = begin + i * size.row + (size.row + size.above) / 2;
    const [from, to] = [x(1), x(factor)].sort((a, b) => a - b);
    const side = factor >= 1 ? 'better' : 'worse';
    const name = `${result.name}: ${metric.label}`;
    parts.push(
      narrow
        ? label(4, middle - size.above / 2 - 4, name)
        : label(left - 12, middle + 4, name, { 'text-anchor': 'end' }),
    );
    const place = { x: from, y: middle - size.bar / 2, width: Math.max(to - from, 1) };
    parts.push(element('rect', { ...place, height: size.bar, class: side }));
    const whisker = { x1: x(least), x2: x(most), y1: middle, y2: middle };
    if (factor <= END) parts.push(element('line', { ...whisker, class: 'whisker' }));
    const more = factor > END ? ' ▸' : '';
    parts.push(
      label(size.width - 4, middle + 4, `${times(factor)}${more}`, {
        class: 'strong',
        'text-anchor': 'end',
      }),
    );
  });
  return { content: parts.join('\n'), width: size.width, height: bottom + 12 };
}

module.exports = { bars, times };
