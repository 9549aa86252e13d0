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

/**
 * Sends a message to the process that started this one.
 *
 * @param {object} message
 * @returns {void}
 */
function tell(message) {
  // A parent that has gone meanwhile is told by 'disconnect'; without the callback it would also be
  // an 'error' of the process.
  if (process.connected) process.send?.(message, () => {});
}

module.exports = { load, tell };
