'use strict';

const { spawn } = require('node:child_process');

/**
 * Runs the Node that runs this.
 *
 * @param {string[]} args Its arguments
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options] Where, and what of the
 *   environment is to differ
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
function runNode(args, { cwd = __dirname, env = {} } = {}) {
  // What the runner of these tests sets makes its children report to it.
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, ...inherited } = process.env;
  const child = spawn(process.execPath, args, { cwd, env: { ...inherited, ...env } });
  const output = { stdout: '', stderr: '' };
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}

module.exports = { runNode };
