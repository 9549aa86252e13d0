'use strict';

// Runs the tests: `node scripts/test.js [part of a file's name …] [options of node --test]`.
// Those that need packages from npm run only where a part names their folder: `applications/`. With
// `--packed`, they run beside the package as npm would install it, but for those of the sources.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { isFresh } = require('./build');
const { installRelease } = require('./pack');

const ROOT = path.join(__dirname, '..');
const TESTS = '__test__';

/** Folders whose tests need packages; `npm run test:…` installs them. */
const APART = ['applications/', 'frameworks/'];

/** Folders whose tests are about the sources, or load them file by file. */
const SOURCES = ['arguments/', 'bench/', 'errors/', 'ip/', 'package/'];

/** Milliseconds that one test, and one file, may take: far beyond what they need when idle. */
const TIMEOUT = 300_000;

/**
 * Lists the test files. `node --test` takes patterns only since Node 21, so they are listed here.
 *
 * @param {string} folder Relative to the checkout
 * @returns {string[]} Paths relative to the checkout, sorted
 */
function testFiles(folder) {
  return fs
    .readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const file = `${folder}/${entry.name}`;
      if (entry.name === 'node_modules') return [];
      if (entry.isDirectory()) return testFiles(file);
      return entry.name.endsWith('.test.js') ? [file] : [];
    })
    .sort();
}

/**
 * Tells whether this Node is at least a version.
 *
 * @param {number} major
 * @param {number} minor
 * @returns {boolean}
 */
function nodeAtLeast(major, minor) {
  const [runningMajor, runningMinor] = process.versions.node.split('.').map(Number);
  return runningMajor > major || (runningMajor === major && runningMinor >= minor);
}

/**
 * Chooses the options of `node --test`: those that this Node knows.
 *
 * @returns {string[]}
 */
function runnerOptions() {
  const options = ['--test', '--test-reporter=spec'];
  // The tests mostly wait for sockets and child processes: two files at once on one or two cores.
  const concurrency = Math.max(2, Math.min(4, os.availableParallelism() - 1));
  if (nodeAtLeast(20, 10)) options.push(`--test-concurrency=${concurrency}`);
  if (nodeAtLeast(20, 11)) options.push(`--test-timeout=${TIMEOUT}`);
  return options;
}

/**
 * Makes the package as npm would install it, with the tests in it.
 *
 * @returns {string} Its folder
 */
function makePacked() {
  const packed = installRelease(path.join(ROOT, 'target', 'packed'));
  fs.cpSync(path.join(ROOT, TESTS), path.join(packed, TESTS), {
    recursive: true,
    filter: (source) => path.basename(source) !== 'node_modules',
  });
  return packed;
}

const args = process.argv.slice(2);
const isPacked = args.includes('--packed');
const options = args.filter((arg) => arg.startsWith('-') && arg !== '--packed');
const filters = args.filter((arg) => !arg.startsWith('-'));
const apart = APART.filter((folder) => !filters.some((filter) => filter.startsWith(folder)));
if (isPacked) apart.push(...SOURCES);
const files = testFiles(TESTS).filter(
  (file) =>
    (filters.length === 0 || filters.some((filter) => file.includes(filter))) &&
    !apart.some((folder) => file.startsWith(`${TESTS}/${folder}`)),
);

if (files.length === 0) {
  console.error(`No file in ${TESTS} ends in .test.js and contains: ${filters.join(', ')}`);
  process.exit(1);
}

/** Says where what is tested is not what the sources say. */
function warnOfOldCore() {
  if (isFresh() || isFresh('debug')) return;
  console.error('The native core was not built from the sources as they are: npm run build');
}

console.log(`Node ${process.version}: ${files.length} test files`);
warnOfOldCore();
const runner = spawn(process.execPath, [...runnerOptions(), ...options, ...files], {
  cwd: isPacked ? makePacked() : ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
});
runner.once('error', (err) => {
  throw err;
});
runner.once('exit', (code, signal) => {
  if (signal) console.error(`The test runner was ended by ${signal}`);
  process.exitCode = code ?? 1;
  warnOfOldCore();
});
