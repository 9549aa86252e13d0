'use strict';

// Packs what a release publishes: `npm run pack:release -- [options] [folder]`. Without `--all`, with
// the platforms that were built; without a folder, into `.cache/packages`. `--repository=<url>` is
// where it was built from, which the packages then say: npm compares that with their provenance.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { join } = require('./join');

const ROOT = path.join(__dirname, '..');

/**
 * Runs a Node program to its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {string} [node] Node's binary
 * @returns {string} What it printed
 * @throws {Error} When it failed
 */
function run(program, args, cwd, node = process.execPath) {
  const { status, stdout, stderr, error } = spawnSync(node, [program, ...args], {
    cwd,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/**
 * Finds npm's program: that which runs this, or the first in the PATH.
 *
 * @returns {string}
 */
function findNpm() {
  if (process.env.npm_execpath) return process.env.npm_execpath;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const found = folders.map((folder) => path.join(folder, 'npm')).find((f) => fs.existsSync(f));
  if (found === undefined) throw new Error('npm is not in the PATH');
  return fs.realpathSync(found);
}

/**
 * Packs a package as it stands; the addon must have been built.
 *
 * @param {string} folder Where the archive goes
 * @param {string} [source] The package; without it, the checkout
 * @returns {string} The archive
 */
function pack(folder, source = ROOT) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  return path.join(folder, JSON.parse(run(findNpm(), args, source))[0].filename);
}

/**
 * Unpacks an archive of npm's.
 *
 * @param {string} archive
 * @param {string} folder Is made where it is not there
 */
function unpack(archive, folder) {
  fs.mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('tar', ['-xzf', archive, '-C', folder, '--strip-components=1']);
  if (status !== 0) throw new Error(`tar could not unpack ${archive}`);
}

/**
 * Leaves in a folder what is published as the main package: what npm packs of the checkout, with the
 * files of `lib/` joined.
 *
 * @param {string} folder Is there, and empty
 */
function stage(folder) {
  const archive = pack(folder);
  unpack(archive, folder);
  fs.rmSync(archive);
  join(folder);
}

/**
 * Gives the name that napi has for a platform.
 *
 * @param {string} target A target of Rust, `x86_64-unknown-linux-gnu`
 * @returns {string} `linux-x64-gnu`
 */
function platformName(target) {
  const [cpu, , system, ...libc] = target.split('-');
  return [system, cpu === 'x86_64' ? 'x64' : 'arm64', ...libc].join('-');
}

/**
 * Packs the main package and a platform package for each core that lies in the checkout. The
 * checkout's manifest names no platform packages, so that nothing is fetched for it that was not
 * built from it; the main package's does: napi adds them, at its own version.
 *
 * @param {string} folder Where the archives go
 * @param {object} [options]
 * @param {boolean} [options.all] Whether all platforms must be there, as for a release
 * @param {string} [options.repository] The address of the repository, for the manifests
 * @returns {{ platforms: string[], main: string }} The archives, those that are to be published
 *   first first
 */
function packRelease(folder, { all = false, repository } = {}) {
  fs.mkdirSync(folder, { recursive: true });
  const cli = require.resolve('@napi-rs/cli/package.json');
  const napi = path.join(path.dirname(cli), require(cli).bin.napi);
  const staged = fs.mkdtempSync(path.join(folder, 'stage-'));
  try {
    stage(staged);
    const manifest = JSON.parse(fs.readFileSync(path.join(staged, 'package.json'), 'utf8'));
    const addonOf = (/** @type {string} */ target) => `tokio-net.${platformName(target)}.node`;
    const { targets } = manifest.napi;
    manifest.napi.targets = targets.filter((/** @type {string} */ target) =>
      fs.existsSync(path.join(ROOT, addonOf(target))),
    );
    if (manifest.napi.targets.length < (all ? targets.length : 1)) {
      throw new Error(`There are cores for ${manifest.napi.targets.join(', ') || 'no platform'}`);
    }
    if (repository !== undefined) manifest.repository = { type: 'git', url: repository };
    fs.writeFileSync(path.join(staged, 'package.json'), JSON.stringify(manifest, null, 2));

    run(napi, ['create-npm-dirs'], staged);
    const sources = manifest.napi.targets.map((/** @type {string} */ target) => {
      const source = path.join(staged, 'npm', platformName(target));
      fs.copyFileSync(path.join(ROOT, addonOf(target)), path.join(source, addonOf(target)));
      fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(source, 'LICENSE'));
      return source;
    });
    run(napi, ['pre-publish', '--skip-optional-publish', '--no-gh-release'], staged);
    return {
      platforms: sources.map((/** @type {string} */ source) => pack(folder, source)),
      main: pack(folder, staged),
    };
  } finally {
    fs.rmSync(staged, { recursive: true, force: true });
  }
}

/**
 * Leaves in a folder's `node_modules/` what npm would of a release, with the platforms that were built.
 *
 * @param {string} folder Made anew
 * @param {string} [node] The Node that installs it
 * @returns {string} The main package's folder
 */
function installRelease(folder, node) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const archives = fs.mkdtempSync(path.join(folder, 'archives-'));
  try {
    const { platforms, main } = packRelease(archives);
    const modules = path.join(folder, 'node_modules');
    for (const archive of [...platforms, main]) {
      const [name] = path.basename(archive).split(/-(?=\d)/);
      unpack(archive, path.join(modules, name));
    }
    const installed = path.join(modules, 'tokio-net');
    run(path.join(installed, 'scripts', 'install.js'), [], folder, node && path.resolve(node));
    return installed;
  } finally {
    fs.rmSync(archives, { recursive: true, force: true });
  }
}

module.exports = { findNpm, installRelease, pack, packRelease, platformName, stage };

if (require.main === module) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { all: { type: 'boolean' }, repository: { type: 'string' } },
  });
  const [folder = path.join(ROOT, '.cache', 'packages')] = positionals;
  const { platforms, main } = packRelease(path.resolve(folder), values);
  for (const archive of [...platforms, main]) {
    console.log(`${fs.statSync(archive).size} bytes  ${archive}`);
  }
}
