'use strict';

/**
 * Core's `http`, `https` and their like on our sockets: servers by {@link serve}, requests by
 * {@link useForRequests}.
 *
 * Sources: https://nodejs.org/api/http.html#agentcreateconnectionoptions-callback and
 * https://nodejs.org/api/net.html#class-netserver
 */

const { isCoreServer } = require('./core');
const { codes } = require('./errors');
const { Server } = require('./server');
const { connect } = require('./socket');

const { ERR_INVALID_ARG_TYPE, ERR_SERVER_ALREADY_LISTEN } = codes;

const { isPrototypeOf } = Object.prototype;

/** What a socket that connects tells, besides 'connect', 'ready' and 'error'. */
const PROGRESS = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
];

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
  for (const name of ['listen', '_listen2']) {
    Object.defineProperty(target, name, {
      value: Server.prototype[name],
      configurable: true,
      enumerable: false,
      writable: true,
    });
  }
  return server;
}

/**
 * @param {any} agent An agent
 * @returns {boolean} Whether it may lead requests through a proxy, which is core's to decide
 */
function mayUseProxy(agent) {
  return agent?.options?.proxyEnv !== undefined;
}

/**
 * @param {Function} original `createConnection` of core's agents
 * @returns {Function} One that makes sockets of ours
 */
function plain(original) {
  return function createConnection(/** @type {any[]} */ ...args) {
    if (mayUseProxy(this)) return original.apply(this, args);
    return connect(...args);
  };
}

/**
 * @param {Function} original `createConnection` of core's agents of `https`
 * @returns {Function} One that makes TLS sockets over sockets of ours
 */
function encrypted(original) {
  return function createConnection(/** @type {any[]} */ ...args) {
    const [options] = args;
    const isUsual = typeof options === 'object' && options !== null && !options.socket;
    if (!isUsual || mayUseProxy(this)) return original.apply(this, args);
    // These three are about the encrypted socket, which core makes of the same options.
    const socket = connect({
      ...options,
      onread: undefined,
      signal: undefined,
      timeout: undefined,
    });
    const secure = original.call(this, { ...options, socket }, ...args.slice(1));
    follow(secure, socket);
    return secure;
  };
}

/**
 * A TLS socket over another one does not tell of its connect. One that an agent makes does, so that
 * programs which measure, or wait, find what they know.
 *
 * @param {any} secure The TLS socket
 * @param {any} socket The socket below, which is connecting
 */
function follow(secure, socket) {
  secure.connecting = true;
  for (const name of PROGRESS) {
    socket.on(name, (/** @type {any[]} */ ...args) => secure.emit(name, ...args));
  }
  socket.once('connect', () => {
    if (secure.destroyed) return;
    secure.connecting = false;
    secure.autoSelectFamilyAttemptedAddresses = socket.autoSelectFamilyAttemptedAddresses;
    secure.emit('connect');
    secure.emit('ready');
  });
}

/** @type {(() => void) | undefined} */
let restore;

/**
 * Has the agents of `http` and `https` connect with sockets of ours: from now on, in the whole
 * process, also those that exist. An agent or a request with a `createConnection` of its own keeps
 * that, and so does an agent that uses a proxy.
 *
 * @returns {() => void} Undoes it
 */
function useForRequests() {
  if (restore !== undefined) return restore;
  const undo = [replace(require('node:http').Agent.prototype, plain)];
  // A Node that was built without OpenSSL has no https.
  if (process.versions.openssl !== undefined) {
    undo.push(replace(require('node:https').Agent.prototype, encrypted));
  }
  restore = () => {
    for (const step of undo) step();
    restore = undefined;
  };
  return restore;
}

/**
 * @param {any} prototype That of an agent
 * @param {(original: Function) => Function} wrap Makes the function that takes the place
 * @returns {() => void} Puts the original back
 */
function replace(prototype, wrap) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'createConnection');
  const original = prototype.createConnection;
  Object.defineProperty(prototype, 'createConnection', {
    ...descriptor,
    value: wrap(original),
  });
  return () =>
    Object.defineProperty(prototype, 'createConnection', /** @type {any} */ (descriptor));
}

module.exports = { serve, useForRequests };
