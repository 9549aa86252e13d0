'use strict';

/**
 * `tokio-net/register`: puts tokio-net in the place of built-in `net`, for a program that does not
 * know of it.
 *
 * `node -r tokio-net/register app.js`, `node --import tokio-net/register app.mjs`, or either in
 * `NODE_OPTIONS`; `TOKIO_NET=off` in the environment leaves built-in `net` where it is.
 */

const Module = require('node:module');
const { replaceNet } = require('./lib/register/replace.js');

/** Where `process` says that it is done, whichever copy of the package did it. */
const kRegister = Symbol.for('tokio-net.register');

/**
 * Node's own loader brought this file here. What another one loads, as a test framework does for
 * each of its sandboxes, must not change the process: that would outlive the sandbox.
 */
const isLoadedByNode = module instanceof Module;

if (isLoadedByNode && process.env.TOKIO_NET !== 'off' && !(kRegister in process)) {
  replaceNet(__filename);
  Object.defineProperty(process, kRegister, { value: Object.freeze({ active: true }) });
}

/** Whether tokio-net is in the place of `net` in this thread. */
exports.active = kRegister in process;
