'use strict';

// The long form of the soak programs, with tokio-net and with built-in net:
// `npm run soak [-- subject … --form short --module tokio-net]`. It prints the figures of
// both, and ends with 1 where those of tokio-net are not what they should be.

const os = require('node:os');
const { parseArgs } = require('node:util');

const { MODULES, run } = require('./soak');
const { subjects } = require('./subjects');

/** Milliseconds that one program may take. */
const LIMIT = 10 * 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    form: { type: 'string', default: 'long' },
    module: { type: 'string', multiple: true, default: Object.keys(MODULES) },
  },
});
const form = /** @type {import('./soak').Form} */ (values.form);
const names = positionals.length > 0 ? positionals : Object.keys(subjects);
const modules = /** @type {import('./soak').ModuleName[]} */ (values.module);

/**
 * Prints the figures of a subject as a table.
 *
 * @param {Record<string, import('./soak').Figures>} figures By module
 */
function print(figures) {
  const columns = Object.keys(figures);
  console.log(`| | ${columns.join(' | ')} |\n| --- |${' ---: |'.repeat(columns.length)}`);
  for (const row of Object.keys(figures[columns[0]])) {
    console.log(`| ${row} | ${columns.map((column) => figures[column][row]).join(' | ')} |`);
  }
}

/**
 * Runs a subject and prints its figures.
 *
 * @param {string} name The subject's
 * @returns {Promise<boolean>} Whether nothing is wrong
 */
async function soak(name) {
  const { title, check, flags, [form]: sizes } = subjects[name];
  console.log(`\n### ${name}: ${title}\n\n${JSON.stringify(sizes)}\n`);
  /** @type {Record<string, import('./soak').Figures>} */
  const figures = {};
  for (const module of modules) figures[module] = await run(name, module, form, LIMIT, flags);
  print(figures);
  const ours = figures['tokio-net'];
  const wrong = ours === undefined ? [] : check(ours, figures.net, sizes).filter(Boolean);
  console.log(wrong.length === 0 ? '\nAs it should be.' : `\nWrong: ${wrong.join('; ')}.`);
  return wrong.length === 0;
}

/** Runs what was asked for, one after the other. */
async function main() {
  for (const name of names) {
    if (subjects[name] === undefined) throw new Error(`there is no subject ${name}`);
  }
  const { length } = os.cpus();
  console.log(`Node ${process.version}, ${length} CPUs`);
  for (const name of names) if (!(await soak(name))) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
