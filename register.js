'use strict';

/**
 * `tokio-net/register`: puts tokio-net in the place of built-in `net`, for a program that does not
 * know of it.
 *
 * `node -r tokio-net/register app.js`, `node --import tokio-net/register app.mjs`, or either in
 * `NODE_OPTIONS`; `TOKIO_NET=off` in the environment leaves built-in `net` where it is, and so does a
 * Node that may not load addons.
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

const isWanted = isLoadedByNode && process.env.TOKIO_NET !== 'off';

if (isWanted && !(kRegister in process) && mayLoadAddons()) {
  replaceNet(__filename);
  Object.defineProperty(process, kRegister, { value: Object.freeze({ active: true }) });
}

/**
 * A program that may not load addons (`--no-addons`, or the permission model without `--allow-addons`)
 * would end at its first `require('net')`.
 *
 * @returns {boolean} Whether it may
 */
function mayLoadAddons() {
  try {
    // There is no such file; Node says no before it looks.
    process.dlopen(/** @type {any} */ ({ exports: {} }), `${__filename}.node`);
    return true;
  } catch (error) {
    return /** @type {any} */ (error).code !== 'ERR_DLOPEN_DISABLED';
  }
}

/** Whether tokio-net is in the place of `net` in this thread. */
exports.active = kRegister in process;
