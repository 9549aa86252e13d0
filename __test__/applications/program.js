'use strict';

/** What every program has: what it is told, what it reports, and what it may ask for. */

const { once } = require('node:events');
const net = require('net');

const builtin = process.env.TOKIO_NET === 'off';

/**
 * Runs the program. The process has to end by itself after it.
 *
 * @param {(config: any) => Promise<any>} main Returns plain data
 * @returns {Promise<void>}
 */
async function program(main) {
  const [config] = await once(process, 'message');
  const result = await main(config);
  const replaced = net === require('../../index.js');
  if (replaced === builtin) throw new Error('the wrong module is in the place of net');
  await new Promise((resolve) => process.send?.({ replaced, result }, resolve));
  process.disconnect();
}

/**
 * Asks the test for something, and waits until it is done.
 *
 * @param {string} service Its name
 * @returns {Promise<void>}
 */
async function ask(service) {
  const done = once(process, 'message');
  process.send?.({ ask: service });
  await done;
}

/**
 * Bytes that look like nothing, the same each time.
 *
 * @param {number} size How many
 * @returns {Buffer}
 */
function noise(size) {
  const bytes = Buffer.allocUnsafe(size);
  let state = 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/**
 * @param {Buffer | string} bytes Bytes
 * @returns {string} What tells them from others
 */
function digest(bytes) {
  return require('node:crypto').createHash('sha256').update(bytes).digest('hex');
}

module.exports = { ask, digest, noise, program };
