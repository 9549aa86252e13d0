'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const { installRelease } = require('../../scripts/pack.js');
const { ROOT } = require('./arguments.js');

/**
 * Builds the load generator, which takes no time where it is fresh.
 *
 * @returns {string} The binary's path.
 */
function buildLoad() {
  const target = path.join(ROOT, 'target', 'bench-load');
  const manifest = path.join(ROOT, 'bench', 'load', 'Cargo.toml');
  const args = ['build', '--release', '--locked', '--quiet', '--manifest-path', manifest];
  const env = { ...process.env, CARGO_TARGET_DIR: target };
  const { error, status } = spawnSync('cargo', args, { env, stdio: ['ignore', 2, 2] });
  if (error && /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') {
    throw new Error('the load generator is built by cargo, which is not there: https://rustup.rs');
  }
  if (error) throw error;
  if (status !== 0) throw new Error(`cargo could not build the load generator (status ${status})`);
  return path.join(target, 'release', 'tokio-net-load');
}

/**
 * Makes the package of this checkout as npm would install it: what programs load has other files than
 * the sources.
 *
 * @param {string} node The binary of the Node that is to load it.
 * @returns {string} Its folder.
 */
function buildPackage(node) {
  return installRelease(path.join(ROOT, 'target', 'bench-package'), node);
}

module.exports = { buildLoad, buildPackage };
