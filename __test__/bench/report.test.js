'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { comparison, figure } = require('../../bench/lib/format.js');
const { render } = require('../../bench/lib/table.js');
const { renderFigure } = require('../../bench/report/figure.js');
const { short, steps } = require('../../bench/report/lines.js');
const { renderPage } = require('../../bench/report/page.js');
const { BEGIN, END, renderSection, replaceSection } = require('../../bench/report/readme.js');
const { DARK, LIGHT } = require('../../bench/report/theme.js');
const { samples } = require('./samples.js');

/**
 * Checks that elements close in the order in which they were opened, and that no figure is none.
 *
 * @param {string} markup
 */
function assertWellFormed(markup) {
  const open = [];
  const text = markup.replace(/<style>[^]*?<\/style>/g, '').replace('<!doctype html>', '');
  for (const [tag, close, name, attributes, single] of text.matchAll(
    /<(\/?)([a-z]\w*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi,
  )) {
    if (close) assert.strictEqual(open.pop(), name, tag);
    else if (!single && name !== 'meta') open.push(name);
    assert.doesNotMatch(attributes, /NaN|undefined|Infinity/, tag);
  }
  assert.deepStrictEqual(open, []);
  // All of it was tags: what is left has no bracket.
  const rest = text.replace(/<\/?[a-z]\w*(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/gi, '');
  assert.doesNotMatch(rest, /[<>]|NaN|undefined/);
}

/**
 * The contrast of two colours, as the Web Content Accessibility Guidelines define it.
 *
 * @param {string} one
 * @param {string} other
 * @returns {number}
 */
function contrast(one, other) {
  const [dark, light] = [one, other]
    .map((colour) => {
      const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
      const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    })
    .sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test('figures have the digits they deserve', () => {
  const shown = [1234.5, 123.4, 12.34, 1.234, 0.0123, NaN].map(figure);
  assert.deepStrictEqual(shown, ['1,235', '123', '12.3', '1.23', '0.01', '–']);
  assert.strictEqual(comparison(1.23456, 'ratio'), '1.235');
  assert.strictEqual(comparison(1.5, 'difference'), '+1.50');
  assert.strictEqual(comparison(-1.5, 'difference'), '-1.50');
});

test('the table on the terminal has all sides, verdicts and failures', () => {
  const lines = render(samples().results).split('\n');
  assert.match(lines[0], /scenario +metric +net +tokio-net +Bun +2 I\/O threads +ratio/);
  assert.match(
    lines[2],
    /^echo +requests, 1\/s +100 +200 +160 +2\.100 +2\.000–3\.000 +≥ 1\.5 kept$/,
  );
  assert.match(lines[3], /^ +p99, µs .*≤ 1 MISSED +≤ 0\.9 MISSED$/);
  assert.match(lines[4], /^load .* failed .*\+2\.00 .*≤ \+5 kept$/);
  assert.strictEqual(lines[lines.length - 1], 'Bun failed in load: TypeError: <no>');
});

test('the page is well-formed, loads nothing and escapes what it shows', () => {
  const page = renderPage(samples());
  assertWellFormed(page);
  assert.doesNotMatch(page, /<script|<link|<img|\ssrc=|@import|url\(|https?:/);
  assert.match(page, /prefers-color-scheme:dark/);
  assert.match(page, /name="viewport"/);
  assert.match(page, /A &lt;CPU&gt;/);
  assert.match(page, /Bun failed in load: TypeError: &lt;no&gt;/);
  assert.match(page, /<code>echo<\/code> &amp; back/);
  assert.match(page, /tokio-net, 1 I\/O thread, 8000 connections: 200 1\/s/);
  assert.match(page, /npm run bench -- --rounds 3</);
});

test('a page of one group has no part for the other', () => {
  const all = samples();
  const whole = all.results;
  all.results = whole.filter(({ group }) => group === 'scaling');
  assert.doesNotMatch(renderPage(all), /tokio-net beside net<\/h2>/);
  all.results = whole.filter(({ group }) => !group);
  assert.doesNotMatch(renderPage(all), /How cost grows/);
  assertWellFormed(renderPage(all));
});

test('the chart of the README stands alone and draws ahead and behind to different sides', () => {
  const svg = renderFigure(samples());
  assertWellFormed(svg);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  // Twice the requests is ahead; twice the time is behind.
  assert.match(svg, />echo: requests<[^]*?class="better"[^]*?>2\.10×<[^]*?>echo: p99</);
  assert.match(svg, />echo: p99<[^]*?class="worse"[^]*?>0\.50×</);
  // A difference is no factor.
  assert.doesNotMatch(svg, /load/);
});

test('the section of the README is replaced between its markers, again and again', () => {
  const section = renderSection(samples());
  assert.match(
    section,
    /^\| `echo` & back: requests, 1\/s \| more \| 100 \| 200 \| 160 \| \*\*2\.100\*\* \|$/m,
  );
  assert.match(
    section,
    /^\| start: require, ms \| less \| 5\.00 \| 7\.00 \| failed \| \*\*\+2\.00 ms\*\* \|$/m,
  );
  assert.match(section, /A <CPU>, 2 CPUs.*tokio-net 0\.1\.0, Node 20\.0\.0/);
  const page = `before\n${BEGIN}\nold\n${END}\nafter\n`;
  const once = replaceSection(page, section);
  assert.match(once, /^before\n[^]*\nafter\n$/);
  assert.doesNotMatch(once, /\nold\n/);
  assert.strictEqual(replaceSection(once, section), once);
  assert.throws(() => replaceSection('no markers', section), RangeError);
});

test('axes step by 1, 2 and 5, and enclose what they show', () => {
  assert.deepStrictEqual(steps(3, 40), [2, 5, 10, 20, 50]);
  assert.deepStrictEqual(steps(1, 10), [1, 2, 5, 10]);
  assert.deepStrictEqual(steps(0.03, 0.03), [0.02, 0.05]);
  const many = steps(7, 300_000);
  assert.deepStrictEqual(many, [5, 10, 100, 1000, 10_000, 100_000, 500_000]);
  assert.deepStrictEqual([1, 1500, 8000, 2e6].map(short), ['1', '1.5k', '8k', '2M']);
});

test('colours are readable on their backgrounds, light and dark', () => {
  for (const { page, card, ink, soft, line: _, ...series } of [LIGHT, DARK]) {
    for (const ground of [page, card]) {
      for (const text of [ink, soft]) assert.ok(contrast(text, ground) >= 4.5, `${text} ${ground}`);
      for (const mark of Object.values(series)) assert.ok(contrast(mark, ground) >= 3, mark);
    }
  }
});
