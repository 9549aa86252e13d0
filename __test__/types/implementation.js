'use strict';

// Compiled by `npm run typecheck`, never run: what lib/ defines is what index.d.ts declares. `Socket`
// and `Server` are functions of the old style, callable without `new`, whose members tsc cannot see.

/** @typedef {typeof import('../../index')} Declared */

const { getBlockList } = require('../../lib/block_list');
const { BoundSocket } = require('../../lib/bound_socket');
const defaults = require('../../lib/defaults');
const ip = require('../../lib/ip');
const promises = require('../../lib/promises');
const { getSocketAddress } = require('../../lib/socket_address');
const { createConnection } = require('../../lib/socket');

/** @type {Omit<Declared, 'Server' | 'Socket' | 'Stream' | 'createServer'>} */
module.exports = {
  ...defaults,
  ...ip,
  BlockList: getBlockList(),
  BoundSocket,
  SocketAddress: getSocketAddress(),
  connect: createConnection,
  createConnection,
  promises,
};
