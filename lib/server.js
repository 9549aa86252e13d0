'use strict';

/**
 * `net.Server`: an EventEmitter over a listening handle.
 *
 * Source: https://nodejs.org/api/net.html#class-netserver, and what built-in net does.
 */

const { AsyncResource } = require('node:async_hooks');
const { channel } = require('node:diagnostics_channel');
const EventEmitter = require('node:events');
const { getDefaultHighWaterMark } = require('node:stream');
const { debuglog } = require('node:util');
const { isNormalizedArgs, normalizeArgs } = require('./arguments.js');
const { acceptCore, coreNet, isCoreServer } = require('./core.js');
const errors = require('./errors.js');
const { isCoreHandle } = require('./handle.js');
const { lazy, loadAll } = require('./lazy.js');
const { mayLeave } = require('./leaving.js');
const listen = require('./listen.js');
const { nodeMajor } = require('./platform.js');
const { Socket, keepAliveOf } = require('./socket.js');
const { kKeepAlive, kNoDelay } = require('./symbols.js');
const { validateNumber } = require('./validators.js');

const { errnoException, uvExceptionWithHostPort } = errors;

const serverChannel = channel('net.server.socket');

/** What `NODE_DEBUG=net` prints. */
const debug = debuglog('net');

const blockLists = lazy(() => require('./block_list_option.js'));
const foreign = lazy(() => require('./foreign.js'));
const handover = lazy(() => require('./handover.js'));

const { isPrototypeOf: isOurs } = Object.prototype;

/** Whether connections are read from before they are emitted. */
const kEager = Symbol('kEager');

/**
 * A server.
 *
 * @this {any}
 * @param {any} [options] See `ServerOpts` in index.d.ts; or the listener
 * @param {Function} [connectionListener] A listener of 'connection'
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function Server(options, connectionListener) {
  if (isOurs.call(Server.prototype, this)) construct(this, options, connectionListener);
  // An instance of a class that extends one of core's.
  else if (isCoreServer(this)) coreNet().Server.call(this, options, connectionListener);
  else return Reflect.construct(Server, [options, connectionListener]);
}
Object.setPrototypeOf(Server.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Server, EventEmitter);
acceptCore(Server, isCoreServer);

/**
 * @param {any} server A new server
 * @param {any} options What its constructor was given
 * @param {Function} [connectionListener] A listener of 'connection'
 */
function construct(server, options, connectionListener) {
  EventEmitter.call(server);

  if (typeof options === 'function') {
    connectionListener = options;
    options = {};
  } else if (options == null || typeof options === 'object') {
    options = { ...options };
  } else {
    throw new errors.codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  if (typeof connectionListener === 'function') server.on('connection', connectionListener);

  if (options.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  }
  if (options.highWaterMark !== undefined) {
    validateNumber(options.highWaterMark, 'options.highWaterMark');
  }

  mayLeave();
  server._connections = 0;
  server._handle = null;
  server._usingWorkers = false;
  server._workers = [];
  server._unref = false;
  server[kEager] = false;
  server._listeningId = 1;
  server.allowHalfOpen = options.allowHalfOpen || false;
  server.pauseOnConnect = Boolean(options.pauseOnConnect);
  server.noDelay = Boolean(options.noDelay);
  server.keepAlive = Boolean(options.keepAlive);
  server.keepAliveInitialDelay = Math.max(0, ~~((options.keepAliveInitialDelay ?? 0) / 1000));
  server.highWaterMark =
    options.highWaterMark === undefined || options.highWaterMark < 0
      ? getDefaultHighWaterMark(false)
      : options.highWaterMark;
  if (options.blockList)
    server.blockList = blockLists().toBlockList(options.blockList, 'options.blockList');
}

/**
 * The server listens on `handle`, or on what the arguments say.
 *
 * @this {any}
 * @param {string | null} address An IP address or a path; null for any
 * @param {number | null} port -1 for a path
 * @param {number} [addressType] 4, 6, or -1 for a path
 * @param {number} [backlog] Connections that may wait
 * @param {number | any} [fd] A descriptor instead
 * @param {number} [flags] 1: IPv6 only; 2: shared port
 */
function setupListenHandle(address, port, addressType, backlog, fd, flags) {
  if (!this._handle) {
    const isAny = !address && typeof fd !== 'number';
    const made = isAny
      ? listen.createForAnyAddress(port, flags)
      : { handle: listen.createServerHandle(address, port, addressType, fd, flags) };
    if (isAny) ({ address, addressType } = /** @type {any} */ (made));
    if (typeof made.handle === 'number') {
      refuse(this, made.handle, address, port);
      return;
    }
    this._handle = made.handle;
  }
  const handle = this._handle;
  handle.onconnection = handleOnConnection;
  handle.owner = this;
  // Without a backlog of its own, the server takes what Node takes.
  const status = handle.listen(+(backlog || 511) | 0);
  if (status !== 0) {
    handle.close();
    this._handle = null;
    refuse(this, status, address, port);
    return;
  }
  debug('server: listens, %o', handle);
  mayLeave();
  this._listeningId++;
  this._connectionKey = `${addressType}:${address}:${port}`;
  if (this._unref) this.unref();
  listen.channels.asyncEnd.publish({ server: this });
  // The handle is what triggers 'listening', in the terms of async_hooks.
  const tick = new AsyncResource('TickObject', handle.getAsyncId?.());
  process.nextTick(() => {
    tick.runInAsyncScope(emitListening, undefined, this);
    tick.emitDestroy();
  });
}

/**
 * @param {any} server The server
 * @param {number} status The negative errno that its listen ended with
 * @param {any} address Where it was to listen
 * @param {any} port And on which port
 */
function refuse(server, status, address, port) {
  const error = uvExceptionWithHostPort(status, 'listen', address, port);
  debug('server: %s', error.message);
  listen.channels.error.publish({ server, error });
  process.nextTick(emitError, server, error);
}

/**
 * @param {any} server The server
 * @param {Error} error Why it does not listen
 */
function emitError(server, error) {
  server.emit('error', error);
}

/** @param {any} server The server; closed meanwhile, it says nothing */
function emitListening(server) {
  if (server._handle) server.emit('listening');
  // Not at `require`, and before a crowd can have used up the descriptors.
  loadAll();
}

/**
 * A connection, or why there is none.
 *
 * @this {any} The listening handle
 * @param {number} status 0 or a negative errno
 * @param {any} clientHandle The connection's handle
 */
function handleOnConnection(status, clientHandle) {
  const server = this.owner;
  debug('server: connection, status %d, %o', status, clientHandle);
  if (status !== 0) {
    server.emit('error', errnoException(status, 'accept'));
    return;
  }
  if (isCoreHandle(clientHandle)) clientHandle = foreign().adoptConnection(clientHandle);
  if (typeof clientHandle === 'number') {
    server.emit('error', errnoException(clientHandle, 'accept'));
    return;
  }
  keepPeersUnread(server);
  if (isFull(server) && (server.dropMaxConnection || !server._usingWorkers)) {
    drop(server, clientHandle);
    return;
  }
  if (server.blockList && isBlocked(server.blockList, clientHandle)) {
    clientHandle.close();
    return;
  }
  const socket = new /** @type {any} */ (Socket)({
    handle: clientHandle,
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readable: true,
    writable: true,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
  });
  if (server.noDelay && clientHandle.setNoDelay) {
    socket[kNoDelay] = true;
    clientHandle.setNoDelay(true);
  }
  if (server.keepAlive && clientHandle.setKeepAlive) {
    socket[kKeepAlive] = keepAliveOf(server.keepAliveInitialDelay * 1000);
    clientHandle.setKeepAlive(true, server.keepAliveInitialDelay);
  }
  server._connections++;
  socket.server = server;
  socket._server = server;
  server.emit('connection', socket);
  if (serverChannel.hasSubscribers) serverChannel.publish({ socket });
}

/**
 * No byte is read of a connection that may be turned away, or handed on unread.
 *
 * @param {any} server The server
 */
function keepPeersUnread(server) {
  const eager =
    !server.pauseOnConnect && server.maxConnections == null && !server.blockList && !mayLeave();
  if (eager === server[kEager]) return;
  server[kEager] = eager;
  server._handle?.setEager?.(eager);
}

/**
 * @param {any} server The server
 * @returns {boolean} Whether it has all the connections that it may have
 */
function isFull({ maxConnections, _connections }) {
  // To Node 20, 0 means no limit.
  if (nodeMajor < 22 && !maxConnections) return false;
  return maxConnections != null && _connections >= maxConnections;
}

/**
 * @param {any} list The block list
 * @param {any} clientHandle The connection's handle
 * @returns {boolean} Whether the peer is on the list
 */
function isBlocked(list, clientHandle) {
  /** @type {{ address?: string, family?: string }} */
  const peer = {};
  if (!clientHandle.getpeername || clientHandle.getpeername(peer) !== 0) return false;
  return peer.address !== undefined && blockLists().checkAddress(list, peer.address, peer.family);
}

/**
 * Turns a connection away.
 *
 * @param {any} server The server
 * @param {any} clientHandle The connection's handle
 */
function drop(server, clientHandle) {
  if (clientHandle.getsockname && clientHandle.getpeername) {
    server.emit('drop', endsOf(clientHandle));
  } else {
    server.emit('drop');
  }
  clientHandle.close();
}

/**
 * @param {any} clientHandle A connection's handle
 * @returns {object} Its addresses, as 'drop' carries them
 */
function endsOf(clientHandle) {
  /** @type {any} */
  const local = {};
  /** @type {any} */
  const remote = {};
  clientHandle.getsockname(local);
  clientHandle.getpeername(remote);
  return {
    __proto__: null,
    localAddress: local.address,
    localPort: local.port,
    localFamily: local.family,
    remoteAddress: remote.address,
    remotePort: remote.port,
    remoteFamily: remote.family,
  };
}

// ---- methods, in the order of built-in net

Server.prototype._listen2 = setupListenHandle;

/**
 * Starts to listen; see `listen` in index.d.ts for the forms.
 *
 * @this {any}
 * @param {...any} args Options, a handle, a path, or a port with host and backlog; and a listener
 *   of 'listening'
 * @returns {any} The server
 * @throws {Error} ERR_SERVER_ALREADY_LISTEN, ERR_INVALID_ARG_VALUE, ERR_SOCKET_BAD_PORT
 */
Server.prototype.listen = function (...args) {
  const [options, callback] = isNormalizedArgs(args[0]) ? args[0] : normalizeArgs(args);
  if (this._handle) throw new errors.codes.ERR_SERVER_ALREADY_LISTEN();
  listen.channels.asyncStart.publish({ server: this, options });
  if (callback !== null) this.once('listening', callback);
  listen.start(this, options, args);
  return this;
};

Object.defineProperty(Server.prototype, 'listening', {
  /**
   * @this {any}
   * @returns {boolean}
   */
  get: function () {
    return Boolean(this._handle);
  },
  configurable: true,
  enumerable: true,
});

/**
 * @this {any}
 * @returns {any} `address`, `family` and `port`; the path of a Unix socket; null before 'listening'
 */
Server.prototype.address = function () {
  if (this._handle?.getsockname) {
    const out = {};
    const status = this._handle.getsockname(out);
    if (status !== 0) throw errnoException(status, 'address');
    return out;
  }
  return this._pipeName ? this._pipeName : null;
};

/**
 * @this {any}
 * @param {(error: Error | null, count: number) => void} callback Told how many are connected
 * @returns {any} The server
 */
Server.prototype.getConnections = function (callback) {
  if (!this._usingWorkers || this._workers.length === 0) {
    process.nextTick(callback, null, this._connections);
    return this;
  }
  const workers = [...this._workers];
  let left = workers.length;
  let total = this._connections;
  const onCount = (/** @type {Error | null} */ error, /** @type {number} */ count) => {
    if (left <= 0) return;
    total += count;
    if (error) left = 0;
    else left--;
    if (left === 0) callback(error, error ? /** @type {any} */ (undefined) : total);
  };
  for (const worker of workers) worker.getConnections(onCount);
  return this;
};

/**
 * Stops listening; connections go on.
 *
 * @this {any}
 * @param {(error?: Error) => void} [callback] Told when all connections have ended, too
 * @returns {any} The server
 */
Server.prototype.close = function (callback) {
  if (typeof callback === 'function') {
    if (!this._handle) {
      this.once('close', function onClose() {
        callback.call(this, new errors.codes.ERR_SERVER_NOT_RUNNING());
      });
    } else {
      this.once('close', /** @type {any} */ (callback));
    }
  }
  debug('server: close');
  if (this._handle) {
    this._handle.close();
    this._handle = null;
  }
  // A lookup that is under way finds that its listen was given up.
  this._listeningId++;
  if (this._usingWorkers && this._workers.length > 0) closeWorkers(this);
  else this._emitCloseIfDrained();
  return this;
};

/**
 * Connections that were sent to child processes count until they have ended there.
 *
 * @param {any} server The server
 */
function closeWorkers(server) {
  let left = server._workers.length;
  server._connections++;
  for (const worker of [...server._workers]) {
    worker.close(() => {
      if (--left > 0) return;
      server._connections = 0;
      server._emitCloseIfDrained();
    });
  }
}

/**
 * @this {any}
 */
Server.prototype._emitCloseIfDrained = function () {
  if (this._handle || this._connections > 0) return;
  process.nextTick(emitClose, this);
};

/** @param {any} server The server */
function emitClose(server) {
  server.emit('close');
}

/**
 * Closes, for `await using`.
 *
 * @this {any}
 * @returns {Promise<void>}
 */
Server.prototype[/** @type {any} */ (Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose'))] =
  async function () {
    if (!this._handle) return;
    await new Promise((resolve, reject) => {
      this.close((/** @type {Error | undefined} */ error) =>
        error ? reject(error) : resolve(undefined),
      );
    });
  };

/**
 * Connections as they arrive; ends when the server closes.
 *
 * @this {any}
 * @returns {AsyncIterator<any>}
 */
function asyncIterator() {
  return /** @type {any} */ (connectionsOf(this));
}
Object.defineProperty(Server.prototype, Symbol.asyncIterator, {
  value: asyncIterator,
  configurable: true,
  enumerable: false,
  writable: true,
});

/**
 * @param {any} server The server
 */
async function* connectionsOf(server) {
  const controller = new AbortController();
  const onClose = () => controller.abort();
  server.once('close', onClose);
  try {
    for await (const [socket] of EventEmitter.on(server, 'connection', {
      signal: controller.signal,
    })) {
      yield socket;
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    server.removeListener('close', onClose);
  }
}

/**
 * Rejections of async listeners end the connection that they are about.
 *
 * @this {any}
 * @param {any} error The reason
 * @param {string | symbol} event The event
 * @param {any} socket Its first argument
 */
Server.prototype[/** @type {any} */ (EventEmitter.captureRejectionSymbol)] = function (
  /** @type {any} */ error,
  /** @type {string | symbol} */ event,
  /** @type {any} */ socket,
) {
  if (event === 'connection') socket.destroy(error);
  else this.emit('error', error);
};

/**
 * Called by `child_process` when a connection goes to another process.
 *
 * @this {any}
 * @param {any} socketList Counts and closes what that process has of this server's
 */
Server.prototype._setupWorker = function (socketList) {
  this._usingWorkers = true;
  this._workers.push(socketList);
  socketList.once?.('exit', () => {
    const index = this._workers.indexOf(socketList);
    if (index !== -1) this._workers.splice(index, 1);
  });
};

/**
 * Takes the listener out of this thread; see `detach` in index.d.ts.
 *
 * @this {any}
 * @param {any} [options] `timeout`: milliseconds that the ticket is good for
 * @returns {any} A ticket, to be posted to another thread
 * @throws {Error} ERR_SERVER_NOT_RUNNING, ERR_INVALID_HANDLE_TYPE, ERR_OUT_OF_RANGE
 */
Server.prototype.detach = function detach(options) {
  const ticket = handover().detachServer(this, options);
  this._listeningId++;
  process.nextTick(() => this._emitCloseIfDrained());
  return ticket;
};

/**
 * @this {any} The class
 * @param {any} ticket What `detach` answered
 * @param {any} [options] As of the constructor
 * @param {Function} [connectionListener] A listener of 'connection'
 * @returns {any} A server that listens
 * @throws {Error} ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE
 */
Server.attach = function attachTicket(
  /** @type {any} */ ticket,
  /** @type {any} */ options,
  /** @type {any} */ connectionListener,
) {
  return handover().attachServer(this, ticket, options, connectionListener);
};

/**
 * @this {any}
 * @returns {any} The server
 */
Server.prototype.ref = function () {
  this._unref = false;
  this._handle?.ref();
  return this;
};

/**
 * @this {any}
 * @returns {any} The server
 */
Server.prototype.unref = function () {
  this._unref = true;
  this._handle?.unref();
  return this;
};

/**
 * @param {any} [options] As of the constructor
 * @param {Function} [connectionListener] A listener of 'connection'
 * @returns {any} A server
 */
function createServer(options, connectionListener) {
  return Reflect.construct(Server, [options, connectionListener]);
}

module.exports = { Server, createServer };
