'use strict';

/** The report: one page with all tables and charts, which loads nothing. */

const { boundText, comparison, figure, titleOf } = require('../lib/format.js');
const { essence, provenance } = require('../lib/record.js');
const { moreIsBetter } = require('../lib/statistics.js');
const { cellOf, failuresOf, furtherSides } = require('../lib/table.js');
const { bars } = require('./bars.js');
const { legend, lines } = require('./lines.js');
const { element, escape, inline } = require('./markup.js');
const { CHART, theme } = require('./theme.js');

/**
 * @typedef {import('../lib/record.js').Record} Samples
 * @typedef {import('../lib/record.js').Result} Result
 */

const STYLE = `${theme(':root')}
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1280px;padding:24px 16px 48px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:26px;margin:0 0 8px}
h2{font-size:20px;margin:40px 0 8px}
p{margin:8px 0;max-width:75ch}
code{font:13px ui-monospace,"SFMono-Regular",Consolas,monospace}
pre{overflow-x:auto;padding:8px 12px;background:var(--card);border-radius:6px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:16px 0}
dt{color:var(--soft)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
figure{margin:16px 0;padding:12px;background:var(--card);border-radius:8px}
figure svg{display:block;width:100%;height:auto}
.wide{max-width:860px}
.narrow{display:none}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:16px;margin:16px 0}
.charts figure{margin:0}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:12px 0;padding:0;list-style:none}
.legend li{display:flex;align-items:center;gap:6px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}
th{font-weight:600}
tbody th,th.name{text-align:left;font-weight:400}
thead th{border-top:0;background:var(--card);color:var(--soft)}
tbody tr.first th{padding-top:12px;font-weight:600;white-space:normal}
tbody tr.first small{display:block;color:var(--soft);font-weight:400;font-size:13px}
.kept,.missed{font-weight:600}
.kept{color:var(--third)}
.missed{color:var(--net)}
.pairs{width:84px;height:16px;display:block;margin-left:auto}
.pairs circle{fill:var(--ours);fill-opacity:.65}
thead th.name,tbody th.name{position:sticky;left:0;background:var(--page)}
thead th.name{background:var(--card)}
tbody tr.first div{position:sticky;left:10px;width:max-content;max-width:min(70ch,calc(100vw - 56px))}
@media (max-width:640px){.wide{display:none}.narrow{display:block}th.name{white-space:normal;min-width:118px}
th,td{padding:5px 7px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}`;

/**
 * The ratios of the pairs as dots beside a line, which is 1: half to twice, what is beyond at the rim.
 *
 * @param {number[]} pairs
 * @returns {string} Markup.
 */
function dots(pairs) {
  const [width, reach] = [84, 37];
  const x = (/** @type {number} */ ratio) =>
    width / 2 + Math.max(-1, Math.min(1, Math.log2(ratio))) * reach;
  const middle = element('line', {
    x1: x(1),
    x2: x(1),
    y1: 0,
    y2: 16,
    style: 'stroke:var(--soft)',
  });
  const marks = pairs
    .filter((ratio) => ratio > 0)
    .map((ratio) => element('circle', { cx: x(ratio), cy: 8, r: 3.5 }));
  const attributes = { class: 'pairs', viewBox: `0 0 ${width} 16`, 'aria-hidden': 'true' };
  return element('svg', attributes, middle + marks.join(''));
}

/**
 * A bound, and in words whether it is kept.
 *
 * @param {import('../lib/statistics.js').Bound | undefined} bound
 * @param {boolean | null} kept
 * @param {string} compare
 * @returns {string} Markup.
 */
function verdict(bound, kept, compare) {
  if (!bound) return '';
  const [word, sign] = kept ? ['kept', '✓'] : ['missed', '✗'];
  const mark = `<span class="${word}" role="img" aria-label="${word}" title="${word}">${sign}</span>`;
  return `${escape(boundText(bound, compare))} ${mark}`;
}

/**
 * The rows of one scenario.
 *
 * @param {Result} result
 * @param {string[]} further Sides beyond the pair.
 * @param {number} columns
 * @param {boolean} bounds Whether there are columns for floor and goal.
 * @returns {string} Markup.
 */
function rowsOf(result, further, columns, bounds) {
  const title = `${escape(result.name)} <small>${inline(result.title)}</small>`;
  const head = `<tr class="first"><th scope="rowgroup" colspan="${columns}"><div>${title}</div></th></tr>`;
  const rows = result.metrics.map(({ metric, summary }) => {
    const { compare } = summary;
    const range = [summary.least, summary.most].map((value) => comparison(value, compare));
    const cells = [
      `<b>${comparison(summary.comparison, compare)}</b>`,
      figure(summary.medians.net),
      figure(summary.medians.ours),
      ...further.map((side) => cellOf(result, summary, side)),
      compare === 'ratio' ? dots(summary.pairs) : '',
      range.join('–'),
      ...(bounds
        ? [
            verdict(metric.floor, summary.keepsFloor, compare),
            verdict(metric.goal, summary.keepsGoal, compare),
          ]
        : []),
    ].map((cell) => `<td>${cell}</td>`);
    const arrow = moreIsBetter(metric) ? '↑' : '↓';
    const name = `${arrow} ${escape(metric.label)}, ${escape(metric.unit)}`;
    return `<tr><th scope="row" class="name">${name}</th>${cells.join('')}</tr>`;
  });
  return `<tbody>${head}${rows.join('\n')}</tbody>`;
}

/**
 * A table of scenarios.
 *
 * @param {Result[]} results
 * @returns {string} Markup.
 */
function table(results) {
  const further = furtherSides(results);
  const sides = ['net', 'tokio-net', ...further.map(titleOf)];
  const head = ['metric', 'ratio', ...sides, 'pairs, ½ to 2', 'min–max'];
  const bounds = results.some(({ metrics }) =>
    metrics.some(({ metric }) => metric.floor || metric.goal),
  );
  if (bounds) head.push('floor', 'goal');
  const cells = head.map((word, i) => `<th scope="col"${i ? '' : ' class="name"'}>${word}</th>`);
  const bodies = results.map((result) => rowsOf(result, further, head.length, bounds));
  // Scrolled by keyboard too, which takes a focus.
  return `<div class="scroll" tabindex="0" role="region" aria-label="Figures"><table>
<thead><tr>${cells.join('')}</tr></thead>
${bodies.join('\n')}</table></div>`;
}

/**
 * What was compared, of which scenario tokio-net is ahead and where it is not.
 *
 * @param {Result[]} results
 * @returns {string} Markup.
 */
function comparisonPart(results) {
  if (results.length === 0) return '';
  const charts = ['wide', 'narrow'].map((name) => {
    const { content, width, height } = bars(results, { narrow: name === 'narrow' });
    const attributes = {
      class: 'chart',
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': 'How many times better tokio-net is than net, scenario by scenario',
    };
    return `<figure class="${name}">${element('svg', attributes, content)}</figure>`;
  });
  return `<h2>tokio-net beside net</h2>
<p>How many times better: more requests or bytes, less time, CPU or memory. The line through each bar goes
from the worst pair to the best. Only what has a goal is drawn; the table has the rest.</p>
${charts.join('\n')}
${table(results)}`;
}

/**
 * How cost grows with the connections.
 *
 * @param {Result[]} results
 * @returns {string} Markup.
 */
function scalingPart(results) {
  if (results.length === 0) return '';
  const charts = results[0].metrics.map(
    ({ metric }) => `<figure>${lines(results, metric.key)}</figure>`,
  );
  return `<h2>How cost grows with the connections</h2>
<p>64-byte messages, each connection waiting for its answer. Both axes are logarithmic.</p>
${legend(results)}
<div class="charts">${charts.join('\n')}</div>
${table(results)}`;
}

/**
 * The page.
 *
 * @param {Samples} samples
 * @returns {string}
 */
function renderPage(samples) {
  const { machine, versions, commands, dates, pairs } = provenance(samples);
  const facts = { Machine: machine, Versions: versions, Measured: `${dates}; ${pairs} a scenario` };
  const list = Object.entries(facts).map(
    ([key, value]) => `<dt>${key}</dt><dd>${escape(value)}</dd>`,
  );
  const loads = samples.runs.map(({ loadBefore }) => loadBefore);
  const other = samples.runs.find(({ settings }) => settings.ours !== 'tokio-net')?.settings.ours;
  const notes = [
    ...(other ? [`The column tokio-net is '${other}'.`] : []),
    ...(Math.max(...loads) > 0.5
      ? [`The machine was busy before (load average up to ${Math.max(...loads).toFixed(1)}).`]
      : []),
    ...failuresOf(samples.results),
  ];
  const further = furtherSides(samples.results);
  const limit = further.includes('limit')
    ? ' <b>limit</b>: a plain epoll server in Rust in the place of the server under test, or one thread at both ends.'
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tokio-net beside net</title>
<style>
${STYLE}
${CHART}
</style>
</head>
<body>
<h1>tokio-net: the benchmark</h1>
<dl>${list.join('')}</dl>
<pre><code>${commands.map((command) => escape(essence(command))).join('\n')}</code></pre>
<p>All columns but the ratio are medians. <b>ratio</b>: tokio-net ÷ net within each pair, and of those the median;
for start-up times, the difference. ↑: more is better, ↓: less is.${limit}</p>
${notes.length > 0 ? `<ul>${notes.map((note) => `<li>${escape(note)}</li>`).join('')}</ul>` : ''}
${comparisonPart(samples.results.filter(({ group }) => !group))}
${scalingPart(samples.results.filter(({ group }) => group === 'scaling'))}
</body>
</html>
`;
}

module.exports = { renderPage };
