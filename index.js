'use strict';

/** `net` on Tokio. Exports what `require('node:net')` does, and what newer Nodes do. */

const { normalizeForeignArgs } = require('./lib/arguments');
const { BlockList } = require('./lib/block_list');
const { BoundSocket } = require('./lib/bound_socket');
const childProcess = require('./lib/child_process');
const defaults = require('./lib/defaults');
const ip = require('./lib/ip');
const { createServerHandle } = require('./lib/listen');
const { nodeMajor } = require('./lib/node_version');
const promises = require('./lib/promises');
const { _setSimultaneousAccepts } = require('./lib/simultaneous_accepts');
const { Server, createServer } = require('./lib/server');
const { Socket, connect, createConnection } = require('./lib/socket');
const { SocketAddress } = require('./lib/socket_address');

module.exports = {
  _createServerHandle: createServerHandle,
  _normalizeArgs: normalizeForeignArgs,
  BlockList,
  SocketAddress,
  BoundSocket,
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
  promises,
};

// Node 24 has it no more.
if (nodeMajor < 24) module.exports._setSimultaneousAccepts = _setSimultaneousAccepts;

// `child.send()` takes sockets and servers of this module from here on.
childProcess.enable();
