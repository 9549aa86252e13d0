'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const defaults = require('../../lib/defaults');
const { splitNodeOptions } = require('../../lib/flags');
const { VALUES, describe, label, thrownBy } = require('../errors/describe');

const PROGRAM = path.join(__dirname, 'print_defaults.js');

const TIMEOUT = '--network-family-autoselection-attempt-timeout';

/** Flags, `NODE_OPTIONS`, and what must come out that is not Node's default: or the test is void. */
const RUNS = [
  { flags: [] },
  { flags: ['--no-network-family-autoselection'], family: false },
  { flags: ['--no-enable-network-family-autoselection'], family: false },
  { flags: ['--no-network_family_autoselection'], family: false },
  { flags: ['--no-network-family-autoselection', '--network-family-autoselection'], family: true },
  {
    flags: ['--enable-network-family-autoselection', '--no-network-family-autoselection'],
    family: false,
  },
  { flags: [`${TIMEOUT}=777`], timeout: 777 },
  { flags: [TIMEOUT, '778'], timeout: 778 },
  { flags: [TIMEOUT.replaceAll('-', '_').replace('__', '--') + '=779'], timeout: 779 },
  { flags: [`${TIMEOUT}=1`, `${TIMEOUT}=2`], timeout: 2 },
  { flags: [`${TIMEOUT}=5`], timeout: 5 },
  { flags: [`${TIMEOUT}=0`], timeout: 0 },
  { flags: [`${TIMEOUT}=text`], timeout: 0 },
  { flags: [`${TIMEOUT}=12text`], timeout: 12 },
  { flags: [`${TIMEOUT}=-5`], timeout: 2 ** 64 },
  { flags: [`${TIMEOUT}=99999999999`], timeout: 99999999999 },
  { nodeOptions: `--no-network-family-autoselection ${TIMEOUT}=66`, family: false, timeout: 66 },
  { nodeOptions: `  "${TIMEOUT}=67"   --no-network-family-autoselection`, timeout: 67 },
  { nodeOptions: `--title="a b\\"c" ${TIMEOUT} 68`, timeout: 68 },
  {
    nodeOptions: `--no-network-family-autoselection ${TIMEOUT}=66`,
    flags: ['--network-family-autoselection', `${TIMEOUT}=33`],
    family: true,
    timeout: 33,
  },
];

/** Ways to start a worker. */
const WORKERS = [
  {},
  { execArgv: [] },
  { execArgv: [`${TIMEOUT}=444`] },
  { execArgv: ['--no-network-family-autoselection'] },
  { env: {} },
  { env: { NODE_OPTIONS: `${TIMEOUT}=555` } },
  { env: { NODE_OPTIONS: `${TIMEOUT}=555` }, execArgv: [] },
];

/**
 * @param {string[]} flags
 * @param {string} [nodeOptions]
 * @param {object[]} [workers]
 * @returns {Promise<Array<{ core: unknown, ours: unknown }>>}
 */
async function runProgram(flags, nodeOptions, workers = []) {
  const { NODE_OPTIONS, ...env } = process.env;
  if (nodeOptions !== undefined) env.NODE_OPTIONS = nodeOptions;
  const args = [...flags, PROGRAM, JSON.stringify(workers)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

for (const { flags = [], nodeOptions, family, timeout } of RUNS) {
  const name = [nodeOptions && `NODE_OPTIONS='${nodeOptions}'`, ...flags].filter(Boolean).join(' ');
  test(`defaults: ${name || 'no flags'}`, async () => {
    const [{ core, ours }] = await runProgram(flags, nodeOptions);
    assert.deepStrictEqual(ours, core);
    if (family !== undefined) assert.strictEqual(ours[0], family);
    if (timeout !== undefined) assert.strictEqual(ours[1], timeout);
  });
}

for (const [flags, nodeOptions] of [
  [[], undefined],
  [[`${TIMEOUT}=123`, '--no-network-family-autoselection'], undefined],
  [[], `${TIMEOUT}=66`],
  [[`${TIMEOUT}=123`], `${TIMEOUT}=66`],
]) {
  test(`defaults in workers: ${[...flags, nodeOptions ?? ''].join(' ')}`, async () => {
    const answers = await runProgram(flags, nodeOptions, WORKERS);
    assert.strictEqual(answers.length, WORKERS.length + 1);
    for (const { core, ours } of answers) assert.deepStrictEqual(ours, core);
  });
}

test('splitNodeOptions', () => {
  assert.deepStrictEqual(splitNodeOptions(' a  "b c" d"e f"g "h\\"i\\\\" j\\k'), [
    'a',
    'b c',
    'de fg',
    'h"i\\',
    'j\\k',
  ]);
});

/**
 * Calls a setter of both modules with each value, and compares errors and outcome.
 *
 * @param {'AutoSelectFamily' | 'AutoSelectFamilyAttemptTimeout'} name
 * @param {unknown[]} values
 * @returns {void}
 */
function compareSetters(name, values) {
  const modules = [net, defaults].map((module) => ({
    get: module[`getDefault${name}`],
    set: module[`setDefault${name}`],
  }));
  const [core, ours] = modules;
  const initial = core.get();
  assert.strictEqual(ours.set.length, core.set.length);
  assert.strictEqual(ours.set.name, core.set.name);
  for (const value of values) {
    const [expected, actual] = modules.map(({ set }) => describe(thrownBy(() => set(value))));
    assert.deepStrictEqual(actual, expected, label(value));
    assert.strictEqual(ours.get(), core.get(), label(value));
  }
  for (const { set } of modules) set(initial);
}

test('setDefaultAutoSelectFamily', () => compareSetters('AutoSelectFamily', VALUES));

test('setDefaultAutoSelectFamilyAttemptTimeout', () =>
  compareSetters('AutoSelectFamilyAttemptTimeout', [...VALUES, 9, 10, 11, 5000]));
