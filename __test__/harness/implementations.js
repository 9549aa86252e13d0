'use strict';

const builtin = require('node:net');
const path = require('node:path');

const root = path.join(__dirname, '..', '..', 'index.js');
const specifier = process.env.TOKIO_NET_TEST_IMPL === 'builtin' ? 'node:net' : root;

/** The module under test. */
const ours = require(specifier);

/**
 * Says whether a module is built-in `net`.
 *
 * @param {object} net A module with the surface of `net`
 * @returns {boolean} True for `node:net`
 */
function isBuiltin(net) {
  return net === builtin;
}

/**
 * What a child process has to `require` to get the same module.
 *
 * @param {object} net A module with the surface of `net`
 * @returns {string} `node:net`, or the path of the package's entry
 */
function specifierOf(net) {
  return isBuiltin(net) ? 'node:net' : specifier;
}

let warm = false;

/**
 * Lets the module under test make what it makes once for a process (its runtime, its event queue), so
 * that those descriptors are not taken for a scenario's leak.
 *
 * @returns {Promise<void>} Settles when the first listener has been closed
 */
async function warmUp() {
  if (warm) return;
  warm = true;
  await new Promise((resolve, reject) => {
    const server = ours.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => server.close(resolve));
  });
}

module.exports = { builtin, isBuiltin, ours, specifierOf, warmUp };
