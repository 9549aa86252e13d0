'use strict';

const { Bench } = require('./bench.js');
const { Child } = require('./child.js');
const { descriptorLimit } = require('./machine.js');
const { PEERS, launch } = require('./runtime.js');

/** What starting and ending the programs of a run takes beside its measured time, in seconds; about. */
const OVERHEAD = 0.5;

/**
 * @typedef {import('../scenarios/index.js').Scenario} Scenario
 * @typedef {import('./bench.js').Settings} Settings
 * @typedef {import('./bench.js').Side} Side
 */

/**
 * What a scenario needs and this machine does not have.
 *
 * @param {Scenario} scenario
 * @param {import('./machine.js').Placement} place
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
 * The sides of a scenario beyond the pair.
 *
 * @param {Scenario} scenario
 * @param {Settings} settings
 * @param {boolean} limit Whether the limit is asked for.
 * @returns {Side[]}
 */
function furtherSides(scenario, settings, limit) {
  const peers = scenario.group ? [] : PEERS.filter((peer) => peer in settings.runtimes);
  return [...(scenario.variants ?? []), ...peers, ...(limit && scenario.limit ? ['limit'] : [])];
}

/**
 * About how long all of it takes, in seconds.
 *
 * @param {Scenario[]} scenarios
 * @param {Settings} settings
 * @param {number} rounds
 * @param {boolean} limit
 * @returns {number}
 */
function estimate(scenarios, settings, rounds, limit) {
  const sides = scenarios.map((each) => 2 + furtherSides(each, settings, limit).length);
  const runs = sides.reduce((sum, count) => sum + count, 0) * rounds;
  return runs * (settings.seconds + settings.warmup + OVERHEAD);
}

/**
 * One run of a scenario on one side, in fresh processes.
 *
 * @param {Scenario} scenario
 * @param {Settings} settings
 * @param {Side} side
 * @returns {Promise<import('./statistics.js').Sample>}
 */
async function sample(scenario, settings, side) {
  const bench = new Bench(settings, side);
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
 * Why a run failed, in a line: what its programs complained of, else what the runner noticed.
 *
 * @param {Error} error Of `sample`.
 * @returns {string}
 */
function reasonOf(error) {
  // eslint-disable-next-line no-control-regex -- what colours a terminal is no part of the message
  const lines = error.message.replace(/\x1b\[[\d;]*m/g, '').split('\n');
  const told = lines
    .slice(1)
    .find((line) => /\berror\b.*: |^\w*Error\b|^tokio-net-load: /i.test(line));
  const { cause } = /** @type {{ cause?: Error }} */ (error);
  return (told ?? cause?.message ?? lines[0]).trim().slice(0, 200);
}

/**
 * All rounds of a scenario. Who goes first alternates, so that neither side always runs on what the
 * other left behind. A peer that fails is left out from then on; one of the pair that fails is an error.
 *
 * @param {Scenario} scenario
 * @param {Settings} settings
 * @param {{ rounds: number, limit: boolean, onRun: (round: number, side: Side) => void }} options
 * @returns {Promise<{ rounds: import('./statistics.js').Round[], failures: Record<string, string> }>}
 */
async function measure(scenario, settings, { rounds: count, limit, onRun }) {
  const rounds = [];
  /** @type {Record<string, string>} */
  const failures = {};
  const further = furtherSides(scenario, settings, limit);
  for (let i = 0; i < count; i++) {
    const pair = i % 2 === 0 ? ['net', 'ours'] : ['ours', 'net'];
    /** @type {any} */
    const round = {};
    for (const side of [...pair, ...further]) {
      if (side in failures) continue;
      onRun(i + 1, side);
      try {
        round[side] = await sample(scenario, settings, side);
      } catch (error) {
        if (!PEERS.includes(side)) throw error;
        failures[side] = reasonOf(error);
      }
    }
    rounds.push(round);
  }
  return { rounds, failures };
}

/**
 * How many iterations of the application's work fill its time, by runtime: the time is the same for all.
 *
 * @param {Record<string, string>} runtimes
 * @param {number} microseconds
 * @returns {Promise<Record<string, number>>}
 */
async function calibrate(runtimes, microseconds) {
  /** @type {Record<string, number>} */
  const iterations = {};
  const file = require.resolve('../programs/calibrate.js');
  for (const [runtime, binary] of Object.entries(runtimes)) {
    const args = [...launch(runtime, file), '--microseconds', String(microseconds)];
    const child = new Child(binary, args, null);
    try {
      ({ iterations: iterations[runtime] } = await child.next('result', 30));
    } catch (cause) {
      throw new Error(`${binary} does not run the benchmark's programs\n${child.errors}`, {
        cause,
      });
    } finally {
      await child.close();
    }
  }
  return iterations;
}

module.exports = { calibrate, estimate, furtherSides, lacking, measure, reasonOf };
