'use strict';

/**
 * The colours of page and charts. Each is readable on its background (at least 4.5 to 1 for text and 3 to 1
 * for lines), and none of two that meet in a chart differ by hue alone: lines have shapes and dashes too.
 */

const LIGHT = {
  page: '#ffffff',
  card: '#f6f8fa',
  ink: '#1f2328',
  soft: '#57606a',
  line: '#d0d7de',
  ours: '#0a5fc4',
  net: '#b04a00',
  limit: '#57606a',
  third: '#0f766e',
  fourth: '#7c3aed',
};

const DARK = {
  page: '#0d1117',
  card: '#161b22',
  ink: '#e6edf3',
  soft: '#9da7b3',
  line: '#30363d',
  ours: '#58a6ff',
  net: '#f0a04b',
  limit: '#9da7b3',
  third: '#4fd1c5',
  fourth: '#c4a5ff',
};

/**
 * The colours as custom properties.
 *
 * @param {Record<string, string>} colours
 * @returns {string}
 */
function properties(colours) {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}

/**
 * A style sheet that sets them, by what the reader prefers.
 *
 * @param {string} selector
 * @returns {string}
 */
function theme(selector) {
  return `${selector}{${properties(LIGHT)}}
@media (prefers-color-scheme:dark){${selector}{${properties(DARK)}}}`;
}

/** How charts look. */
const CHART = `.chart text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.chart .soft{fill:var(--soft)}
.chart .strong{font-weight:600}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .one{stroke:var(--soft);stroke-width:1.5}
.chart .better{fill:var(--ours)}
.chart .worse{fill:var(--net)}
.chart .whisker{stroke:var(--ink);stroke-width:1.25;opacity:.75}
.chart .series{fill:none;stroke-width:2}
.chart .dot{stroke:var(--card);stroke-width:1}`;

module.exports = { CHART, DARK, LIGHT, theme };
