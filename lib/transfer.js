'use strict';

/**
 * Sockets and servers of ours in the `transferList` of `postMessage()`, on Nodes whose own can be
 * there (24.21, 26). Node moves what its own classes have made only, so something of ours goes as one
 * of core's over the same descriptor, and arrives as that. See `handover.js` for tickets, which keep
 * everything and need no such Node.
 *
 * Source: https://nodejs.org/api/net.html#transferring-tcp-handles-to-other-threads, and what
 * built-in net does.
 */

const { coreNet, coreTransfers, isCoreServer, isCoreSocket } = require('./core.js');
const { codes, errnoException } = require('./errors.js');
const { coreHandleFor } = require('./foreign.js');
const { TCP } = require('./handle.js');
const handover = require('./handover.js');
const { Server } = require('./server.js');
const { Socket } = require('./socket.js');

const { ERR_WORKER_HANDLE_NOT_TRANSFERABLE } = codes;

/** Milliseconds after which a listener that has gone is closed here. */
const AT_ONCE = 1;

/**
 * What goes in the place of something of ours.
 *
 * @typedef {object} Loan
 * @property {any} stand It, of core's
 * @property {() => void} taken It has gone
 * @property {() => void} refused It has not
 */

/**
 * @param {any} value What is to be transferred
 * @returns {Loan | undefined} Undefined where it is not ours
 * @throws {Error} ERR_WORKER_HANDLE_NOT_TRANSFERABLE
 */
function lend(value) {
  if (!coreTransfers()) return undefined;
  if (value instanceof Socket && !isCoreSocket(value)) return lendSocket(value);
  if (value instanceof Server && !isCoreServer(value)) return lendServer(value);
  return undefined;
}

/**
 * @param {any} socket A socket of ours
 * @returns {Loan}
 */
function lendSocket(socket) {
  if (!isUntouched(socket)) throw new ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.Socket');
  const kept = handover.suspend(socket);
  // Something may have been read that JavaScript has not seen.
  if (!kept.isUnread) {
    kept.restore();
    throw new ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.Socket');
  }
  const handle = coreHandleFor(kept.handle.fd);
  if (typeof handle === 'number') {
    kept.restore();
    throw errnoException(handle, 'dup');
  }
  const { allowHalfOpen } = socket;
  const stand = new (coreNet().Socket)({ handle, allowHalfOpen, manualStart: true });
  return {
    stand,
    taken() {
      kept.handle.close();
      socket.destroy();
    },
    refused() {
      stand.destroy();
      kept.restore();
    },
  };
}

/**
 * @param {any} socket A socket
 * @returns {boolean} Whether it is a TCP connection of which nobody has read or written anything
 */
function isUntouched(socket) {
  const { _handle: handle } = socket;
  if (!(handle instanceof TCP) || socket.destroyed || socket.connecting) return false;
  if (handle.unconnected || handle.closing || handle.shutdownRequest !== null) return false;
  if (handle.bytesRead > 0 || handle.bytesWritten > 0) return false;
  return socket.readableLength + socket.writableLength === 0 && socket.readableEncoding === null;
}

/**
 * @param {any} server A server of ours
 * @returns {Loan}
 */
function lendServer(server) {
  const { _handle: own } = server;
  const isOurs = own instanceof TCP && own.server !== null && own.companion === null;
  if (!isOurs) throw new ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.Server');
  const handle = coreHandleFor(own.fd);
  if (typeof handle === 'number') throw errnoException(handle, 'dup');
  const stand = new (coreNet().Server)({ allowHalfOpen: server.allowHalfOpen });
  stand.listen(handle);
  return {
    stand,
    // What it has accepted before is still its own.
    taken: () => void server.detach({ timeout: AT_ONCE }),
    refused: () => void stand.close(),
  };
}

/**
 * @param {any} value A message, or a part of one
 * @param {Map<any, any>} stands What goes in the place of what; grows by what was looked through
 * @returns {any} The message with these in it. Objects of classes are not looked through
 */
function substitute(value, stands) {
  if (typeof value !== 'object' || value === null) return value;
  if (stands.has(value)) return stands.get(value);
  if (Array.isArray(value)) {
    /** @type {any[]} */
    const copy = [];
    stands.set(value, copy);
    for (const each of value) copy.push(substitute(each, stands));
    return copy;
  }
  if (value instanceof Map) {
    const copy = new Map();
    stands.set(value, copy);
    for (const [key, each] of value) copy.set(substitute(key, stands), substitute(each, stands));
    return copy;
  }
  if (value instanceof Set) {
    const copy = new Set();
    stands.set(value, copy);
    for (const each of value) copy.add(substitute(each, stands));
    return copy;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return value;
  /** @type {Record<string, any>} */
  const copy = {};
  stands.set(value, copy);
  for (const [key, each] of Object.entries(value)) copy[key] = substitute(each, stands);
  return copy;
}

/**
 * @param {any} transfer What `postMessage` was given besides the message
 * @returns {any[]} What is to be transferred; empty where that is not for us to read
 */
function listOf(transfer) {
  const list = Array.isArray(transfer) ? transfer : transfer?.transfer;
  return Array.isArray(list) || list instanceof Set ? [...list] : [];
}

/**
 * @param {any[]} list What is to be transferred
 * @param {(list: any[], stands: Map<any, any>) => void} post Sends it, with what goes in the place of
 *   something of ours
 * @returns {boolean} False where nothing is ours, and nothing was sent
 */
function transferring(list, post) {
  /** @type {Map<any, Loan>} */
  const loans = new Map();
  let hasGone = false;
  try {
    for (const each of new Set(list)) {
      const loan = lend(each);
      if (loan !== undefined) loans.set(each, loan);
    }
    if (loans.size === 0) return false;
    const stands = new Map([...loans].map(([key, { stand }]) => [key, stand]));
    const posted = list.map((each) => stands.get(each) ?? each);
    post(posted, stands);
    hasGone = true;
  } finally {
    for (const { taken, refused } of loans.values()) (hasGone ? taken : refused)();
  }
  return true;
}

/** From now on `postMessage()` moves sockets and servers of ours. */
function install() {
  const { prototype } = MessagePort;
  const { postMessage } = prototype;
  Object.defineProperty(prototype, 'postMessage', {
    /**
     * @this {MessagePort}
     * @param {any[]} args A message, and a list or an object that has it
     * @returns {void}
     */
    value: function (...args) {
      const list = listOf(args[1]);
      const post = (/** @type {any[]} */ posted, /** @type {Map<any, any>} */ stands) =>
        Reflect.apply(postMessage, this, [substitute(args[0], stands), posted]);
      if (list.length > 0 && transferring(list, post)) return;
      Reflect.apply(postMessage, this, args);
    },
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

module.exports = { install };
