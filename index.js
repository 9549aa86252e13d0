'use strict';

/** `net` on Tokio. Exports what `require('node:net')` does, and what newer Nodes do. */

const { normalizeArgs } = require('./lib/arguments');
const { BlockList } = require('./lib/block_list');
const { BoundSocket } = require('./lib/bound_socket');
const defaults = require('./lib/defaults');
const ip = require('./lib/ip');
const { createServerHandle } = require('./lib/listen');
const promises = require('./lib/promises');
const { Server, createServer } = require('./lib/server');
const { Socket, connect } = require('./lib/socket');
const { SocketAddress } = require('./lib/socket_address');

module.exports = {
  _createServerHandle: createServerHandle,
  _normalizeArgs: normalizeArgs,
  BlockList,
  SocketAddress,
  BoundSocket,
  connect,
  createConnection: connect,
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
