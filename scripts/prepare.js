'use strict';

// Runs after `npm install` in a checkout: leaves an addon that fits the sources, or says why not.

const { spawnSync } = require('node:child_process');
const { build, isFresh } = require('./build');

/**
 * Tells whether cargo can be started.
 *
 * @returns {boolean}
 */
function hasCargo() {
  return spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0;
}

if (isFresh()) {
  console.log('tokio-net: the native core is up to date');
} else if (hasCargo()) {
  console.log('tokio-net: building the native core (cargo, release profile)');
  process.exitCode = build();
} else {
  console.error(
    'tokio-net: the native core must be built, and `cargo` was not found.\n' +
      'Install Rust 1.88 or newer from https://rustup.rs, and a C linker, then run `npm install` again.',
  );
  process.exitCode = 1;
}
