'use strict';

/**
 * Core's `http`, `https` and their like on our sockets: servers by {@link serve}, requests by
 * {@link useForRequests}.
 *
 * Source: https://nodejs.org/api/net.html#class-netserver
 */

const { adaptAgents, restoreAgents } = require('./agents.js');
const { isCoreServer } = require('./core.js');
const { codes } = require('./errors.js');
const { Server } = require('./server.js');
const { kServed } = require('./symbols.js');

const { ERR_INVALID_ARG_TYPE, ERR_SERVER_ALREADY_LISTEN } = codes;

const { isPrototypeOf } = Object.prototype;

/**
 * Has a server of core's (of `http`, `https`, `http2`, `tls` or `net`) listen on a handle of ours,
 * and so serve sockets of ours. It stays what it is: `close()`, `address()`, timeouts and events are
 * core's own code, which finds our handle where its own would be.
 *
 * @template {object} T
 * @param {T} server The server, which does not listen yet
 * @returns {T} The same
 * @throws {TypeError} ERR_INVALID_ARG_TYPE where it is no server
 * @throws {Error} ERR_SERVER_ALREADY_LISTEN
 */
function serve(server) {
  const target = /** @type {any} */ (server);
  if (isPrototypeOf.call(Server.prototype, target)) return server;
  if (!isCoreServer(target)) throw new ERR_INVALID_ARG_TYPE('server', 'net.Server', server);
  if (target.listening) throw new ERR_SERVER_ALREADY_LISTEN();
  const property = { configurable: true, enumerable: false, writable: true };
  Object.defineProperty(target, kServed, { ...property, value: true });
  for (const name of ['listen', '_listen2']) {
    Object.defineProperty(target, name, {
      ...property,
      // What a program has put on the prototype is asked for, as if core's server inherited it.
      value: (/** @type {any[]} */ ...args) => Server.prototype[name].apply(target, args),
    });
  }
  return server;
}

/**
 * Has the agents of `http` and `https` connect with sockets of ours: from now on, in the whole
 * process, also those that exist. An agent or a request with a `createConnection` of its own keeps
 * that, and so does an agent that uses a proxy.
 *
 * @returns {() => void} Undoes it
 */
function useForRequests() {
  adaptAgents('http');
  // A Node that was built without OpenSSL has no https.
  if (process.versions.openssl !== undefined) adaptAgents('https');
  return restoreAgents;
}

module.exports = { serve, useForRequests };
