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

module.exports = {
  _createServerHandle: createServerHandle,
  _normalizeArgs: normalizeForeignArgs,
  connect,
  createConnection,
  createServer,
  isIP: (/** @type {unknown} */ input) => ip().isIP(input),
  isIPv4: (/** @type {unknown} */ input) => ip().isIPv4(input),
  isIPv6: (/** @type {unknown} */ input) => ip().isIPv6(input),
  Server,
  Socket,
  Stream: Socket,
  getDefaultAutoSelectFamily: () => defaults().getDefaultAutoSelectFamily(),
  setDefaultAutoSelectFamily: (/** @type {boolean} */ value) =>
    defaults().setDefaultAutoSelectFamily(value),
  getDefaultAutoSelectFamilyAttemptTimeout: () =>
    defaults().getDefaultAutoSelectFamilyAttemptTimeout(),
  setDefaultAutoSelectFamilyAttemptTimeout: (/** @type {number} */ value) =>
    defaults().setDefaultAutoSelectFamilyAttemptTimeout(value),
};

/**
 * Adds an export that is loaded when it is first asked for, and is a property like the others from
 * then on.
 *
 * @param {string} name The export
 * @param {() => unknown} load Loads it
 * @returns {void}
 */
function addLater(name, load) {
  const become = (/** @type {unknown} */ value) => {
    const descriptor = { value, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(module.exports, name, descriptor);
    return value;
  };
  const descriptor = {
    get: () => become(load()),
    set: become,
    configurable: true,
    enumerable: true,
  };
  Object.defineProperty(module.exports, name, descriptor);
}

// These two need built-in net, so they are not loaded with the parts that are put off.
addLater('BlockList', () => require('./block_list.js').BlockList);
addLater('SocketAddress', () => require('./socket_address.js').SocketAddress);

const boundSocket = lazy(() => require('./bound_socket.js'));
const promises = lazy(() => require('./promises.js'));
addLater('BoundSocket', () => boundSocket().BoundSocket);
addLater('promises', promises);

// Node 24 has it no more.
if (nodeMajor < 24) {
  const accepts = lazy(() => require('./simultaneous_accepts.js'));
  addLater('_setSimultaneousAccepts', () => accepts()._setSimultaneousAccepts);
}

// `child.send()` takes sockets and servers of this module, and so does `process.send()` in a child.
const childProcess = lazy(() => require('./child_process.js'));
if (typeof process.send === 'function') childProcess().enable();
else subscribe('child_process', (message) => childProcess().onChild(message));
