'use strict';

/**
 * Agents of core's `http` and `https` that connect with sockets of ours.
 *
 * Source: https://nodejs.org/api/http.html#agentcreateconnectionoptions-callback
 */

const net = require('./net.js');
const { isSocketReplaced } = require('./shared_methods.js');
const { Socket } = require('./socket.js');

/** What a socket that connects tells, besides 'connect' and 'error'. */
const PROGRESS = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
  'ready',
];

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
  // Node 20 puts the function of `net` there, as it is then; later ones ask for it each time.
  const fixed = original.name === 'createConnection' ? undefined : net.createConnection;
  return function createConnection(/** @type {any[]} */ ...args) {
    if (mayUseProxy(this)) return original.apply(this, args);
    return (fixed ?? net.createConnection)(...args);
  };
}

/**
 * @param {Function} original `createConnection` of core's agents of `https`
 * @returns {Function} One that makes TLS sockets over sockets of ours
 */
function encrypted(original) {
  const tls = require('node:tls');
  const { connect: usualConnect } = tls;
  // What a program puts there to connect by, mocks above all, is to be asked first.
  const isReplaced = () => tls.connect !== usualConnect || isSocketReplaced();
  return function createConnection(/** @type {any[]} */ ...args) {
    const [options] = args;
    const isUsual = typeof options === 'object' && options !== null && !options.socket;
    if (!isUsual || mayUseProxy(this) || isReplaced()) return original.apply(this, args);
    // These three are about the encrypted socket, which core makes of the same options.
    const below = { ...options, onread: undefined, signal: undefined, timeout: undefined };
    const socket = Reflect.construct(Socket, [below]);
    // What the options lack for TLS, a key that fits for instance, is told before anything connects.
    const secure = original.call(this, { ...options, socket }, ...args.slice(1));
    follow(secure, socket);
    socket.connect(below);
    return secure;
  };
}

/**
 * A TLS socket over another one tells of 'connect' only. One that an agent makes tells all, so that programs
 * which measure, or wait, find what they know.
 *
 * @param {any} secure The TLS socket
 * @param {any} socket The socket below, which is connecting
 */
function follow(secure, socket) {
  for (const name of PROGRESS) {
    socket.on(name, (/** @type {any[]} */ ...args) => {
      if (secure.destroyed) return;
      secure.autoSelectFamilyAttemptedAddresses = socket.autoSelectFamilyAttemptedAddresses;
      secure.emit(name, ...args);
    });
  }
}

/**
 * What puts core's back, by the name of the module.
 *
 * @type {Map<string, () => void>}
 */
const replaced = new Map();

/**
 * Has the agents of a module connect with sockets of ours.
 *
 * @param {'http' | 'https'} name The module, which is loaded
 */
function adaptAgents(name) {
  if (replaced.has(name)) return;
  const { prototype } = (name === 'http' ? require('node:http') : require('node:https')).Agent;
  replaced.set(name, replace(prototype, name === 'http' ? plain : encrypted));
}

/** Has them connect with core's again. */
function restoreAgents() {
  for (const restore of replaced.values()) restore();
  replaced.clear();
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

module.exports = { adaptAgents, restoreAgents };
