'use strict';

/** A metric over the number of connections, a line a side; both axes are logarithmic. */

const { figure, titleOf } = require('../lib/format.js');
const { element, label } = require('./markup.js');

const WIDTH = 380;
const HEIGHT = 240;
const LEFT = 50;
const RIGHT = 14;
const TOP = 34;
const BOTTOM = 40;

/** How each side is drawn: not by colour alone. */
const STYLES = {
  net: { colour: 'net', dash: '', mark: 'square' },
  ours: { colour: 'ours', dash: '', mark: 'circle' },
  'threads-2': { colour: 'third', dash: '6 3', mark: 'triangle' },
  'threads-4': { colour: 'fourth', dash: '2 3', mark: 'diamond' },
  limit: { colour: 'limit', dash: '10 4', mark: 'cross' },
};

/**
 * What the sides are called in this chart, where ours has one I/O thread.
 *
 * @param {string} side
 * @returns {string}
 */
function seriesTitle(side) {
  if (side === 'ours') return 'tokio-net, 1 I/O thread';
  return side.startsWith('threads-') ? `tokio-net, ${titleOf(side)}` : side;
}

/**
 * A mark at a point.
 *
 * @param {string} side
 * @param {number} x
 * @param {number} y
 * @returns {string}
 */
function mark(side, x, y) {
  const { colour, mark: shape } = STYLES[side];
  const common = { class: 'dot', style: `fill:var(--${colour})` };
  const path = (/** @type {string} */ d) => element('path', { d, ...common });
  const at = `M${x.toFixed(1)} ${y.toFixed(1)}`;
  if (shape === 'circle') return element('circle', { cx: x, cy: y, r: 4.5, ...common });
  if (shape === 'square') return path(`${at}m-4 -4h8v8h-8z`);
  if (shape === 'triangle') return path(`${at}m0 -5.5l5 9h-10z`);
  if (shape === 'diamond') return path(`${at}m0 -5.5l5 5.5l-5 5.5l-5 -5.5z`);
  const stroke = { class: 'series', style: `stroke:var(--${colour})` };
  return element('path', { d: `${at}m-3.5 -3.5l7 7m0 -7l-7 7`, ...stroke });
}

/**
 * The steps of a logarithmic axis around some values: 1, 2 and 5 of each power of ten, or powers alone where
 * that would be many.
 *
 * @param {number} low Above 0.
 * @param {number} high
 * @returns {number[]} The first is not above `low`, the last not below `high`.
 */
function steps(low, high) {
  const all = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of [1, 2, 5]) all.push(digit * 10 ** power);
  }
  const first = Math.max(
    0,
    all.findLastIndex((step) => step <= low * 1.0001),
  );
  const last = all.findIndex((step) => step >= high * 0.9999);
  const some = all.slice(first, last + 1);
  const sparse = some.filter(
    (step, i) => i === 0 || i === some.length - 1 || /^0?\.?0*1/.test(`${step}`),
  );
  return some.length > 7 ? sparse : some;
}

/**
 * A number of an axis, short.
 *
 * @param {number} value
 * @returns {string}
 */
function short(value) {
  if (value >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (value >= 1e3) return `${+(value / 1e3).toPrecision(3)}k`;
  return String(+value.toPrecision(3));
}

/**
 * The sides that are drawn, in the order of their legend.
 *
 * @param {import('../lib/record.js').Result[]} results
 * @returns {string[]}
 */
function sidesOf(results) {
  const there = new Set(results.flatMap(({ metrics }) => Object.keys(metrics[0].summary.medians)));
  return Object.keys(STYLES).filter((side) => there.has(side));
}

/**
 * Draws one metric.
 *
 * @param {import('../lib/record.js').Result[]} results With `connections`.
 * @param {string} key The metric's.
 * @returns {string} Markup.
 */
function lines(results, key) {
  const points = results.map((result) => {
    const found = result.metrics.find(({ metric }) => metric.key === key);
    return { connections: Number(result.connections), medians: found?.summary.medians ?? {} };
  });
  const sides = sidesOf(results);
  const values = points.flatMap(({ medians }) => Object.values(medians)).filter((v) => v > 0);
  const { metric } = /** @type {any} */ (
    results[0].metrics.find((each) => each.metric.key === key)
  );
  const ticks = steps(Math.min(...values), Math.max(...values));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const counts = points.map(({ connections }) => connections);
  const [few, many] = [Math.min(...counts), Math.max(...counts)];
  const span = (
    /** @type {number} */ value,
    /** @type {number} */ from,
    /** @type {number} */ to,
  ) => (from === to ? 0.5 : Math.log(value / from) / Math.log(to / from));
  const x = (/** @type {number} */ value) =>
    LEFT + 8 + span(value, few, many) * (WIDTH - LEFT - RIGHT - 16);
  const y = (/** @type {number} */ value) =>
    HEIGHT - BOTTOM - span(value, low, high) * (HEIGHT - TOP - BOTTOM);
  const parts = [label(4, 16, `${metric.label}, ${metric.unit}`, { class: 'strong' })];
  for (const tick of ticks) {
    const line = { x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick), class: 'grid' };
    parts.push(element('line', line));
    parts.push(label(LEFT - 8, y(tick) + 4, short(tick), { class: 'soft', 'text-anchor': 'end' }));
  }
  counts.forEach((count, i) => {
    // Where two counts are close on the axis, the label of the former would run into the latter's.
    const next = counts[i + 1];
    if (next !== undefined && x(next) - x(count) < 34) return;
    const at = { class: 'soft', 'text-anchor': 'middle' };
    parts.push(label(x(count), HEIGHT - BOTTOM + 18, short(count), at));
  });
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  const below = { class: 'soft', 'text-anchor': 'middle' };
  parts.push(label(middle, HEIGHT - 6, 'connections', below));
  for (const side of sides) {
    const known = points.filter(({ medians }) => medians[side] > 0);
    const { colour, dash } = STYLES[side];
    const d = known
      .map(({ connections, medians }, i) => {
        const place = `${x(connections).toFixed(1)} ${y(medians[side]).toFixed(1)}`;
        return `${i === 0 ? 'M' : 'L'}${place}`;
      })
      .join('');
    const style = `stroke:var(--${colour})${dash && `;stroke-dasharray:${dash}`}`;
    parts.push(element('path', { d, class: 'series', style }));
    for (const { connections, medians } of known) {
      const title = `${seriesTitle(side)}, ${connections} connections: ${figure(medians[side])} ${metric.unit}`;
      const dot = mark(side, x(connections), y(medians[side]));
      parts.push(`<g>${element('title', {}, title)}${dot}</g>`);
    }
  }
  const attributes = {
    class: 'chart',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': `${metric.label} over the number of connections`,
  };
  return element('svg', attributes, parts.join('\n'));
}

/**
 * What the lines are.
 *
 * @param {import('../lib/record.js').Result[]} results
 * @returns {string} Markup.
 */
function legend(results) {
  const entries = sidesOf(results).map((side) => {
    const { colour, dash } = STYLES[side];
    const style = `stroke:var(--${colour})${dash && `;stroke-dasharray:${dash}`}`;
    const line = element('path', { d: 'M0 8H36', class: 'series', style });
    const size = {
      class: 'chart',
      viewBox: '0 0 36 16',
      width: 36,
      height: 16,
      'aria-hidden': 'true',
    };
    return `<li>${element('svg', size, line + mark(side, 18, 8))} ${seriesTitle(side)}</li>`;
  });
  return `<ul class="legend">${entries.join('')}</ul>`;
}

module.exports = { legend, lines, short, steps };
