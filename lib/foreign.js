'use strict';

/**
 * Handles of Node's own `net`, and what they belong to: taken over, and made for those who accept
 * no others.
 *
 * Every handle owns a descriptor of its own; two that stand for one connection or listener own
 * duplicates. So none is closed twice, and each side may close when it likes.
 */

const { native } = require('./bridge.js');
const { coreNet } = require('./core.js');
const { Pipe, TCP } = require('./handle.js');

/**
 * A handle over a duplicate of a core handle's descriptor. The core handle stays as it is.
 *
 * @param {any} coreHandle The core handle
 * @param {boolean} [isServer] Whether it is a listener's
 * @returns {any} The handle, or a negative errno
 */
function duplicateOf(coreHandle, isServer = false) {
  const handle =
    coreHandle.constructor.name === 'Pipe'
      ? new Pipe(isServer ? 'PIPESERVERWRAP' : 'PIPEWRAP')
      : new TCP(isServer ? 'TCPSERVERWRAP' : 'TCPWRAP');
  // One that was not bound or connected has no descriptor yet; ours is as new.
  if (coreHandle.fd < 0) return handle;
  const fd = native.duplicate(coreHandle.fd);
  const status = fd < 0 ? fd : handle.open(fd);
  return status === 0 ? handle : status;
}

/**
 * Takes a connection over from a core handle, which is closed.
 *
 * @param {any} coreHandle The core handle
 * @returns {any} Our handle, or a negative errno
 */
function adoptConnection(coreHandle) {
  const handle = duplicateOf(coreHandle);
  if (typeof handle !== 'number' && coreHandle.hasRef?.() === false) handle.unref();
  coreHandle.close();
  return handle;
}

/**
 * Listens on what a core handle is bound to or listens on. Whoever has the core handle may go on to
 * use its name; what it accepts is the new listener's, and it is closed with that.
 *
 * @param {any} coreHandle The core handle
 * @returns {any} Our handle, or a negative errno
 */
function adoptListener(coreHandle) {
  const handle = duplicateOf(coreHandle, true);
  if (typeof handle === 'number') return handle;
  handle.companion = coreHandle;
  coreHandle.onconnection = function onconnection(
    /** @type {number} */ status,
    /** @type {any} */ clientHandle,
  ) {
    if (!handle.closing) handle.onconnection?.(status, clientHandle);
    else clientHandle?.close();
  };
  return handle;
}

/**
 * A core handle over a duplicate of a descriptor.
 *
 * @param {number} fd The descriptor
 * @returns {any} The handle, or a negative errno
 */
function coreHandleFor(fd) {
  const copy = native.duplicate(fd);
  return copy < 0 ? copy : coreNet()._createServerHandle(null, null, null, copy);
}

/** @type {symbol | null | undefined} */
let owner;

/**
 * Core finds whom a handle belongs to under a symbol of its own.
 *
 * @returns {symbol | null} That symbol; null where there is none
 */
function ownerSymbol() {
  if (owner === undefined) {
    const { Socket, _createServerHandle } = coreNet();
    const handle = _createServerHandle('127.0.0.1', 0, 4);
    owner = null;
    if (typeof handle === 'object') {
      const socket = new Socket({ handle, manualStart: true });
      owner = Object.getOwnPropertySymbols(handle).find((key) => handle[key] === socket) ?? null;
      socket.destroy();
    }
  }
  return owner;
}

module.exports = { adoptConnection, adoptListener, coreHandleFor, ownerSymbol };
