'use strict';

const { spawn } = require('node:child_process');
const { ended } = require('../harness/child');

/**
 * Runs the Node that runs this.
 *
 * @param {string[]} args Its arguments
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options] Where, and what of the
 *   environment is to differ
 * @returns {Promise<import('../harness/child').Ended>}
 */
function runNode(args, { cwd = __dirname, env = {} } = {}) {
  // What the runner of these tests sets makes its children report to it.
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, ...inherited } = process.env;
  const child = spawn(process.execPath, args, { cwd, env: { ...inherited, ...env } });
  return ended(child);
}

module.exports = { runNode };
