'use strict';

// Installs what the tests in folders with a package.json of their own need:
// `node scripts/install_test_packages.js folder …`, folders of __test__.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const TESTS = path.join(ROOT, '__test__');

/**
 * Installs the packages that a folder's lock file names.
 *
 * @param {string} folder In `__test__`
 * @throws {Error} When npm could not install them
 */
function installDependencies(folder) {
  const cwd = path.join(TESTS, folder);
  const npm = process.env.npm_execpath;
  const args = ['install', '--no-audit', '--no-fund', '--no-save'];
  const { status } = spawnSync(
    npm ? process.execPath : 'npm',
    npm ? [npm, ...args, '--prefix', cwd] : [...args, '--prefix', cwd],
    { cwd, stdio: 'inherit' },
  );
  if (status !== 0) throw new Error(`npm could not install the packages of ${cwd}`);
}

/**
 * Puts the package itself, as it is published, beside a folder's packages.
 *
 * @param {string} folder In `__test__`
 */
function installPackage(folder) {
  const target = path.join(TESTS, folder, 'node_modules', 'tokio-net');
  const { files } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const addons = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  const names = files.flatMap((/** @type {string} */ name) => (name === '*.node' ? addons : name));
  fs.rmSync(target, { recursive: true, force: true });
  for (const name of ['package.json', ...names]) {
    fs.cpSync(path.join(ROOT, name), path.join(target, name), { recursive: true });
  }
}

if (require.main === module) {
  for (const folder of process.argv.slice(2)) installDependencies(folder);
}

module.exports = { installDependencies, installPackage };
