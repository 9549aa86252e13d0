'use strict';

// Has clippy look at the core as it is compiled for each platform that a release is for:
// `npm run lint:platforms -- [target …]`. Nothing is linked, so no system of theirs is needed, only
// Rust's standard library for it: one that is installed, or made from its sources where those are.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const MANIFEST = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

/**
 * Runs a command in the checkout, and shows what it says.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env] What is added to the environment
 * @returns {boolean} Whether it went well
 */
function run(command, args, env = {}) {
  const options = { cwd: ROOT, env: { ...process.env, ...env } };
  return spawnSync(command, args, { ...options, stdio: 'inherit' }).status === 0;
}

/**
 * Asks the compiler where something is.
 *
 * @param {string[]} args
 * @returns {string} A path, which need not exist
 */
function ask(...args) {
  const { stdout, error } = spawnSync('rustc', args, { cwd: ROOT, encoding: 'utf8' });
  if (error) throw error;
  return stdout.trim();
}

/**
 * Checks one platform.
 *
 * @param {string} target As Rust calls it
 * @returns {boolean} Whether clippy is content
 */
function check(target) {
  console.log(`\n${target}`);
  const clippy = ['clippy', '--locked', '--lib', '--target', target];
  const library = ask('--print', 'target-libdir', '--target', target);
  if (fs.existsSync(library)) return run('cargo', [...clippy, '--', '-D', 'warnings']);
  const sources = path.join(ask('--print', 'sysroot'), 'lib/rustlib/src/rust/library/Cargo.lock');
  if (!fs.existsSync(sources)) {
    console.error(
      `There is no standard library for it: \`rustup target add ${target}\`, or all of them by ` +
        '`rustup component add rust-src`.',
    );
    return false;
  }
  // To make it is still unstable.
  const unstable = { RUSTC_BOOTSTRAP: '1' };
  return run('cargo', [...clippy, '-Zbuild-std=std', '--', '-D', 'warnings'], unstable);
}

const args = process.argv.slice(2);
const targets = args.length > 0 ? args : MANIFEST.napi.targets;
const failed = targets.filter((target) => !check(target));
console.log(failed.length === 0 ? '\nall clean' : `\nnot clean: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
