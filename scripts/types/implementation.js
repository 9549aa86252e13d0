'use strict';

// Compiled by `npm run typecheck`, never run: what lib/ defines is what index.d.ts declares.

/** @typedef {typeof import('../../index')} Declared */

const { BlockList } = require('../../lib/block_list');
const defaults = require('../../lib/defaults');
const ip = require('../../lib/ip');
const { SocketAddress } = require('../../lib/socket_address');

/** @type {Pick<Declared, 'BlockList' | 'SocketAddress'>} */
const classes = { BlockList, SocketAddress };

/**
 * @type {Pick<
 *   Declared,
 *   | 'getDefaultAutoSelectFamily'
 *   | 'getDefaultAutoSelectFamilyAttemptTimeout'
 *   | 'isIP'
 *   | 'isIPv4'
 *   | 'isIPv6'
 *   | 'setDefaultAutoSelectFamily'
 *   | 'setDefaultAutoSelectFamilyAttemptTimeout'
 * >}
 */
const functions = { ...defaults, ...ip };

module.exports = { classes, functions };
