'use strict';

/**
 * The file of samples: what was measured, with what and where, and each raw figure. It can be filled in
 * several runs, each of which replaces the scenarios that it measured and leaves the others.
 */

const fs = require('node:fs');
const path = require('node:path');

const { summarize } = require('./statistics.js');

const FORMAT = 1;

/** Options that say what is measured next, or what comes of it, but not how it is measured. */
const ASIDE = ['json', 'missing', 'readme', 'report', 'scenario', 'svg'];

/**
 * @typedef {object} Run One call of the command.
 * @property {string} date When it began.
 * @property {string} command
 * @property {import('./machine.js').Machine} machine
 * @property {number} loadBefore The load average at its begin.
 * @property {Record<string, string>} versions Of tokio-net and of each runtime.
 * @property {Record<string, any>} settings
 *
 * @typedef {object} Result One scenario.
 * @property {string} name
 * @property {string} title
 * @property {string} [group]
 * @property {number} [connections]
 * @property {string} date When it ended.
 * @property {number} run Index of the run that measured it.
 * @property {{ metric: import('./statistics.js').Metric, summary: import('./statistics.js').Summary }[]} metrics
 * @property {import('./statistics.js').Round[]} rounds
 * @property {Record<string, string>} [failures] Why a peer could not be measured, by side.
 *
 * @typedef {{ format: number, runs: Run[], results: Result[] }} Record
 */

/**
 * The command, without the folders of its paths.
 *
 * @param {string[]} args
 * @returns {string}
 */
function commandOf(args) {
  const words = args.map((word) => word.replace(/[^=]*\//, ''));
  return ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
}

/**
 * The part of a command that says how things were measured: the same for all pieces of a whole.
 *
 * @param {string} command
 * @returns {string}
 */
function essence(command) {
  const kept = command
    .replace(/^npm run bench(?: --)?/, '')
    .split(/\s+(?=--)/)
    .filter((option) => option && !ASIDE.includes(/^\s*--(\w+)/.exec(option)?.[1] ?? ''));
  return ['npm run bench', ...(kept.length > 0 ? ['--', ...kept] : [])].join(' ');
}

/**
 * A record with nothing in it.
 *
 * @returns {Record}
 */
function empty() {
  return { format: FORMAT, runs: [], results: [] };
}

/**
 * Reads a file of samples. What they say is computed anew from the raw ones.
 *
 * @param {string} file
 * @returns {Record}
 */
function read(file) {
  const record = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (record.format !== FORMAT) throw new RangeError(`'${file}' is no file of samples`);
  for (const { metrics, rounds } of record.results) {
    for (const entry of metrics) entry.summary = summarize(entry.metric, rounds);
  }
  return record;
}

/**
 * Reads a file of samples, or begins one.
 *
 * @param {string} file
 * @returns {Record}
 */
function readOrBegin(file) {
  return fs.existsSync(file) ? read(file) : empty();
}

/**
 * Writes it whole, so that what interrupts this leaves the file that was.
 *
 * @param {string} file
 * @param {Record} record
 */
function write(file, record) {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  fs.writeFileSync(beside, `${JSON.stringify(record, null, 1)}\n`);
  fs.renameSync(beside, file);
}

/**
 * Adds a run. Figures of different machines, Nodes or measured times do not belong into one table.
 *
 * @param {Record} record
 * @param {Run} run
 * @returns {number} Its index.
 */
function begin(record, run) {
  const ground = ({ machine, versions, settings }) =>
    JSON.stringify([machine, versions.node, settings.ours]);
  if (record.runs.some((other) => ground(other) !== ground(run))) {
    throw new RangeError(
      'the file has samples of another machine, Node or --ours: take another file',
    );
  }
  return record.runs.push(run) - 1;
}

/**
 * Adds what a scenario measured, in the place of what there was of it, and in the order of all scenarios.
 *
 * @param {Record} record
 * @param {Omit<Result, 'metrics'>} result
 * @param {import('./statistics.js').Metric[]} metrics
 * @param {string[]} order The names of all scenarios.
 * @returns {Result}
 */
function add(record, result, metrics, order) {
  const summaries = metrics.map((metric) => ({
    metric,
    summary: summarize(metric, result.rounds),
  }));
  const whole = { ...result, metrics: summaries };
  record.results = record.results.filter(({ name }) => name !== result.name);
  record.results.push(whole);
  record.results.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return whole;
}

/**
 * What all runs that left figures in the record say about themselves, each thing once.
 *
 * @param {Record} record
 * @returns {{ machine: string, versions: string, commands: string[], dates: string, pairs: string }}
 */
function provenance({ runs, results }) {
  const used = runs.filter((_, i) => results.some(({ run }) => run === i));
  const once = (values) => [...new Set(values)];
  const { cpu, cpus, memoryGb, kernel, congestion } = used[0].machine;
  const names = once(used.flatMap(({ versions }) => Object.keys(versions)));
  const titles = { node: 'Node', bun: 'Bun', deno: 'Deno' };
  const versions = names.map((name) => {
    const all = once(used.flatMap((run) => run.versions[name] ?? []));
    return `${titles[name] ?? name} ${all.join(' and ')}`;
  });
  const days = once(used.map(({ date }) => date.slice(0, 10))).sort();
  const plans = used.map(
    ({ settings }) =>
      `${settings.rounds} ${settings.rounds === 1 ? 'pair' : 'pairs'} of ${settings.seconds} s`,
  );
  return {
    machine: `${cpu}, ${cpus} CPUs, ${memoryGb} GiB, ${kernel}, TCP ${congestion}`,
    versions: versions.join(', '),
    commands: once(used.map(({ command }) => essence(command))),
    dates: once([days[0], days[days.length - 1]]).join(' to '),
    pairs: once(plans).join(' or '),
  };
}

module.exports = { add, begin, commandOf, empty, essence, provenance, read, readOrBegin, write };
