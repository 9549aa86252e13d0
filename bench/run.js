'use strict';

/**
 * The benchmark: alternates tokio-net and built-in net, a fresh process a run, and compares the two of
 * each pair. `node bench/run.js --help` lists the options, `bench/README.md` says what is measured.
 */

const fs = require('node:fs');
const os = require('node:os');
const { parseArgs } = require('node:util');

const { Bench } = require('./lib/bench.js');
const { buildLoad } = require('./lib/build.js');
const { Child } = require('./lib/child.js');
const { describe, descriptorLimit, placement } = require('./lib/machine.js');
const { summarize } = require('./lib/statistics.js');
const { render } = require('./lib/table.js');
const { scenarios } = require('./scenarios/index.js');

/** What an application's work on a message takes in the `app` scenario, in microseconds. */
const WORK = 20;

/** @typedef {import('./scenarios/index.js').Scenario} Scenario */

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    warmup: { type: 'string', default: '0.5' },
    node: { type: 'string', default: process.execPath },
    ours: { type: 'string', default: 'tokio-net' },
    json: { type: 'string' },
    limit: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `node bench/run.js [options]

  --scenario NAME   one or several (repeated, or with commas); all when not given
  --rounds N        pairs a scenario (${values.rounds})
  --seconds S       measured time a run (${values.seconds})
  --warmup S        time before it that does not count (${values.warmup})
  --node PATH       the Node that runs both modules (the one that runs this)
  --ours MODULE     what stands in the column of tokio-net (this checkout);
                    'node:net' compares built-in net with itself, and so shows the noise
  --limit           a third column: a plain epoll server in Rust
  --json FILE       every raw sample and the summary
  --check           fail when a floor is missed

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
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new RangeError(`no scenario is called '${unknown.join("', '")}'`);
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
}

/**
 * What a scenario needs and this machine does not have.
 *
 * @param {Scenario} scenario
 * @param {import('./lib/machine.js').Placement} place
 * @returns {string | null}
 */
function lacking({ needs = [] }, place) {
  if (needs.includes('taskset') && !place.taskset) return 'taskset (package util-linux) is missing';
  if (needs.includes('two cpus') && place.second === null) return 'it needs two CPUs';
  if (needs.includes('20000 descriptors') && descriptorLimit() < 20_000) {
    return 'it needs a limit of 20,000 open files (ulimit -Hn)';
  }
  return null;
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

/**
 * One run of a scenario on one side, in fresh processes.
 *
 * @param {Scenario} scenario
 * @param {import('./lib/bench.js').Settings} settings
 * @param {import('./lib/bench.js').Side} side
 * @returns {Promise<import('./lib/statistics.js').Sample>}
 */
async function sample(scenario, settings, side) {
  const bench = new Bench(settings, side, side === 'net' ? 'node:net' : values.ours);
  try {
    return await scenario.run(bench);
  } catch (cause) {
    await bench.close();
    const message = `${scenario.name} failed on the side of ${side}\n${bench.complaints()}`;
    throw new Error(message, { cause });
  } finally {
    await bench.close();
  }
}

/**
 * All rounds of a scenario. Who goes first alternates, so that neither side always runs on what the
 * other left behind.
 *
 * @param {Scenario} scenario
 * @param {import('./lib/bench.js').Settings} settings
 * @param {number} count
 * @param {string} step Where in the whole this is, for the progress line.
 * @returns {Promise<import('./lib/statistics.js').Round[]>}
 */
async function measure(scenario, settings, count, step) {
  const rounds = [];
  for (let i = 0; i < count; i++) {
    /** @type {import('./lib/bench.js').Side[]} */
    const sides = i % 2 === 0 ? ['net', 'ours'] : ['ours', 'net'];
    if (values.limit && scenario.limit) sides.push('limit');
    /** @type {any} */
    const round = {};
    for (const side of sides) {
      progress(`${step}: round ${i + 1} of ${count}, ${side}`);
      round[side] = await sample(scenario, settings, side);
    }
    rounds.push(round);
  }
  return rounds;
}

/**
 * How many iterations of the application's work fill its time with the Node under test.
 *
 * @param {string} node
 * @returns {Promise<number>}
 */
async function calibrate(node) {
  const file = require.resolve('./programs/calibrate.js');
  const child = new Child(node, [file, '--microseconds', String(WORK)], null);
  const { iterations } = await child.next('result', 30);
  await child.close();
  return iterations;
}

/** Runs what was asked for and prints the table. */
async function main() {
  if (values.help) return process.stdout.write(HELP);
  const asked = chosen();
  const [loadBefore] = os.loadavg();
  const rounds = Math.ceil(positive('rounds'));
  progress('building the load generator');
  const settings = {
    node: values.node,
    load: buildLoad(),
    seconds: positive('seconds'),
    warmup: positive('warmup'),
    iterations: await calibrate(values.node),
    placement: placement(),
  };
  const machine = describe(values.node);
  const about = `Node ${machine.node}, ${machine.cpus} CPUs (${machine.cpu}), ${machine.kernel}`;
  const plan = `${rounds} pairs of ${settings.seconds} s`;
  progress(`${about}; ${plan} of each scenario`, true);
  if (loadBefore > 0.5) {
    const load = loadBefore.toFixed(1);
    progress(`the machine is busy (load average ${load}): expect wide ranges`, true);
  }
  const results = [];
  for (const [i, scenario] of asked.entries()) {
    const step = `[${i + 1}/${asked.length}] ${scenario.name}`;
    const lack = lacking(scenario, settings.placement);
    if (lack) {
      progress(`${step} left out: ${lack}`, true);
      continue;
    }
    const begun = performance.now();
    const raw = await measure(scenario, settings, rounds, step);
    const metrics = scenario.metrics.map((metric) => ({ metric, summary: summarize(metric, raw) }));
    results.push({ name: scenario.name, title: scenario.title, metrics, rounds: raw });
    const seconds = Math.round((performance.now() - begun) / 1000);
    const [{ metric, summary }] = metrics;
    const compared = summary.comparison.toFixed(2);
    progress(`${step}: ${metric.label}, ${summary.compare} ${compared}, ${seconds} s`, true);
  }
  const { limit } = values;
  const table = results.length > 0 ? render(results, limit) : 'Nothing was measured.';
  const versus = values.ours === 'tokio-net' ? '' : `; the column tokio-net is '${values.ours}'`;
  process.stdout.write(
    `\n${about}\n${plan}, medians; ratio: tokio-net ÷ net within each pair${versus}\n\n${table}\n`,
  );
  if (values.json) {
    const { load, node, placement: place, ...rest } = settings;
    const record = {
      machine: { ...machine, loadBefore },
      settings: { ...rest, rounds, place, ours: values.ours },
      results,
    };
    fs.writeFileSync(values.json, `${JSON.stringify(record, null, 2)}\n`);
  }
  const missed = results.some(({ metrics }) => metrics.some((m) => m.summary.keepsFloor === false));
  if (values.check && missed) process.exitCode = 1;
}

main().catch((error) => {
  process.stderr.write('\n');
  // A wrong option is explained by its message; for anything else it matters where it came from.
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
});
