'use strict';

/**
 * `net.promises`, also as `tokio-net/promises`.
 *
 * Source: https://nodejs.org/api/net.html#netpromises-api
 */

const { normalizeArgs } = require('./arguments.js');
const { AbortError } = require('./errors.js');
const { createServer } = require('./server.js');
const { createConnection } = require('./socket.js');
const { validateAbortSignal, validateObject } = require('./validators.js');

/**
 * Connects.
 *
 * @param {...any} args As of `net.connect`, without a listener; `signal` ends the attempt
 * @returns {Promise<any>} The connected socket; rejects with what 'error' would give
 */
async function connect(...args) {
  const [options] = normalizeArgs(args);
  const { signal } = options;
  if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  // The signal ends the attempt, not the connection.
  const socket = createConnection({ ...options, signal: undefined });
  await settled(socket, 'connect', () => socket.destroy(), signal);
  return socket;
}

/**
 * Makes a server that listens.
 *
 * @param {any} [options] Of `createServer` and of `server.listen`; and `connectionListener`
 * @returns {Promise<any>} The listening server; rejects with what 'error' would give
 */
async function listen(options = {}) {
  validateObject(options, 'options');
  const { signal } = options;
  if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  const server = createServer(options, options.connectionListener);
  server.listen(options);
  await settled(server, 'listening', () => server.close(), signal);
  return server;
}

/**
 * @param {any} emitter A socket or a server
 * @param {string} event What is waited for
 * @param {() => void} giveUp Ends it, when it fails or the signal aborts
 * @param {AbortSignal | undefined} signal Ends the wait
 * @returns {Promise<void>}
 */
function settled(emitter, event, giveUp, signal) {
  return new Promise((resolve, reject) => {
    const onEvent = () => {
      clean();
      resolve();
    };
    const onError = (/** @type {Error} */ error) => {
      clean();
      giveUp();
      reject(error);
    };
    const onAbort = () => onError(new AbortError(undefined, { cause: signal?.reason }));
    const clean = () => {
      emitter.removeListener(event, onEvent);
      emitter.removeListener('error', onError);
      signal?.removeEventListener('abort', onAbort);
    };
    emitter.once(event, onEvent);
    emitter.once('error', onError);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

module.exports = { connect, listen };
