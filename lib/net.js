'use strict';

/** `net` on Tokio. Exports what `require('node:net')` does, and what newer Nodes do. */

const { normalizeForeignArgs } = require('./arguments');
const childProcess = require('./child_process');
const defaults = require('./defaults');
const ip = require('./ip');
const { lazy } = require('./lazy');
const { createServerHandle } = require('./listen');
const { nodeMajor } = require('./node_version');
const { Server, createServer } = require('./server');
const { Socket, connect, createConnection } = require('./socket');

module.exports = {
  _createServerHandle: createServerHandle,
  _normalizeArgs: normalizeForeignArgs,
  connect,
  createConnection,
  createServer,
  isIP: ip.isIP,
  isIPv4: ip.isIPv4,
  isIPv6: ip.isIPv6,
  Server,
  Socket,
  Stream: Socket,
  getDefaultAutoSelectFamily: defaults.getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily: defaults.setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout: defaults.getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout: defaults.setDefaultAutoSelectFamilyAttemptTimeout,
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
  const part = lazy(load);
  const descriptor = {
    get: () => become(part()),
    set: become,
    configurable: true,
    enumerable: true,
  };
  Object.defineProperty(module.exports, name, descriptor);
}

addLater('BlockList', () => require('./block_list').BlockList);
addLater('SocketAddress', () => require('./socket_address').SocketAddress);
addLater('BoundSocket', () => require('./bound_socket').BoundSocket);
addLater('promises', () => require('./promises'));

// Node 24 has it no more.
if (nodeMajor < 24) {
  addLater(
    '_setSimultaneousAccepts',
    () => require('./simultaneous_accepts')._setSimultaneousAccepts,
  );
}

// `child.send()` takes sockets and servers of this module from here on.
childProcess.enable();
