'use strict';

/** The programs that run JavaScript: Node, and as peers Bun and Deno with `net` of their own. */

const { execFileSync } = require('node:child_process');

/** The peers that a binary can be given for. */
const PEERS = ['bun', 'deno'];

/**
 * The arguments with which a runtime runs a program of ours.
 *
 * @param {string} runtime `node`, `bun` or `deno`.
 * @param {string} file
 * @param {{ gc?: boolean }} [options] `gc`: whether the program calls `global.gc`.
 * @returns {string[]}
 */
function launch(runtime, file, { gc = false } = {}) {
  if (runtime === 'deno') {
    return ['run', '--allow-all', '--no-lock', ...(gc ? ['--v8-flags=--expose-gc'] : []), file];
  }
  return [...(gc ? ['--expose-gc'] : []), file];
}

/**
 * The version of a runtime, without what stands around it.
 *
 * @param {string} binary
 * @returns {string}
 */
function versionOf(binary) {
  const text = execFileSync(binary, ['--version'], { encoding: 'utf8' });
  return /\d+\.\d+\.\d+\S*/.exec(text)?.[0] ?? text.trim();
}

module.exports = { PEERS, launch, versionOf };
