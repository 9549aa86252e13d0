'use strict';

/**
 * Built-in `net`, for what of it may be handed in. It is loaded only to recognise a thing that is
 * not ours, and nothing else of the package names it.
 */

const EventEmitter = require('node:events');
const { Duplex } = require('node:stream');

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

/** @type {symbol | undefined} What a BlockList of built-in `net` keeps its rules under */
let listHandle;

/**
 * @param {unknown} value
 * @returns {boolean} Whether it is a BlockList of built-in `net`
 */
function isCoreBlockList(value) {
  listHandle ??= Object.getOwnPropertySymbols(new (net().BlockList)())[0];
  return /** @type {any} */ (value)?.[listHandle] !== undefined;
}

/**
 * @param {unknown} value
 * @returns {boolean} Whether it is a SocketAddress of built-in `net`
 */
function isCoreSocketAddress(value) {
  return typeof value === 'object' && value !== null && net().SocketAddress.isSocketAddress(value);
}

/** What `instanceof` does by itself, whatever a class says. */
const { [Symbol.hasInstance]: isInstance } = Function.prototype;

/**
 * @param {unknown} value
 * @returns {boolean} Whether it is a socket of built-in `net`, a TLSSocket for instance
 */
function isCoreSocket(value) {
  return value instanceof Duplex && isInstance.call(net().Socket, value);
}

/**
 * @param {unknown} value
 * @returns {boolean} Whether it is a server of built-in `net`, one of `http` for instance
 */
function isCoreServer(value) {
  return value instanceof EventEmitter && isInstance.call(net().Server, value);
}

/**
 * Lets `instanceof` accept what core makes, too. Classes that extend `constructor` keep the usual
 * meaning: neither a socket of core's nor a plain one of ours is an instance of them.
 *
 * @param {Function} constructor `Socket` or `Server`
 * @param {(value: unknown) => boolean} isCore Recognises core's
 */
function acceptCore(constructor, isCore) {
  Object.defineProperty(constructor, Symbol.hasInstance, {
    /**
     * @this {unknown}
     * @param {unknown} value Left of `instanceof`
     * @returns {boolean}
     */
    value: function hasInstance(value) {
      return isInstance.call(this, value) || (this === constructor && isCore(value));
    },
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

/**
 * A class that inherits from one of core's. Core is loaded when the class is first asked for, not with
 * the file that defines it: that is to be read while there are descriptors to read it by.
 *
 * @template {Function} T
 * @param {'BlockList' | 'SocketAddress'} name Core's class
 * @param {(value: unknown) => boolean} isCore Recognises core's
 * @param {(CoreClass: any) => T} define Defines the class
 * @returns {() => T} The class, defined once
 */
function extendCore(name, isCore, define) {
  /** @type {T | undefined} */
  let defined;
  return () => {
    if (defined === undefined) {
      defined = define(net()[name]);
      acceptCore(defined, isCore);
    }
    return defined;
  };
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

/** @returns {boolean} Whether built-in `net`'s sockets can be in the `transferList` of a message */
function coreTransfers() {
  const symbols = Object.getOwnPropertySymbols(net().Socket.prototype);
  return symbols.some(({ description }) => description === 'messaging_transfer_symbol');
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

/**
 * Asks core itself whether it denies the network, by a server that cannot listen in any case.
 *
 * @returns {boolean}
 */
function coreDeniesNet() {
  const server = net().createServer();
  server.on('error', () => {});
  try {
    server.listen('/dev/null/none');
    return false;
  } catch {
    return true;
  }
}

module.exports = {
  acceptCore,
  coreArgsMark,
  coreDeniesNet,
  coreNet,
  coreRemovesRules,
  coreTakesUnknownFamilyForIPv6,
  coreTimer,
  coreTransfers,
  extendCore,
  isCoreBlockList,
  isCoreServer,
  isCoreSocket,
  isCoreSocketAddress,
};
