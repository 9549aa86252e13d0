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

/** What the applications talk to, by Debian's names: a file that each brings. */
const SERVERS = {
  openssl: '/usr/bin/openssl',
  postgresql: '/usr/lib/postgresql',
  'redis-server': '/usr/bin/redis-server',
};

/**
 * Installs the servers that are missing, where that can be done.
 *
 * @throws {Error} Where it cannot: it names them
 */
function installServers() {
  const missing = Object.entries(SERVERS).filter(([, file]) => !fs.existsSync(file));
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  /** @param {string[]} args For apt-get */
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: 'inherit',
      // The tests start their own: none is to run because it was installed.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    }).status === 0;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && apt('update') && apt('install', '-y', '--no-install-recommends', ...names)) return;
  throw new Error(`these tests need packages of Debian's: apt-get install ${names.join(' ')}`);
}

/**
 * Puts the package itself, as it is once installed, beside a folder's packages.
 *
 * @param {string} folder In `__test__`
 */
function installPackage(folder) {
  const target = path.join(TESTS, folder, 'node_modules', 'tokio-net');
  const { files } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const addons = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  fs.rmSync(target, { recursive: true, force: true });
  // The addon comes in a package for each platform, or is built when the package is installed.
  for (const name of ['package.json', ...files, ...addons]) {
    fs.cpSync(path.join(ROOT, name), path.join(target, name), { recursive: true });
  }
}

if (require.main === module) {
  for (const folder of process.argv.slice(2)) {
    installDependencies(folder);
    if (folder === 'applications') installServers();
  }
}

module.exports = { installDependencies, installPackage };
