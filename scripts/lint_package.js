'use strict';

// Packs the package as npm would publish it, and has `attw` and `publint` look at it: whether each
// entry resolves, with types that fit, for CommonJS, ES modules and bundlers.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/**
 * Packs the checkout as it stands; the addon must have been built.
 *
 * @param {string} folder Where the archive goes
 * @returns {string} The archive
 * @throws {Error} When npm could not pack
 */
function pack(folder) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const npm = process.env.npm_execpath;
  const { status, stdout, stderr } = spawnSync(
    npm ? process.execPath : 'npm',
    npm ? [npm, ...args] : args,
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`npm pack failed:\n${stderr}`);
  return path.join(folder, JSON.parse(stdout)[0].filename);
}

/** Packs and checks. */
function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-pack-'));
  try {
    const archive = pack(folder);
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

module.exports = { pack };

if (require.main === module) main();
