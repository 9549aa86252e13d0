'use strict';

// The inventory of `unsafe` in SECURITY.md: `node scripts/unsafe.js` writes it, with --check it only
// says whether it is right. Either way each place must have its reason, in a comment before it.

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const FILE = path.join(ROOT, 'SECURITY.md');
const START = '<!-- unsafe: written by scripts/unsafe.js -->';
const END = '<!-- /unsafe -->';

/** Lines above a place among which its reason may start. */
const REACH = 12;

/**
 * @param {string} folder Relative to the checkout
 * @returns {string[]} The Rust files in it, relative to the checkout
 */
function rustFiles(folder) {
  return fs
    .readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const file = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return rustFiles(file);
      return file.endsWith('.rs') ? [file] : [];
    })
    .sort();
}

/**
 * @param {string} file Relative to the checkout
 * @returns {string[]} Its lines, without those of tests
 */
function linesOf(file) {
  const lines = fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n');
  const tests = lines.findIndex(
    (line, at) => line.trim() === '#[cfg(test)]' && lines[at + 1] === 'mod tests {',
  );
  return tests < 0 ? lines : lines.slice(0, tests);
}

/**
 * Finds what is unsafe in a file.
 *
 * @param {string} file Relative to the checkout
 * @returns {{ blocks: number, functions: number, impls: number, unexplained: number[] }}
 */
function inspect(file) {
  const found = { blocks: 0, functions: 0, impls: 0, unexplained: /** @type {number[]} */ ([]) };
  const lines = linesOf(file);
  for (const [at, line] of lines.entries()) {
    const code = line.replace(/\/\/.*/, '').replaceAll(/"[^"]*"/g, '""');
    if (!/\bunsafe\b/.test(code) || /unsafe_code/.test(code)) continue;
    const above = lines.slice(Math.max(0, at - REACH), at).join('\n');
    if (/\bunsafe (extern "" )?fn\b/.test(code)) {
      found.functions++;
      // What Node calls has no caller to make promises.
      if (!/# Safety/.test(above) && !/extern/.test(code)) found.unexplained.push(at + 1);
    } else {
      if (/\bunsafe impl\b/.test(code)) found.impls++;
      else found.blocks++;
      if (!/SAFETY:/.test(above)) found.unexplained.push(at + 1);
    }
  }
  return found;
}

/**
 * @returns {{ table: string, unexplained: string[] }} The inventory, and places without a reason
 */
function inventory() {
  const rows = ['| file | blocks | functions | implementations |', '| --- | --: | --: | --: |'];
  const unexplained = [];
  const total = { blocks: 0, functions: 0, impls: 0 };
  for (const file of rustFiles('src')) {
    const found = inspect(file);
    unexplained.push(...found.unexplained.map((line) => `${file}:${line}`));
    if (found.blocks + found.functions + found.impls === 0) continue;
    for (const key of /** @type {const} */ (['blocks', 'functions', 'impls'])) {
      total[key] += found[key];
    }
    rows.push(`| \`${file}\` | ${found.blocks} | ${found.functions} | ${found.impls} |`);
  }
  rows.push(`| all | ${total.blocks} | ${total.functions} | ${total.impls} |`);
  return { table: aligned(rows), unexplained };
}

/**
 * @param {string[]} rows Of a table of Markdown
 * @returns {string} The same as Prettier writes it
 */
function aligned(rows) {
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const widths = cells[0].map((_, column) =>
    Math.max(3, ...cells.map((row) => (/^-+:?$/.test(row[column]) ? 0 : row[column].length))),
  );
  return cells
    .map((row) => {
      const padded = row.map((cell, column) => {
        const width = widths[column];
        if (/^-+:?$/.test(cell))
          return column > 0 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width);
        return column > 0 ? cell.padStart(width) : cell.padEnd(width);
      });
      return `| ${padded.join(' | ')} |`;
    })
    .join('\n');
}

/** Writes or checks. */
function main() {
  const { table, unexplained } = inventory();
  const text = fs.readFileSync(FILE, 'utf8');
  const start = text.indexOf(START) + START.length;
  const end = text.indexOf(END);
  const fresh = `${text.slice(0, start)}\n\n${table}\n\n${text.slice(end)}`;
  for (const place of unexplained) console.error(`${place}: no reason for what is unsafe`);
  if (unexplained.length > 0) process.exitCode = 1;
  if (fresh === text) return;
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(FILE, fresh);
    return;
  }
  console.error('The inventory in SECURITY.md is not that of src/: run `node scripts/unsafe.js`');
  process.exitCode = 1;
}

main();
