'use strict';

/** Runs an application on built-in `net` and on tokio-net in its place, and compares. */

const assert = require('node:assert');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { test } = require('node:test');

const REGISTER = path.join(__dirname, '..', '..', 'register.js');

/** Milliseconds that one run may take: it needs a few seconds when idle. */
const LIMIT = 120_000;

/**
 * Runs a program.
 *
 * @param {string} program A file in `programs`, without `.js`
 * @param {object} config What the program is told
 * @param {boolean} replaced Whether tokio-net takes the place of `net`
 * @param {Record<string, () => Promise<void>>} services What the program may ask for, by name
 * @returns {Promise<any>} What it reported
 */
async function run(program, config, replaced, services) {
  const child = fork(path.join(__dirname, 'programs', `${program}.js`), {
    execArgv: ['--require', REGISTER, '--no-warnings'],
    env: { ...process.env, NODE_OPTIONS: '', TOKIO_NET: replaced ? '' : 'off' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  let report;
  child.on('message', (/** @type {any} */ message) => {
    if (message.ask === undefined) report = message;
    else services[message.ask]().then(() => child.connected && child.send(message.ask));
  });
  child.send(config);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  assert.deepStrictEqual([code, signal], [0, null], `${program} failed:\n${output}`);
  assert.strictEqual(report?.replaced, replaced, `${program} had the wrong module`);
  return report.result;
}

/**
 * Declares a test: the program does the same on both.
 *
 * @param {string} title What the program does
 * @param {string} program A file in `programs`, without `.js`
 * @param {() => object} [config] What the program is told
 * @param {Record<string, () => Promise<void>>} [services] What the program may ask for, by name
 */
function compare(title, program, config = () => ({}), services = {}) {
  test(title, async () => {
    const expected = await run(program, config(), false, services);
    assert.notStrictEqual(expected, undefined, 'the program reported nothing to compare');
    assert.deepStrictEqual(await run(program, config(), true, services), expected);
  });
}

module.exports = { compare };
