'use strict';

/**
 * Wrong types, extremes, bad paths and descriptors, odd lookups, getters, proxies, polluted prototypes:
 * tokio-net answers as built-in net of the running Node does, and never with a crash. Each module does
 * all cases in a process of its own.
 */

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { isDeepStrictEqual } = require('node:util');
const { builtin, ours } = require('../harness');
const { specifierOf } = require('../harness/implementations');
const { cases } = require('./cases');

const LIMIT = 240_000;

/** How often cases are done again that differ: what is slow is not different. */
const AGAIN = 3;

/**
 * @param {any} net A module
 * @param {string[]} [names] The cases; all by default
 * @returns {Promise<Map<string, any>>} What it did, by case
 */
function outcomes(net, names) {
  const program = path.join(__dirname, 'program.js');
  const args = ['--no-warnings', program, specifierOf(net)];
  if (names) args.push(JSON.stringify(names));
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 1 << 26, timeout: LIMIT };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const lines = stdout.trim().split('\n');
      if (error) reject(new Error(`after ${lines.pop()}: ${stderr}`, { cause: error }));
      else resolve(new Map(lines.map((line) => [JSON.parse(line)[0], JSON.parse(line).slice(1)])));
    });
  });
}

/**
 * @param {string[]} [names] The cases; all by default
 * @returns {Promise<{ expected: Map<string, any>, actual: Map<string, any>, differing: string[] }>}
 */
async function compare(names) {
  const [expected, actual] = await Promise.all([outcomes(builtin, names), outcomes(ours, names)]);
  const differing = [...new Set([...expected.keys(), ...actual.keys()])].filter(
    (name) => !isDeepStrictEqual(expected.get(name), actual.get(name)),
  );
  return { expected, actual, differing };
}

test(`bad input: ${cases.length} cases as with built-in net`, { timeout: 2 * LIMIT }, async () => {
  assert.ok(cases.length >= 500);
  let { expected, actual, differing } = await compare();
  assert.strictEqual(actual.size, cases.length + 1, 'each case has a name of its own and was done');
  for (let again = 0; again < AGAIN && differing.length > 0; again++) {
    ({ expected, actual, differing } = await compare(differing));
  }
  for (const name of differing) {
    assert.deepStrictEqual(actual.get(name), expected.get(name), name);
  }
});
