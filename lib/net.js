'use strict';

/** `net` on Tokio. Exports what `require('node:net')` does, and what newer Nodes do. */

const { normalizeForeignArgs } = require('./arguments');
const { BlockList } = require('./block_list');
const { BoundSocket } = require('./bound_socket');
const childProcess = require('./child_process');
const defaults = require('./defaults');
const ip = require('./ip');
const { createServerHandle } = require('./listen');
const { nodeMajor } = require('./node_version');
const promises = require('./promises');
const { _setSimultaneousAccepts } = require('./simultaneous_accepts');
const { Server, createServer } = require('./server');
const { Socket, connect, createConnection } = require('./socket');
const { SocketAddress } = require('./socket_address');

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
