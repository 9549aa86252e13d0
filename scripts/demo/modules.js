'use strict';

/**
 * Loads a module under demonstration by the name that the table shows.
 *
 * @param {string} name 'net' or 'tokio-net'
 * @returns {typeof import('node:net')}
 */
function load(name) {
  if (name === 'net') return require('node:net');
  if (name === 'tokio-net') return require('tokio-net');
  throw new Error(`No such module in the demo: ${name}`);
}

module.exports = { load };
