'use strict';

/** Block lists that are given as an option. They are recognised without loading the class. */

const { isCoreBlockList } = require('./core.js');
const {
  codes: { ERR_INVALID_ARG_TYPE },
} = require('./errors.js');

/** @typedef {import('./block_list').BlockList} BlockList */

/**
 * Checks the `blockList` option of a server or a socket.
 *
 * @param {unknown} value
 * @param {string} [name] The option's name in the message
 * @returns {BlockList | undefined} The list, of this class or of core's; undefined for a falsy value
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function toBlockList(value, name = 'options.blockList') {
  if (!value) return undefined;
  if (!isCoreBlockList(value)) throw new ERR_INVALID_ARG_TYPE(name, 'net.BlockList', value);
  return /** @type {any} */ (value);
}

/**
 * Asks a list of either class, by its own `check()`, which a subclass may have overridden.
 *
 * @param {BlockList} list
 * @param {string} address
 * @param {string | number} [family] 'IPv4', 'ipv6', 4, and so on; told from the address when left out
 * @returns {boolean} Whether the list has the address
 */
function checkAddress(list, address, family = address.includes(':') ? 6 : 4) {
  return list.check(address, String(family).endsWith('6') ? 'ipv6' : 'ipv4');
}

module.exports = { checkAddress, toBlockList };
