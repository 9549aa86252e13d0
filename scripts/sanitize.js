'use strict';

// Runs tests on a native core that AddressSanitizer watches: `node scripts/sanitize.js [part of a
// file's name …]`. Without a part, those that move bytes and end threads.
//
// It needs Linux with glibc, Rust's nightly toolchain and GCC's libasan. Only the core is
// instrumented; what Node allocates for it is watched because the sanitizer's allocator is loaded
// before Node. Leaks are not looked for: Node leaves memory to the end of the process.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const TARGET = 'x86_64-unknown-linux-gnu';
const FOLDER = path.join(ROOT, 'target', 'asan');
const TESTS = ['connect/', 'lifetime/', 'pipe/', 'server/', 'socket/', 'worker/'];

/** What any process does that loads it: it writes past the end of its memory. */
const OVERFLOW = `
#include <stdlib.h>
__attribute__((constructor)) static void overflow(void) {
  volatile char *memory = malloc(8);
  memory[8] = 1;
}`;

/**
 * @param {string} command What to run
 * @param {string[]} args Its arguments
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {string} What it printed
 */
function run(command, args, options = {}) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  return String(stdout);
}

/** @returns {string} The path of the instrumented core */
function build() {
  run('cargo', ['+nightly', 'build', '--release', '--target', TARGET, '--target-dir', FOLDER], {
    env: { ...process.env, RUSTFLAGS: '-Zsanitizer=address' },
  });
  const core = path.join(FOLDER, 'tokio-net.node');
  fs.copyFileSync(path.join(FOLDER, TARGET, 'release', 'libtokio_net.so'), core);
  return core;
}

/**
 * Makes sure that an error would be seen.
 *
 * @param {NodeJS.ProcessEnv} env The environment that the tests will have
 */
function checkThatItSees(env) {
  const source = path.join(FOLDER, 'overflow.c');
  const library = path.join(FOLDER, 'overflow.so');
  fs.writeFileSync(source, OVERFLOW);
  run('cc', ['-shared', '-fPIC', '-fsanitize=address', '-o', library, source]);
  const program = `process.dlopen({ exports: {} }, ${JSON.stringify(library)})`;
  const { stderr } = spawnSync(process.execPath, ['-e', program], { env, encoding: 'utf8' });
  if (!stderr.includes('heap-buffer-overflow')) {
    throw new Error(`AddressSanitizer did not see an overflow:\n${stderr}`);
  }
}

const core = build();
const env = {
  ...process.env,
  ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1',
  LD_PRELOAD: run('cc', ['-print-file-name=libasan.so']).trim(),
  NAPI_RS_NATIVE_LIBRARY_PATH: core,
};
checkThatItSees(env);
const args = process.argv.slice(2);
const tests = args.length > 0 ? args : TESTS;
const { status } = spawnSync(process.execPath, [path.join(__dirname, 'test.js'), ...tests], {
  stdio: 'inherit',
  env,
});
process.exitCode = status ?? 1;
