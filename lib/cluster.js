'use strict';

/**
 * Listening in a worker of a cluster. The listening socket is the primary's, which shares it among
 * all workers that ask for the same address: either it accepts and hands out connections by turns
 * (`SCHED_RR`), or it hands out the listening socket itself (`SCHED_NONE`). In both cases what comes
 * from the primary are handles of Node's own, since the channel between the two is.
 *
 * Source: https://nodejs.org/api/cluster.html#how-it-works
 */

const { errno } = require('./platform.js');
const { exceptionWithHostPort } = require('./errors.js');
const { adoptListener, ownerSymbol } = require('./foreign.js');
const { isCoreHandle } = require('./handle.js');

const { EADDRINUSE } = errno;

/**
 * What `listen` asks for.
 *
 * @typedef {object} Query
 * @property {any} address An IP address or a path; null for any
 * @property {any} port -1 for a path
 * @property {any} addressType 4, 6, or -1 for a path
 * @property {number} backlog Connections that may wait
 * @property {number} [fd] A descriptor of the primary's instead
 * @property {number} [flags] 1: IPv6 only; 2: shared port
 * @property {boolean} [readableAll] Whether everybody may read from the path
 * @property {boolean} [writableAll] Whether everybody may write to it
 */

/**
 * Listens on what the primary gives.
 *
 * @param {any} server The server
 * @param {Query} query Where
 * @returns {boolean} Whether it does so; not in a process that is no worker
 */
function listen(server, query) {
  const cluster = /** @type {any} */ (require('node:cluster'));
  if (!cluster.isWorker) return false;
  const id = server._listeningId;
  cluster._getServer(server, query, (/** @type {number} */ status, /** @type {any} */ given) => {
    if (server._listeningId !== id || server._handle) {
      // Closed meanwhile, or told to listen twice.
      given?.close();
      return;
    }
    const handle = status === 0 ? toHandle(server, given, query.port) : status;
    if (typeof handle === 'number') {
      const error = exceptionWithHostPort(handle, 'bind', query.address, query.port);
      server.emit('error', error);
      return;
    }
    server._handle = handle;
    server._listen2(query.address, query.port, query.addressType, query.backlog, query.fd);
  });
  return true;
}

/**
 * @param {any} server The server
 * @param {any} given What the primary gave
 * @param {any} port The port that was asked for
 * @returns {any} The handle to listen on, or a negative errno
 */
function toHandle(server, given, port) {
  if (isCoreHandle(given) && port > 0 && isElsewhere(given, port)) {
    given.close();
    return EADDRINUSE;
  }
  // The cluster asks the owner whether there is room for one more connection, and closes it when
  // the worker disconnects.
  const owner = ownerSymbol();
  if (owner !== null) given[owner] = server;
  // Either a name for a socket of the primary's, or the socket itself.
  if (!isCoreHandle(given)) return given;
  const handle = adoptListener(given);
  if (typeof handle === 'number') given.close();
  return handle;
}

/**
 * The primary's bind may have failed in a way that only listening would tell.
 *
 * @param {any} handle What it gave
 * @param {number} port The port that was asked for
 * @returns {boolean} Whether it is not bound to that
 */
function isElsewhere(handle, port) {
  /** @type {{ port?: number }} */
  const out = {};
  return handle.getsockname?.(out) === 0 && out.port !== port;
}

module.exports = { listen };
