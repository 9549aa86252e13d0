'use strict';

/**
 * How a socket connects: name lookup, local binding, one address or several by turns (RFC 8305,
 * "Happy Eyeballs", as Node's `autoSelectFamily` has it).
 *
 * Source: https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */

const { debuglog } = require('node:util');
const { expect } = require('./bridge.js');
const { startTimer } = require('./clock.js');
const defaults = require('./defaults.js');
const { errno, nodeMajor } = require('./platform.js');
const { aggregateConnectError, codes, exceptionWithHostPort, ofEvent } = require('./errors.js');
const { Pipe, TCP } = require('./handle.js');
const { isIP } = require('./ip.js');
const { lazy } = require('./lazy.js');
const { mayLeave } = require('./leaving.js');
const { assertNetPermission, connectAccessDenied, isNetDenied } = require('./permission.js');
const { kAttachHandle, kBlockList, kKeepAlive, kNoDelay, kTypeOfService } = require('./symbols.js');
const {
  validateBoolean,
  validateFunction,
  validateInt32,
  validateNumber,
  validatePort,
  validateString,
} = require('./validators.js');

const {
  ERR_INVALID_ADDRESS_FAMILY,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_IP_ADDRESS,
  ERR_IP_BLOCKED,
  ERR_SOCKET_CONNECTION_TIMEOUT,
} = codes;

/** What `NODE_DEBUG=net` prints. */
const debug = debuglog('net');

const blockLists = lazy(() => require('./block_list_option.js'));
const dns = lazy(() => require('node:dns'));

/** Negative errnos, as a request ends with. */
const EADDRINUSE = errno.EADDRINUSE;
const ECANCELED = errno.ECANCELED;
const EINVAL = errno.EINVAL;
const ETIMEDOUT = errno.ETIMEDOUT;

/** The least time that an attempt gets, in milliseconds. */
const LEAST_ATTEMPT_TIMEOUT = 10;

/**
 * Connects a socket; its options are those of `socket.connect`.
 *
 * @param {any} socket The socket
 * @param {any} options The options
 * @param {Function | null} callback A one-time listener of 'connect'
 * @returns {any} The socket
 */
function start(socket, options, callback) {
  const { path } = options;
  if (socket.destroyed) reuse(socket);
  if (!socket._handle) socket[kAttachHandle](path ? new Pipe() : new TCP());
  mayLeave();
  if (callback !== null) socket.once('connect', callback);
  socket._unrefTimer();
  socket.connecting = true;
  if (path) {
    validateString(path, 'options.path');
    attempt(socket, { address: path });
  } else {
    lookupAndConnect(socket, options);
  }
  return socket;
}

/**
 * Makes a destroyed socket as good as new.
 *
 * @param {any} socket The socket
 */
function reuse(socket) {
  socket._undestroy();
  socket._handle = null;
  socket._peername = undefined;
  socket._sockname = null;
}

/**
 * @param {any} socket The socket
 * @param {any} options The options
 */
function lookupAndConnect(socket, options) {
  const { localAddress, localPort } = options;
  if (options.host && nodeMajor >= 22) validateHost(options.host);
  const host = options.host || 'localhost';
  let { autoSelectFamily, autoSelectFamilyAttemptTimeout, port } = options;

  if (localAddress && !isIP(localAddress)) throw new ERR_INVALID_IP_ADDRESS(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (port !== undefined) {
    if (typeof port !== 'number' && typeof port !== 'string') {
      throw new ERR_INVALID_ARG_TYPE('options.port', ['number', 'string'], port);
    }
    validatePort(port);
  }
  port |= 0;
  if (autoSelectFamily != null) {
    validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  } else {
    autoSelectFamily = defaults.getDefaultAutoSelectFamily();
  }
  if (autoSelectFamilyAttemptTimeout != null) {
    validateInt32(autoSelectFamilyAttemptTimeout, 'options.autoSelectFamilyAttemptTimeout', 1);
    autoSelectFamilyAttemptTimeout = Math.max(
      autoSelectFamilyAttemptTimeout,
      LEAST_ATTEMPT_TIMEOUT,
    );
  } else {
    autoSelectFamilyAttemptTimeout = defaults.getDefaultAutoSelectFamilyAttemptTimeout();
  }

  const local = { localAddress, localPort };
  const family = isIP(host);
  if (family !== 0) {
    expect(socket._handle);
    const target = { address: host, port, family, ...local };
    // An adopted, bound descriptor connects at once, so that its address is known at once.
    if (socket._handle.unconnected) attempt(socket, target);
    else process.nextTick(attemptIfConnecting, socket, target);
    return;
  }
  if (options.lookup != null) validateFunction(options.lookup, 'options.lookup');
  expect(socket._handle);
  socket._host = host;
  const lookup = options.lookup || dns().lookup;
  const dnsOptions = dnsOptionsOf(options);
  const scope = socket._handle;
  if (autoSelectFamily && dnsOptions.family !== 4 && dnsOptions.family !== 6 && !localAddress) {
    const race = { port, localPort, timeout: autoSelectFamilyAttemptTimeout };
    scope.runInAsyncScope(lookupAll, undefined, socket, lookup, host, options, dnsOptions, race);
  } else {
    const target = { port, ...local };
    scope.runInAsyncScope(lookupOne, undefined, socket, lookup, host, options, dnsOptions, target);
  }
}

/**
 * @param {any} host The option
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
function validateHost(host) {
  validateString(host, 'options.host');
  if (host.includes('\0')) {
    throw new ERR_INVALID_ARG_VALUE('options.host', host, 'must be a string without null bytes');
  }
}

/**
 * @param {any} options The options of connect
 * @returns {{ family: any, hints: number }} Those of the lookup
 */
function dnsOptionsOf({ family, hints }) {
  const number = familyNumber(family);
  // Without a family wanted, only those that the machine has an address of.
  const usual = number === 4 || number === 6 ? 0 : dns().ADDRCONFIG;
  return { family: number, hints: hints || usual };
}

/**
 * @param {any} family 0, 4, 6, or as a name
 * @returns {any} The number that `dns.lookup` takes
 */
function familyNumber(family) {
  if (family === 'IPv4') return 4;
  if (family === 'IPv6') return 6;
  return family;
}

/**
 * @param {any} socket The socket
 * @param {Target} target Where to
 */
function attemptIfConnecting(socket, target) {
  if (socket.connecting) attempt(socket, target);
}

/**
 * @param {any} socket The socket
 * @param {Error} error Why it cannot connect
 */
function fail(socket, error) {
  socket.destroy(error);
}

// ---- one address

/**
 * @param {any} socket The socket
 * @param {Function} lookup Finds the address
 * @param {string} host The name
 * @param {any} options The options of connect
 * @param {any} dnsOptions The options of the lookup
 * @param {any} target Where to, without the address
 */
function lookupOne(socket, lookup, host, options, dnsOptions, target) {
  /**
   * @param {Error | null} error Why not
   * @param {any} address The address
   * @param {any} family 4 or 6
   */
  function onLookup(error, address, family) {
    socket.emit('lookup', error, address, family, host);
    // Destroyed meanwhile.
    if (!socket.connecting) return;
    if (error) {
      process.nextTick(fail, socket, error);
    } else if (!isUsable(address, family)) {
      process.nextTick(fail, socket, unusable(address, family, options));
    } else {
      socket._unrefTimer();
      attempt(socket, { ...target, address, family });
    }
  }
  lookup(host, dnsOptions, onLookup);
}

/**
 * @param {any} address What a lookup gave as an address
 * @param {any} family And as its family
 * @returns {boolean} A list of one address is none, though its text reads like one
 */
function isUsable(address, family) {
  return typeof address === 'string' && isIP(address) !== 0 && (family === 4 || family === 6);
}

/**
 * @param {any} address What a lookup gave as an address
 * @param {any} family And as its family
 * @param {any} options The options of connect
 * @returns {Error} What is wrong with them
 */
function unusable(address, family, { host, port }) {
  // Node 20 tells of the family first where the address at least reads like one.
  const readable = isIP(address) !== 0 && (typeof address === 'string' || nodeMajor < 22);
  if (readable && family !== 4 && family !== 6) {
    return new ERR_INVALID_ADDRESS_FAMILY(family, host, port);
  }
  return new ERR_INVALID_IP_ADDRESS(address);
}

/**
 * Where a socket connects to, and from where.
 *
 * @typedef {object} Target
 * @property {string} address An IP address or a path
 * @property {number} [port] None for a path
 * @property {number} [family] 4 or 6; none for a path
 * @property {string} [localAddress] An IP address
 * @property {number} [localPort] A port
 */

/**
 * @param {any} socket The socket
 * @param {Target} target Where to
 */
function attempt(socket, target) {
  const handle = socket._handle;
  const error = bindLocal(handle, target) ?? blocked(socket, target);
  if (error !== undefined) {
    socket.destroy(error);
    return;
  }
  debug('connect: attempting %o', target);
  socket.emit('connectionAttempt', target.address, target.port, target.family);
  if (!socket.connecting || socket._handle !== handle) return;
  const request = { socket, target, oncomplete: connectOnComplete };
  const refused = tryConnect(handle, request, target);
  if (refused !== undefined) {
    socket.destroy(refused);
  } else if (handle.unconnected) {
    handle.unconnected = false;
  }
}

/**
 * @param {any} handle The handle
 * @param {any} request The request
 * @param {Target} target Where to
 * @returns {Error | undefined} Why it cannot even be tried
 */
function tryConnect(handle, request, target) {
  const { address, port, family } = target;
  if (isNetDenied()) return connectAccessDenied(address, port);
  // A lookup may have told the family of another address.
  if (family !== undefined && family !== isIP(address)) {
    return connectError(handle, EINVAL, target);
  }
  const status =
    family === 6 ? handle.connect6(request, address, port) : handle.connect(request, address, port);
  // A stand-in of a program's may answer nothing.
  return status ? connectError(handle, status, target) : undefined;
}

/**
 * @param {any} handle The handle
 * @param {Target} target From where
 * @returns {Error | undefined} Why it cannot be bound there
 */
function bindLocal(handle, target) {
  const { family, localAddress, localPort } = target;
  if (!localAddress && !localPort) return undefined;
  assertNetPermission();
  const address = localAddress || (family === 6 ? '::' : '0.0.0.0');
  target.localAddress = address;
  // What is no port is cut to 16 bits, as the system does.
  const port = (localPort ?? 0) & 0xffff;
  let status = EINVAL;
  if (isIP(address) === family) {
    status = family === 6 ? handle.bind6(address, port) : handle.bind(address, port);
  }
  // Another one than was asked for counts as taken.
  if (!status && localPort !== undefined && localPort > 0 && localPort !== port) {
    status = EADDRINUSE;
  }
  return status ? exceptionWithHostPort(status, 'bind', address, localPort) : undefined;
}

/**
 * @param {any} socket The socket
 * @param {Target} target Where to
 * @returns {Error | undefined} That the socket's block list has the address
 */
function blocked(socket, { address, family }) {
  const list = socket[kBlockList];
  if (!list || family === undefined || !blockLists().checkAddress(list, address, family))
    return undefined;
  return new ERR_IP_BLOCKED(address);
}

/**
 * @param {any} handle The handle
 * @param {number} status A negative errno
 * @param {Target} target Where to
 * @returns {Error}
 */
function connectError(handle, status, { address, port }) {
  /** @type {{ address?: string, port?: number }} */
  const name = {};
  // Without an answer it reads "undefined:undefined", as with built-in net.
  handle.getsockname?.(name);
  const local = `${name.address}:${name.port}`;
  return exceptionWithHostPort(status, 'connect', address, port, local);
}

/**
 * The end of a connect to one address.
 *
 * @this {any} The request
 * @param {number} status 0 or a negative errno
 */
function connectOnComplete(status) {
  const { socket, target } = this;
  if (socket.destroyed) return;
  if (status === 0) {
    established(socket);
    return;
  }
  socket.connecting = false;
  const error = failedAttempt(status, target);
  const { address, port, family } = target;
  socket.emit('connectionAttemptFailed', address, port, family, error);
  socket.destroy(error);
}

/**
 * @param {number} status A negative errno
 * @param {Target} target Where to
 * @returns {Error} It names the local end only where a port was asked for
 */
function failedAttempt(status, target) {
  const { address, port, localAddress, localPort } = target;
  const local = localAddress && localPort ? `${localAddress}:${localPort}` : undefined;
  return ofEvent('connect', () => exceptionWithHostPort(status, 'connect', address, port, local));
}

/**
 * The socket is connected.
 *
 * @param {any} socket The socket
 */
function established(socket) {
  debug('connect: connected, %o', socket._handle);
  socket.connecting = false;
  socket._sockname = null;
  socket._unrefTimer();
  applyOptions(socket);
  socket.emit('connect');
  socket.emit('ready');
  // The first read; it consumes nothing, and is what makes an early end known.
  if (socket.readable && !socket.isPaused()) socket.read(0);
}

/**
 * Sets what was asked for before there was a descriptor.
 *
 * @param {any} socket The socket
 */
function applyOptions(socket) {
  const handle = socket._handle;
  if (socket[kNoDelay]) handle.setNoDelay?.(true);
  if (socket[kKeepAlive] !== null && handle.setKeepAlive) {
    const { delay, interval, count } = socket[kKeepAlive];
    handle.setKeepAlive(true, delay, interval, count);
  }
  if (socket[kTypeOfService] !== undefined) handle.setTypeOfService?.(socket[kTypeOfService]);
}

// ---- several addresses

/**
 * @param {any} socket The socket
 * @param {Function} lookup Finds the addresses
 * @param {string} host The name
 * @param {any} options The options of connect
 * @param {any} dnsOptions The options of the lookup
 * @param {{ port: number, localPort?: number, timeout: number }} race What all attempts share
 */
function lookupAll(socket, lookup, host, options, dnsOptions, race) {
  /**
   * @param {Error | null} error Why not
   * @param {any} addresses What was found
   */
  function onLookup(error, addresses) {
    if (!socket.connecting) return;
    if (error) {
      socket.emit('lookup', error, undefined, undefined, host);
      process.nextTick(fail, socket, error);
      return;
    }
    const usable = [];
    // What this throws for something else than a list is what built-in net's says.
    for (let i = 0; i < addresses.length; i++) {
      const address = addresses[i];
      const { address: ip, family } = address;
      socket.emit('lookup', null, ip, family, host);
      // Destroyed by a listener.
      if (!socket.connecting) return;
      if (isUsable(ip, family)) usable.push({ address: ip, family });
    }
    if (usable.length === 0) {
      const { address, family } = addresses[0];
      process.nextTick(fail, socket, unusable(address, family, options));
      return;
    }
    socket._unrefTimer();
    const targets = interleave(usable).map(({ address, family }) => {
      return { address, family, port: race.port, localPort: race.localPort };
    });
    if (targets.length === 1) {
      attempt(socket, targets[0]);
      return;
    }
    socket.autoSelectFamilyAttemptedAddresses = [];
    next({ socket, targets, current: 0, errors: [], timeout: race.timeout, timer: undefined });
  }
  lookup(host, { ...dnsOptions, all: true }, onLookup);
}

/**
 * The family of the first address first, then by turns.
 *
 * @param {{ address: string, family: number }[]} addresses At least one
 * @returns {{ address: string, family: number }[]}
 */
function interleave(addresses) {
  const leading = addresses.filter(({ family }) => family === addresses[0].family);
  const other = addresses.filter(({ family }) => family !== addresses[0].family);
  const ordered = [];
  for (let i = 0; i < Math.max(leading.length, other.length); i++) {
    if (i < leading.length) ordered.push(leading[i]);
    if (i < other.length) ordered.push(other[i]);
  }
  return ordered;
}

/**
 * Attempts under way by turns.
 *
 * @typedef {object} Race
 * @property {any} socket The socket
 * @property {Target[]} targets Where to
 * @property {number} current The index of the next one
 * @property {Error[]} errors Why earlier ones failed
 * @property {number} timeout Milliseconds that each gets, but for the last
 * @property {import('./clock').Timer | undefined} timer Of the current one
 */

/**
 * Attempts the next address.
 *
 * @param {Race} race The attempts
 */
function next(race) {
  race.timer?.close();
  const { socket, targets, errors } = race;
  if (race.current === targets.length) {
    socket.destroy(
      errors.length === 0
        ? new ERR_SOCKET_CONNECTION_TIMEOUT()
        : ofEvent('connect', () => aggregateConnectError(errors)),
    );
    return;
  }
  const target = targets[race.current++];
  const { address, port, family } = target;
  if (race.current > 1) replaceHandle(socket);
  const handle = socket._handle;
  const refused = bindLocal(handle, target) ?? blocked(socket, target);
  if (refused !== undefined) {
    lose(race, target, refused);
    return;
  }
  debug('connect: attempting %s port %d, one of several addresses', address, port);
  socket.emit('connectionAttempt', address, port, family);
  if (!socket.connecting || socket._handle !== handle) return;
  socket.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
  const request = { race, target, oncomplete: raceOnComplete };
  const failed = tryConnect(handle, request, target);
  if (failed !== undefined) {
    lose(race, target, failed);
    return;
  }
  if (race.current < targets.length) {
    race.timer = startTimer(onAttemptTimeout, race.timeout, race, target, request, handle);
  }
}

/**
 * An attempt has failed; the next one is made.
 *
 * @param {Race} race The attempts
 * @param {Target} target Where to
 * @param {Error} error Why
 */
function lose(race, { address, port, family }, error) {
  const { socket } = race;
  race.errors.push(error);
  socket.emit('connectionAttemptFailed', address, port, family, error);
  if (socket.connecting) next(race);
}

/**
 * Each attempt has a descriptor of its own.
 *
 * @param {any} socket The socket
 */
function replaceHandle(socket) {
  const before = socket._handle;
  const handle = new TCP();
  if (!before.hasRef()) handle.unref();
  before.close();
  socket[kAttachHandle](handle);
}

/**
 * @this {any} The request
 * @param {number} status 0 or a negative errno
 * @param {any} handle The handle
 */
function raceOnComplete(status, handle) {
  const { race, target } = this;
  const { socket } = race;
  race.timer?.close();
  // The socket was destroyed, or this attempt given up.
  if (!socket.connecting || socket._handle !== handle || status === ECANCELED) return;
  if (status === 0) established(socket);
  else lose(race, target, failedAttempt(status, target));
}

/**
 * @param {Race} race The attempts
 * @param {Target} target Where to
 * @param {any} request The request, which nobody waits for any more
 * @param {any} handle Its handle
 */
function onAttemptTimeout(race, target, request, handle) {
  const { socket } = race;
  const { address, port, family } = target;
  request.oncomplete = undefined;
  race.errors.push(failedAttempt(ETIMEDOUT, target));
  socket.emit('connectionAttemptTimeout', address, port, family);
  if (socket.connecting && socket._handle === handle) next(race);
}

module.exports = { applyOptions, start };
