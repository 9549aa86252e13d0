'use strict';

// Packs the package as npm would publish it, and has `attw` and `publint` look at it: whether each
// entry resolves, with types that fit, for CommonJS, ES modules and bundlers.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pack, stage } = require('./pack');

const ROOT = path.join(__dirname, '..');

/** Packs and checks. */
function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-pack-'));
  try {
    const staged = path.join(folder, 'staged');
    fs.mkdirSync(staged);
    stage(staged);
    const archive = pack(folder, staged);
    for (const [tool, ...args] of [
      ['attw', archive],
      ['publint', 'run', '--strict', archive],
    ]) {
      const { status, error } = spawnSync(path.join(ROOT, 'node_modules', '.bin', tool), args, {
        stdio: 'inherit',
      });
      if (error) throw error;
      if (status !== 0) process.exitCode = 1;
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main();
