'use strict';

/**
 * The benchmark: alternates tokio-net and built-in net, a fresh process a run, and compares the two of
 * each pair. `node bench/run.js --help` lists the options, `bench/README.md` says what is measured.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { version } = require('../package.json');
const { ROOT } = require('./lib/arguments.js');
const { buildLoad, buildPackage } = require('./lib/build.js');
const { describe, placement } = require('./lib/machine.js');
const record = require('./lib/record.js');
const { calibrate, estimate, lacking, measure } = require('./lib/runner.js');
const { versionOf } = require('./lib/runtime.js');
const { render } = require('./lib/table.js');
const { renderFigure } = require('./report/figure.js');
const { renderPage } = require('./report/page.js');
const { FIGURE, renderSection, replaceSection } = require('./report/readme.js');
const { scenarios } = require('./scenarios/index.js');

/** What an application's work on a message takes in the `app` scenario, in microseconds. */
const WORK = 20;

/** @typedef {import('./scenarios/index.js').Scenario} Scenario */

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.8' },
    warmup: { type: 'string', default: '0.25' },
    node: { type: 'string', default: process.execPath },
    bun: { type: 'string' },
    deno: { type: 'string' },
    ours: { type: 'string', default: 'tokio-net' },
    limit: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    json: { type: 'string' },
    missing: { type: 'boolean', default: false },
    from: { type: 'string' },
    report: { type: 'string' },
    svg: { type: 'string' },
    readme: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `node bench/run.js [options]

  --scenario NAME   one or several (repeated, or with commas); 'main' and 'scaling' are the two groups;
                    all when not given
  --rounds N        pairs a scenario (${values.rounds})
  --seconds S       measured time a run (${values.seconds})
  --warmup S        time before it that does not count (${values.warmup})
  --node PATH       the Node that runs both modules (the one that runs this)
  --ours MODULE     what stands in the column of tokio-net (this checkout, packed);
                    'node:net' compares built-in net with itself, and so shows the noise
  --limit           a further column: a plain epoll server in Rust
  --bun PATH        a further column: Bun's own net, in the same programs
  --deno PATH       a further column: Deno's own net, in the same programs
  --check           fail when a floor is missed

  --json FILE       every raw sample; written after each scenario, and where the file is there already,
                    what it has of other scenarios stays
  --missing         only the scenarios that the file does not have yet
  --from FILE       measure nothing: table, report and so on of the samples in the file
  --report FILE     a page with tables and charts
  --svg FILE        the chart of the README
  --readme          the section of the README, and its chart (${FIGURE})

Scenarios:
${scenarios.map(({ name, title }) => `  ${name.padEnd(17)} ${title}`).join('\n')}
`;

/**
 * An option that must be a number above 0.
 *
 * @param {'rounds' | 'seconds' | 'warmup'} name
 * @returns {number}
 */
function positive(name) {
  const value = Number(values[name]);
  if (!(value > 0)) throw new RangeError(`--${name} cannot be '${values[name]}'`);
  return value;
}

/**
 * The scenarios that were asked for.
 *
 * @returns {Scenario[]}
 */
function chosen() {
  const names = values.scenario.flatMap((list) => list.split(','));
  const titles = (/** @type {Scenario} */ { name, group = 'main' }) => [name, group];
  const known = scenarios.flatMap(titles);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new RangeError(`no scenario is called '${unknown.join("', '")}'`);
  if (names.length === 0) return scenarios;
  return scenarios.filter((scenario) => titles(scenario).some((title) => names.includes(title)));
}

/**
 * The progress line; where stderr is no terminal, only what was not said before.
 *
 * @param {string} text
 * @param {boolean} [lasting] Whether it is worth a line of its own.
 */
function progress(text, lasting = false) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}${lasting ? '\n' : ''}`);
  else if (lasting) process.stderr.write(`${text}\n`);
}

/** What the package is made of. */
const PACKAGED = ['src', 'lib', 'index.js', 'scripts/join.js', 'scripts/compile.js'];

/**
 * The version of this checkout, with its commit where git knows it.
 *
 * @returns {string}
 */
function ownVersion() {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const changed = git('status', '--porcelain', '--', ...PACKAGED).trim() !== '';
    const commit = git('rev-parse', '--short', 'HEAD').trim();
    return `${version} (${commit}${changed ? ' and changes' : ''})`;
  } catch {
    return version;
  }
}

/**
 * Measures what was asked for.
 *
 * @returns {Promise<import('./lib/record.js').Record>} With what the file of `--json` had before.
 */
async function measureAll() {
  const { json, limit, node, bun, deno, ours } = values;
  const samples = json ? record.readOrBegin(json) : record.empty();
  const done = values.missing ? samples.results.map(({ name }) => name) : [];
  const asked = chosen().filter(({ name }) => !done.includes(name));
  if (asked.length === 0) return samples;
  const [loadBefore] = os.loadavg();
  const rounds = Math.ceil(positive('rounds'));
  const runtimes = { node, ...(bun && { bun }), ...(deno && { deno }) };
  const machine = describe();
  const versions = { 'tokio-net': ownVersion() };
  for (const [name, binary] of Object.entries(runtimes)) versions[name] = versionOf(binary);
  const place = placement();
  const timing = { rounds, seconds: positive('seconds'), warmup: positive('warmup') };
  const run = record.begin(samples, {
    date: new Date().toISOString(),
    command: record.commandOf(process.argv.slice(2)),
    machine,
    loadBefore,
    versions,
    settings: { ...timing, placement: place, ours: ours.replace(/^.*\//, ''), limit },
  });
  progress('building the load generator');
  const load = buildLoad();
  progress('packing');
  const module = ours === 'tokio-net' ? buildPackage(node) : ours;
  progress('calibrating');
  const iterations = await calibrate(runtimes, WORK);
  samples.runs[run].settings.iterations = iterations;
  const settings = { runtimes, ours: module, load, ...timing, iterations, placement: place };
  const minutes = Math.ceil(estimate(asked, settings, rounds, limit) / 60);
  progress(
    `${asked.length} scenarios, pairs of ${settings.seconds} s, ${rounds} of each: about ${minutes} min`,
    true,
  );
  if (loadBefore > 0.5) {
    const busy = loadBefore.toFixed(1);
    progress(`the machine is busy (load average ${busy}): expect wide ranges`, true);
  }
  for (const [i, scenario] of asked.entries()) {
    const step = `[${i + 1}/${asked.length}] ${scenario.name}`;
    const lack = lacking(scenario, place);
    if (lack) {
      progress(`${step} left out: ${lack}`, true);
      continue;
    }
    const begun = performance.now();
    const onRun = (/** @type {number} */ round, /** @type {string} */ side) =>
      progress(`${step}: round ${round} of ${rounds}, ${side}`);
    const measured = await measure(scenario, settings, { rounds, limit, onRun });
    const { name, title, group, connections, metrics } = scenario;
    const date = new Date().toISOString();
    const result = { name, title, group, connections, date, run, ...measured };
    const [{ metric, summary }] = record.add(
      samples,
      result,
      metrics,
      scenarios.map((each) => each.name),
    ).metrics;
    if (json) record.write(json, samples);
    const seconds = Math.round((performance.now() - begun) / 1000);
    const compared = summary.comparison.toFixed(2);
    progress(`${step}: ${metric.label}, ${summary.compare} ${compared}, ${seconds} s`, true);
  }
  return samples;
}

/**
 * Prints the table, and writes what else was asked for.
 *
 * @param {import('./lib/record.js').Record} samples
 */
function present(samples) {
  if (samples.results.length === 0) {
    process.stdout.write('Nothing was measured.\n');
    return;
  }
  const { machine, versions, pairs } = record.provenance(samples);
  const about = `${machine}\n${versions}\n${pairs}, medians; ratio: tokio-net ÷ net within each pair`;
  const other = samples.runs.find(({ settings }) => settings.ours !== 'tokio-net')?.settings.ours;
  const versus = other ? `; the column tokio-net is '${other}'` : '';
  process.stdout.write(`\n${about}${versus}\n\n${render(samples.results)}\n`);
  if (values.report) fs.writeFileSync(values.report, renderPage(samples));
  if (values.svg) fs.writeFileSync(values.svg, renderFigure(samples));
  if (values.readme) {
    const readme = path.join(ROOT, 'README.md');
    const section = renderSection(samples);
    fs.writeFileSync(readme, replaceSection(fs.readFileSync(readme, 'utf8'), section));
    fs.writeFileSync(path.join(ROOT, FIGURE), renderFigure(samples));
  }
}

/** Does what the command line says. */
async function main() {
  if (values.help) return process.stdout.write(HELP);
  const samples = values.from ? record.read(values.from) : await measureAll();
  present(samples);
  const missed = samples.results.some(({ metrics }) =>
    metrics.some(({ summary }) => summary.keepsFloor === false),
  );
  if (values.check && missed) process.exitCode = 1;
}

main().catch((error) => {
  process.stderr.write('\n');
  // A wrong option is explained by its message; for anything else it matters where it came from.
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
});
