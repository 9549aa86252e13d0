'use strict';

/** Runs the projects of this folder, each with its framework. */

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { before, test } = require('node:test');

const { installPackage } = require('../../scripts/install_test_packages');

const BIN = path.join(__dirname, 'node_modules', '.bin');

/** Milliseconds that one run may take: it needs two seconds when idle. */
const LIMIT = 120_000;

before(() => installPackage('frameworks'));

/**
 * Runs a framework until it ends by itself.
 *
 * @param {string} project The folder
 * @param {string[]} args For Node
 * @param {(text: string, child: import('node:child_process').ChildProcess) => void} [onText] Sees
 *   all output so far
 * @returns {Promise<{ code: number | null, output: string }>} How it ended, what it printed
 */
async function run(project, args, onText) {
  const env = { ...process.env, CI: '1', NO_COLOR: '1' };
  // Else a nested `node --test` talks to the one above it in its own way, and Jest takes sides.
  for (const name of ['NODE_TEST_CONTEXT', 'FORCE_COLOR', 'NODE_OPTIONS', 'NODE_ENV']) {
    delete env[name];
  }
  const child = spawn(process.execPath, args, {
    cwd: path.join(__dirname, project),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      onText?.(output, child);
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

/**
 * Runs a framework, and asserts that it passed so many tests and complained of nothing.
 *
 * @param {string} project The folder
 * @param {string[]} args For Node
 * @param {RegExp} passed Matches how many tests passed
 * @returns {Promise<void>}
 */
async function passes(project, args, passed) {
  const { code, output } = await run(project, args);
  assert.strictEqual(code, 0, output);
  assert.match(output, passed);
  assert.doesNotMatch(output, /open handle|did not exit|failed to exit|force exited|leak/i, output);
}

const jest = path.join(BIN, 'jest');
const JEST_PASSED = /Tests: +10 passed, 10 total/;

test('Jest, one process for all files, looking for open handles', () =>
  passes('jest', [jest, '--runInBand', '--detectOpenHandles'], JEST_PASSED));

test('Jest, worker processes', () => passes('jest', [jest, '--maxWorkers=2'], JEST_PASSED));

test('Jest, worker threads', () =>
  passes('jest', [jest, '--maxWorkers=2', '--workerThreads'], JEST_PASSED));

test('Jest, looking for contexts that stay alive', () =>
  passes('jest', ['--expose-gc', jest, '--runInBand', '--detectLeaks'], JEST_PASSED));

test('Jest tells of a server that is left open', async () => {
  const args = [jest, '--detectOpenHandles'];
  // It stays: the open server keeps it, as one of built-in net does.
  const { output } = await run('jest/leaky', args, (text, child) => {
    if (/leaky\.spec\.js:\d+|service\.js:\d+/.test(text)) child.kill('SIGKILL');
  });
  assert.match(output, /1 open handle/);
  assert.match(output, /TCPSERVERWRAP/);
});

for (const pool of ['threads', 'forks', 'vmThreads']) {
  test(`Vitest, ${pool}`, () =>
    passes('vitest', [path.join(BIN, 'vitest'), 'run', `--pool=${pool}`], /Tests +9 passed \(9\)/));
}

test('Mocha, -r', () =>
  passes(
    'mocha',
    [path.join(BIN, 'mocha'), '-r', 'tokio-net/register', '--check-leaks', 'net.spec.js'],
    /3 passing/,
  ));

test('node:test, mock.module() and mock.timers', () =>
  passes(
    'node-test',
    ['--experimental-test-module-mocks', '--test', 'mock_module.spec.js'],
    /\bpass 2$/m,
  ));
