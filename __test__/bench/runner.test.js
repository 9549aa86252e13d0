'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { standIn } = require('../../bench/lib/bench.js');
const { furtherSides, measure, reasonOf } = require('../../bench/lib/runner.js');
const { launch } = require('../../bench/lib/runtime.js');
const { scenarios } = require('../../bench/scenarios/index.js');

/** @type {any} */
const SETTINGS = {
  runtimes: { node: 'node', bun: 'bun' },
  ours: 'tokio-net',
  seconds: 1,
  warmup: 0,
};

/**
 * A scenario that measures nothing but who is asked.
 *
 * @param {(side: string) => number} value
 * @returns {any}
 */
function scenario(value) {
  return {
    name: 'made-up',
    limit: true,
    metrics: [],
    run: async ({ side }) => ({ value: value(side) }),
  };
}

test('what stands for each side', () => {
  assert.deepStrictEqual(standIn('net', 'x'), { runtime: 'node', module: 'node:net', env: {} });
  assert.deepStrictEqual(standIn('ours', 'x'), { runtime: 'node', module: 'x', env: {} });
  assert.deepStrictEqual(standIn('deno', 'x'), { runtime: 'deno', module: 'node:net', env: {} });
  const env = { TOKIO_NET_WORKER_THREADS: '4' };
  assert.deepStrictEqual(standIn('threads-4', 'x'), { runtime: 'node', module: 'x', env });
  assert.deepStrictEqual(launch('node', 'f', { gc: true }), ['--expose-gc', 'f']);
  assert.strictEqual(launch('deno', 'f', { gc: true })[0], 'run');
});

test('who goes first alternates, and the others follow', async () => {
  const order = [];
  const onRun = (_, side) => order.push(side);
  const { rounds } = await measure(
    scenario(() => 1),
    SETTINGS,
    { rounds: 2, limit: true, onRun },
  );
  assert.deepStrictEqual(order, ['net', 'ours', 'bun', 'limit', 'ours', 'net', 'bun', 'limit']);
  assert.strictEqual(rounds.length, 2);
});

test('a peer that fails is left out with its reason; one of the pair ends it', async () => {
  const failing = (/** @type {string} */ bad) =>
    scenario((side) => {
      if (side === bad) throw new Error('it cannot');
      return 1;
    });
  const options = { rounds: 3, limit: false, onRun: () => {} };
  const { rounds, failures } = await measure(failing('bun'), SETTINGS, options);
  assert.deepStrictEqual(failures, { bun: 'it cannot' });
  assert.deepStrictEqual(Object.keys(rounds[2]), ['net', 'ours']);
  await assert.rejects(measure(failing('ours'), SETTINGS, options), /made-up failed .* ours/);
});

test('the reason is what a program complained of, without colours', () => {
  const told =
    'x failed on the side of bun\nmain.js:\n  at y\n\x1b[31merror\x1b[0m: no such thing\n';
  assert.strictEqual(reasonOf(new Error(told)), 'error: no such thing');
  const silent = new Error('x failed\n', { cause: new Error('it said nothing') });
  assert.strictEqual(reasonOf(silent), 'it said nothing');
});

test('peers are measured beside the main scenarios, threads in the growth', () => {
  const sides = (/** @type {string} */ name) => {
    const found = /** @type {any} */ (scenarios.find((each) => each.name === name));
    return furtherSides(found, SETTINGS, true);
  };
  assert.deepStrictEqual(sides('echo-64'), ['bun', 'limit']);
  assert.deepStrictEqual(sides('app'), ['bun']);
  assert.deepStrictEqual(sides('scaling-8000'), ['threads-2', 'threads-4', 'limit']);
});

test('names are given once, and metrics have what a table needs', () => {
  const names = scenarios.map(({ name }) => name);
  assert.strictEqual(new Set(names).size, names.length);
  for (const { metrics } of scenarios) {
    for (const { key, label, unit } of metrics) assert.ok(key && label && unit);
  }
});
