'use strict';

/**
 * @typedef {object} Ended How a process ended
 * @property {number | null} code The exit code
 * @property {string | null} signal
 * @property {string} stdout What it wrote
 * @property {string} stderr
 */

/**
 * @param {import('node:child_process').ChildProcess} child A process whose output goes into pipes
 * @returns {Promise<Ended>}
 */
function ended(child) {
  const output = { stdout: '', stderr: '' };
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name]?.setEncoding('utf8').on('data', (text) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}

module.exports = { ended };
