'use strict';

/**
 * Loads a module under demonstration by the name that the table shows.
 *
 * @param {string} name 'net' or 'tokio-net'
 * @returns {Pick<typeof import('node:net'), 'connect' | 'createServer'>}
 */
function load(name) {
  if (name === 'net') return require('node:net');
  if (name === 'tokio-net') return require('tokio-net');
  throw new Error(`No such module in the demo: ${name}`);
}

module.exports = { load };
