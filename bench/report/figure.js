'use strict';

/** The chart of the README: a picture of its own, which brings its background along. */

const { provenance } = require('../lib/record.js');
const { bars } = require('./bars.js');
const { element, label } = require('./markup.js');
const { CHART, theme } = require('./theme.js');

/** Space above the bars, for the title, and below them. */
const TITLE = 56;
const FOOT = 46;
const MARGIN = 16;

/**
 * Draws it.
 *
 * @param {import('../lib/record.js').Record} samples
 * @returns {string}
 */
function renderFigure(samples) {
  const results = samples.results.filter(({ group }) => !group);
  const { content, width, height } = bars(results, { top: TITLE });
  const about = provenance({ ...samples, results });
  const [w, h] = [width + 2 * MARGIN, height + FOOT];
  const parts = [
    `<style>${theme('svg')}\n${CHART}\n.chart .title{font-size:16px;font-weight:600}</style>`,
    element('rect', { width: w, height: h, rx: 8, style: 'fill:var(--card)' }),
    label(MARGIN, 30, 'tokio-net beside built-in net', { class: 'title' }),
    label(MARGIN, 50, 'How many times better: more requests or bytes, less time, CPU or memory', {
      class: 'soft',
    }),
    element('g', { transform: `translate(${MARGIN} 0)` }, content),
    label(MARGIN, h - 30, about.machine, { class: 'soft' }),
    label(MARGIN, h - 14, about.versions, { class: 'soft' }),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'chart',
    viewBox: `0 0 ${w} ${h}`,
    width: w,
    height: h,
    role: 'img',
    'aria-label': 'tokio-net compared with built-in net, scenario by scenario',
  };
  return `${element('svg', attributes, parts.join('\n'))}\n`;
}

module.exports = { renderFigure };
