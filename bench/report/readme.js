'use strict';

/** The README's section of figures, between two markers. */

const { comparison, figure, titleOf } = require('../lib/format.js');
const { provenance } = require('../lib/record.js');
const { cellOf, failuresOf, furtherSides } = require('../lib/table.js');
const { headlines } = require('./headlines.js');

const BEGIN = '<!-- bench: written by `npm run bench -- --readme` -->';
const END = '<!-- bench: end -->';

/** Where the README's chart lies. */
const FIGURE = 'bench/figure.svg';

/**
 * The section, without its markers.
 *
 * @param {import('../lib/record.js').Record} samples
 * @returns {string} Markdown.
 */
function renderSection(samples) {
  const rows = headlines(samples.results);
  const results = [...new Set(rows.map(({ result }) => result))];
  const { machine, versions, commands, dates, pairs } = provenance({ ...samples, results });
  const further = furtherSides(results);
  const head = ['', 'better is', 'net', 'tokio-net', ...further.map(titleOf), 'tokio-net ÷ net'];
  const body = rows.map(({ result, metric, summary, more }) => [
    `${result.title}: ${metric.label}, ${metric.unit}`,
    more ? 'more' : 'less',
    figure(summary.medians.net),
    figure(summary.medians.ours),
    ...further.map((side) => cellOf(result, summary, side)),
    summary.compare === 'ratio'
      ? `**${comparison(summary.comparison, 'ratio')}**`
      : `**${comparison(summary.comparison, 'difference')} ${metric.unit}**`,
  ]);
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i < 2 ? '---' : '---:'));
  const limit = further.includes('limit')
    ? ' *limit* is a plain epoll server in Rust in the place of the server under test, or one thread at both ends.'
    : '';
  const failures = failuresOf(results).map((why) => `- ${why}`);
  return [
    `![How tokio-net compares with net, scenario by scenario](${FIGURE})`,
    '',
    [head, rule, ...body].map(line).join('\n'),
    '',
    `Medians of ${pairs}, and of the ratios within each pair.${limit}`,
    `Measured ${dates} on ${machine}, with ${versions}, by`,
    '',
    '```sh',
    ...commands,
    '```',
    ...(failures.length > 0 ? ['', ...failures] : []),
  ].join('\n');
}

/**
 * Puts the section between the markers of a page.
 *
 * @param {string} page
 * @param {string} section
 * @returns {string}
 */
function replaceSection(page, section) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new RangeError('the markers for the figures are missing');
  return `${page.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${page.slice(end)}`;
}

module.exports = { BEGIN, END, FIGURE, renderSection, replaceSection };
