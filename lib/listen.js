'use strict';

/**
 * How a server starts to listen: the forms of `listen`, name lookup, and the handle.
 *
 * Source: https://nodejs.org/api/net.html#serverlisten
 */

const { channel } = require('node:diagnostics_channel');
const { addAbortListener } = require('node:events');
const { toNumber } = require('./arguments.js');
const { errno } = require('./platform.js');
const errors = require('./errors.js');
const { Pipe, StreamHandle, TCP, createHandle, isCoreHandle } = require('./handle.js');
const { lazy } = require('./lazy.js');
const { kAdopt } = require('./symbols.js');
const { validateAbortSignal, validatePort } = require('./validators.js');

const { EADDRINUSE, EINVAL } = errno;

const { errnoException, uvExceptionWithHostPort } = errors;

const cluster = lazy(() => require('./cluster.js'));
const foreign = lazy(() => require('./foreign.js'));
const permission = lazy(() => require('./permission.js'));

/** What diagnostics are told of a listen. */
const channels = {
  asyncStart: channel('tracing:net.server.listen:asyncStart'),
  asyncEnd: channel('tracing:net.server.listen:asyncEnd'),
  error: channel('tracing:net.server.listen:error'),
};

/** Flags of a listening handle. */
const IPV6_ONLY = 1;
const REUSE_PORT = 2;

/** The largest number that a descriptor can have. */
const MOST_FD = 2 ** 31 - 1;

/** A server that listens on no particular address is told of as this one. */
const ANY_IPV4 = '0.0.0.0';
const ANY_IPV6 = '::';

/**
 * @param {any} server The server
 * @param {any} options What `listen` was given, as an object
 * @param {any[]} args What it was given
 */
function start(server, options, args) {
  // `listen(port, host, backlog)` and `listen(port, backlog)`
  const backlogFromArgs =
    toNumber(args.length > 1 && args[1]) || toNumber(args.length > 2 && args[2]) || 0;

  options = options._handle || options.handle || options;
  const isBound = options?.[kAdopt] !== undefined;
  const adopted = isBound ? options[kAdopt]() : handleOf(options);
  if (adopted !== undefined) {
    server._handle = adopted;
    if (isBound) server._pipeName = adopted.path;
    // Built-in net takes such a handle for its descriptor alone: the file stays.
    else adopted.path = '';
    server._listen2(null, -1, -1, backlogFromArgs);
    return;
  }
  if (isCoreHandle(options)) {
    listenOnCoreHandle(server, options, backlogFromArgs);
    return;
  }
  watchSignal(server, options);
  // Who shares the port by itself need not share a socket.
  const exclusive = Boolean(options.exclusive || options.reusePort);
  if (typeof options.fd === 'number' && options.fd >= 0) {
    const { fd } = options;
    const query = { address: null, port: null, addressType: null, backlog: backlogFromArgs, fd };
    listenOrShare(server, query, exclusive);
    return;
  }
  const backlog = options.backlog || backlogFromArgs;
  const flags = (options.ipv6Only ? IPV6_ONLY : 0) | (options.reusePort ? REUSE_PORT : 0);

  // Without a port there is none to look for: any will do.
  const noArguments =
    args.length === 0 ||
    typeof args[0] === 'function' ||
    ('port' in options && options.port == null);
  if (noArguments) options.port = 0;
  if (typeof options.port === 'number' || typeof options.port === 'string') {
    validatePort(options.port, 'options.port');
    const port = options.port | 0;
    if (options.host) {
      lookupAndListen(server, options.host, { port, backlog, flags }, exclusive);
    } else {
      if (process.permission !== undefined) permission().assertNetPermission();
      const query = { address: null, port, addressType: 4, backlog, fd: undefined, flags };
      listenOrShare(server, query, exclusive);
    }
    return;
  }
  if (options.path && isPath(options.path)) {
    listenOnPath(server, options, backlog, exclusive);
    return;
  }
  if (!('port' in options || 'path' in options)) {
    throw new errors.codes.ERR_INVALID_ARG_VALUE(
      'options',
      options,
      'must have the property "port" or "path"',
    );
  }
  throw new errors.codes.ERR_INVALID_ARG_VALUE('options', options);
}

/**
 * Listens: by itself, or in a worker of a cluster on what the primary gives. A process without a
 * channel to a parent is no worker.
 *
 * @param {any} server The server
 * @param {import('./cluster').Query} query Where
 * @param {boolean} exclusive Whether the server is not to share
 */
function listenOrShare(server, query, exclusive) {
  const mayShare = !exclusive && typeof process.send === 'function';
  if (mayShare && cluster().listen(server, query)) return;
  const { address, port, addressType, backlog, fd, flags } = query;
  server._listen2(address, port, addressType, backlog, fd, flags);
}

/**
 * @param {any} path What was given as one
 * @returns {boolean}
 */
function isPath(path) {
  return typeof path === 'string' && toNumber(path) === false;
}

/**
 * The handle of what a server may listen on: a handle, a server, a socket.
 *
 * @param {any} source That thing
 * @returns {any} Undefined where there is none
 */
function handleOf(source) {
  for (const candidate of [source, source._handle]) {
    if (candidate instanceof StreamHandle) return candidate;
  }
  return undefined;
}

/**
 * @param {any} server The server
 * @param {any} coreHandle A handle of core's, bound or listening
 * @param {number} backlog Connections that may wait
 */
function listenOnCoreHandle(server, coreHandle, backlog) {
  const handle = foreign().adoptListener(coreHandle);
  if (typeof handle === 'number') {
    const error = uvExceptionWithHostPort(handle, 'listen', undefined, -1);
    process.nextTick(() => server.emit('error', error));
    return;
  }
  server._handle = handle;
  server._listen2(null, -1, -1, backlog);
}

/**
 * @param {any} server Closed when the signal aborts
 * @param {any} options With a `signal` or without
 */
function watchSignal(server, options) {
  if (options.signal === undefined) return;
  const signal = /** @type {AbortSignal} */ (options.signal);
  validateAbortSignal(signal, 'options.signal');
  const onAborted = () => server.close();
  if (signal.aborted) {
    process.nextTick(onAborted);
    return;
  }
  const listener = addAbortListener(signal, onAborted);
  server.once('close', () => listener[Symbol.dispose]());
}

/**
 * @param {any} server The server
 * @param {string} host A name or an address
 * @param {{ port: number, backlog: number, flags: number }} query Where on it
 * @param {boolean} exclusive Whether a worker of a cluster is not to share
 */
function lookupAndListen(server, host, { port, backlog, flags }, exclusive) {
  const id = server._listeningId;
  require('node:dns').lookup(host, (error, address, family) => {
    // Closed meanwhile.
    if (server._listeningId !== id) return;
    if (error) {
      server.emit('error', error);
      return;
    }
    if (process.permission !== undefined) permission().assertNetPermission();
    const addressType = address ? family : 4;
    listenOrShare(server, { address, port, addressType, backlog, fd: undefined, flags }, exclusive);
  });
}

/**
 * @param {any} server The server
 * @param {any} options `path`, `readableAll`, `writableAll`
 * @param {number} backlog Connections that may wait
 * @param {boolean} exclusive Whether a worker of a cluster is not to share
 */
function listenOnPath(server, options, backlog, exclusive) {
  const { path, readableAll, writableAll } = options;
  const mode = (readableAll ? 1 : 0) | (writableAll ? 2 : 0);
  if (mode !== 0 && path.startsWith('\0')) {
    throw new errors.codes.ERR_INVALID_ARG_VALUE(
      'options',
      options,
      'can not set readableAll or writableAllt to true when path is abstract unix socket',
    );
  }
  if (process.permission !== undefined) permission().assertNetPermission(path);
  server._pipeName = path;
  const query = { address: path, port: -1, addressType: -1, backlog, fd: undefined };
  listenOrShare(server, { ...query, flags: undefined, readableAll, writableAll }, exclusive);
  if (!server._handle || mode === 0) return;
  const status = server._handle.fchmod(mode);
  if (status !== 0) {
    server._handle.close();
    server._handle = null;
    throw errnoException(status, 'uv_pipe_chmod');
  }
}

/**
 * The handle of a server that listens on any address: IPv6 takes IPv4 along, where the system has
 * it.
 *
 * @param {number | null} port The port
 * @param {number} [flags] Of the handle
 * @returns {{ handle: any, address: string, addressType: number }} The handle or a negative errno,
 *   and which of the two it is about
 */
function createForAnyAddress(port, flags) {
  const both = createServerHandle(ANY_IPV6, port, 6, undefined, flags);
  // A port in use is in use for IPv4 as well.
  if (typeof both !== 'number' || both === EADDRINUSE) {
    return { handle: both, address: ANY_IPV6, addressType: 6 };
  }
  const handle = createServerHandle(ANY_IPV4, port, 4, undefined, flags);
  return { handle, address: ANY_IPV4, addressType: 4 };
}

/**
 * A bound handle, or one over an open descriptor.
 *
 * @param {any} address An IP address or a path; null for any address
 * @param {any} port -1 for a path
 * @param {any} addressType 4, 6, or -1 for a path
 * @param {any} [fd] A descriptor instead
 * @param {any} [flags] 1: IPv6 only; 2: shared port
 * @returns {any} The handle, or a negative errno
 */
function createServerHandle(address, port, addressType, fd, flags) {
  if (typeof fd === 'number' && fd >= 0) {
    const handle = Number.isInteger(fd) && fd <= MOST_FD ? createHandle(fd) : undefined;
    if (handle === undefined) return EINVAL;
    const status = handle.open(fd);
    return status === 0 ? handle : status;
  }
  if (port === -1 && addressType === -1) {
    const handle = new Pipe('PIPESERVERWRAP');
    return bound(handle, handle.bind(address));
  }
  if (!address) return createForAnyAddress(port, flags).handle;
  const handle = new TCP('TCPSERVERWRAP');
  const reusePort = (flags & REUSE_PORT) !== 0;
  if (addressType === 6) {
    return bound(handle, handle.bind6(address, port, (flags & IPV6_ONLY) !== 0, reusePort));
  }
  return bound(handle, handle.bind(address, port, reusePort));
}

/**
 * @param {any} handle The handle
 * @param {number} status How its bind ended
 * @returns {any} The handle, or the negative errno
 */
function bound(handle, status) {
  if (status === 0) return handle;
  handle.close();
  return status;
}

module.exports = { channels, createForAnyAddress, createServerHandle, start };
