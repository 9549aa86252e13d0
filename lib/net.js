'use strict';

/** `net` on Tokio. Exports what `require('node:net')` does, and what newer Nodes do. */

const { subscribe } = require('node:diagnostics_channel');
const { normalizeForeignArgs } = require('./arguments.js');
const { lazy } = require('./lazy.js');
const { createServerHandle } = require('./listen.js');
const { nodeMajor } = require('./platform.js');
const { Server, createServer } = require('./server.js');
const { Socket, connect, createConnection } = require('./socket.js');

const defaults = lazy(() => require('./defaults.js'));
const ip = lazy(() => require('./ip.js'));
const blockList = lazy(() => require('./block_list.js'));
const socketAddress = lazy(() => require('./socket_address.js'));
const boundSocket = lazy(() => require('./bound_socket.js'));
const promises = lazy(() => require('./promises.js'));

let warned = false;

/**
 * It did something on old Windows only.
 *
 * Source: https://nodejs.org/api/deprecations.html#dep0121-net_setsimultaneousaccepts
 */
function _setSimultaneousAccepts() {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'net._setSimultaneousAccepts() is deprecated and will be removed.',
    'DeprecationWarning',
    'DEP0121',
  );
}

// What follows is in files that many programs do without.

/** @param {string} input */
function isIP(input) {
  return ip().isIP(input);
}

/** @param {string} input */
function isIPv4(input) {
  return ip().isIPv4(input);
}

/** @param {string} input */
function isIPv6(input) {
  return ip().isIPv6(input);
}

/** @returns {boolean} */
function getDefaultAutoSelectFamily() {
  return defaults().getDefaultAutoSelectFamily();
}

/** @param {boolean} value */
function setDefaultAutoSelectFamily(value) {
  defaults().setDefaultAutoSelectFamily(value);
}

/** @returns {number} */
function getDefaultAutoSelectFamilyAttemptTimeout() {
  return defaults().getDefaultAutoSelectFamilyAttemptTimeout();
}

/** @param {number} value */
function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  defaults().setDefaultAutoSelectFamilyAttemptTimeout(value);
}

// In the order of built-in net.
module.exports = {
  _createServerHandle: createServerHandle,
  _normalizeArgs: normalizeForeignArgs,
  // Node 24 has it no more.
  ...(nodeMajor < 24 && { _setSimultaneousAccepts }),
  get BlockList() {
    return blockList().getBlockList();
  },
  get SocketAddress() {
    return socketAddress().getSocketAddress();
  },
  get BoundSocket() {
    return become('BoundSocket', boundSocket().BoundSocket);
  },
  set BoundSocket(value) {
    become('BoundSocket', value);
  },
  connect,
  createConnection,
  createServer,
  isIP,
  isIPv4,
  isIPv6,
  Server,
  Socket,
  Stream: Socket,
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
  get promises() {
    return become('promises', promises());
  },
  set promises(value) {
    become('promises', value);
  },
};

/**
 * From its first use on, an export that is loaded then is a property like the others.
 *
 * @template T
 * @param {string} name The export
 * @param {T} value What it is
 * @returns {T} The same
 */
function become(name, value) {
  const descriptor = { value, configurable: true, enumerable: true, writable: true };
  Object.defineProperty(module.exports, name, descriptor);
  return value;
}

// `child.send()` takes sockets and servers of this module, and so does `process.send()` in a child.
const childProcess = lazy(() => require('./child_process.js'));
if (typeof process.send === 'function') childProcess().enable();
else subscribe('child_process', (message) => childProcess().onChild(message));
