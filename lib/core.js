'use strict';

/**
 * Built-in `net`, for what of it may be handed in. It is loaded only to recognise a thing that is
 * not ours, and nothing else of the package names it.
 */

/** @type {typeof import('node:net') | undefined} */
let loaded;

/** @returns {any} Built-in `net` */
function net() {
  loaded ??= require('node:net');
  return loaded;
}

/**
 * What a program handed in may be of core's own, and what is handed to core has to be.
 *
 * @returns {any} Built-in `net`
 */
function coreNet() {
  return net();
}

/**
 * @param {unknown} value
 * @returns {boolean} Whether it is a BlockList of built-in `net`
 */
function isCoreBlockList(value) {
  return typeof value === 'object' && value !== null && value instanceof net().BlockList;
}

/**
 * @param {unknown} value
 * @returns {boolean} Whether it is a SocketAddress of built-in `net`
 */
function isCoreSocketAddress(value) {
  return typeof value === 'object' && value !== null && net().SocketAddress.isSocketAddress(value);
}

/** @type {boolean | undefined} */
let removesRules;

/**
 * Core keeps single addresses in a table of their own, each once, and lists them first, since it can
 * remove rules. Before that, its list has every rule as often as it was added, the newest first.
 *
 * @returns {boolean} Whether the running Node's BlockList can remove rules
 */
function coreRemovesRules() {
  removesRules ??= 'removeAddress' in net().BlockList.prototype;
  return removesRules;
}

/** @type {boolean | undefined} */
let unknownIsIPv6;

/** @returns {boolean} Whether the running Node's `check()` takes an unknown family for IPv6 */
function coreTakesUnknownFamilyForIPv6() {
  if (unknownIsIPv6 === undefined) {
    const list = new (net().BlockList)();
    list.addAddress('::1', 'ipv6');
    unknownIsIPv6 = Boolean(list.check('::1', 'unknown'));
  }
  return unknownIsIPv6;
}

/** @returns {symbol} What built-in `net` marks the arrays with that `_normalizeArgs` makes */
function coreArgsMark() {
  return Object.getOwnPropertySymbols(net()._normalizeArgs([]))[0];
}

/**
 * A timer on the real clock where something stands in for Node's: the idle timeout of a socket of
 * built-in `net` that does nothing else. It does not keep the process alive.
 *
 * @param {() => void} callback Called when the time is up
 * @param {number} delay Milliseconds
 * @returns {{ close: () => void, refresh: () => void, unref: () => void }}
 */
function coreTimer(callback, delay) {
  const socket = new (net().Socket)();
  const start = () => socket.setTimeout(delay);
  socket.on('timeout', () => {
    socket.setTimeout(0);
    callback();
  });
  start();
  return { close: () => socket.setTimeout(0), refresh: start, unref() {} };
}

module.exports = {
  coreArgsMark,
  coreNet,
  coreRemovesRules,
  coreTakesUnknownFamilyForIPv6,
  coreTimer,
  isCoreBlockList,
  isCoreSocketAddress,
};
