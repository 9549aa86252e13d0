'use strict';

/**
 * `Socket.prototype.connect` for the sockets of core, too. Instrumentation and mocks put a function of
 * their own there, and mean every socket by it: also a TLSSocket, whose class has built-in `net`'s
 * among its ancestors.
 */

const { coreNet } = require('./core.js');
const { Socket } = require('./socket.js');

const { isPrototypeOf: isOurs } = Object.prototype;

/**
 * What both kinds of sockets connect by, while nobody has replaced it.
 *
 * @type {Function | undefined}
 */
let shared;

/** From now on core's sockets connect by what `Socket.prototype` has under that name. */
function shareConnect() {
  if (shared !== undefined) return;
  const ours = Socket.prototype;
  const core = coreNet().Socket.prototype;
  const { connect: connectOurs } = ours;
  const { connect: connectCore } = core;
  shared = put(ours, function connect(/** @type {any[]} */ ...args) {
    return (isOurs.call(ours, this) ? connectOurs : connectCore).apply(this, args);
  });
  put(core, function connect(/** @type {any[]} */ ...args) {
    return (isConnectReplaced() ? ours.connect : connectCore).apply(this, args);
  });
}

/** @returns {boolean} Whether core's sockets connect by a function of the program's */
function isConnectReplaced() {
  return shared !== undefined && Socket.prototype.connect !== shared;
}

/**
 * @param {any} prototype That of a socket
 * @param {(this: any, ...args: any[]) => any} connect Its `connect` from now on
 * @returns {Function} The same
 */
function put(prototype, connect) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'connect');
  Object.defineProperty(connect, 'name', { value: prototype.connect.name });
  Object.defineProperty(prototype, 'connect', { ...descriptor, value: connect });
  return connect;
}

module.exports = { isConnectReplaced, shareConnect };
