'use strict';

// `tokio-net/register` by each way to load it, in the program, its dependencies, threads and processes.

const assert = require('node:assert');
const path = require('node:path');
const { test } = require('node:test');
const { runNode } = require('./run');

const FIXTURES = path.join(__dirname, 'fixtures');

/**
 * Lists what was found, by the way to it.
 *
 * @param {any} found What fixtures/all.cjs printed, or a part of it
 * @param {string} [prefix] The way to that part
 * @returns {[string, string][]}
 */
function flatten(found, prefix = '') {
  if (typeof found !== 'object') return [[prefix, found]];
  return Object.entries(found).flatMap(([key, value]) => flatten(value, `${prefix}/${key}`));
}

/**
 * @param {string} main A fixture
 * @param {any} options How to run it
 * @param {string} expected 'tokio-net' or 'net'
 */
async function check(main, options, expected) {
  const { stdout, stderr, code } = await runNode([...(options.flags ?? []), main], {
    cwd: FIXTURES,
    env: options.env,
  });
  assert.deepStrictEqual([code, stderr], [0, '']);
  const found = flatten(JSON.parse(stdout));
  assert.deepStrictEqual(
    found.filter(([, module]) => module !== expected && module !== 'same'),
    [],
  );
  const places = new Set(found.map(([name]) => name.split('/')[1]));
  assert.strictEqual(places.size, 10, [...places].join());
}

const WAYS = [
  { flags: ['-r', 'tokio-net/register'] },
  { flags: ['--import', 'tokio-net/register'] },
  { env: { NODE_OPTIONS: '--require tokio-net/register' } },
  { env: { NODE_OPTIONS: '--import tokio-net/register' } },
];

for (const main of ['main.cjs', 'main.mjs']) {
  for (const way of WAYS) {
    test(`${main} with ${(way.flags ?? Object.entries(way.env).flat()).join(' ')}`, () =>
      check(main, way, 'tokio-net'));
  }

  test(`${main} with TOKIO_NET=off has built-in net`, () =>
    check(main, { flags: WAYS[0].flags, env: { TOKIO_NET: 'off' } }, 'net'));
}
