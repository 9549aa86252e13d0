'use strict';

/**
 * Connections and listeners that move from one thread to another.
 *
 * `detach` leaves the descriptor, and what was read and not delivered, to the native core, which is
 * one for all threads of the process; a ticket, plain data for `postMessage`, says under which
 * number. Who attaches it first has it. A ticket that nobody attaches in its time is closed.
 */

const { native } = require('./bridge.js');
const { errno } = require('./platform.js');
const { codes, errnoException } = require('./errors.js');
const { Pipe, StreamHandle, TCP } = require('./handle.js');
const {
  kAttachHandle,
  kBuffer,
  kBytesRead,
  kBytesWritten,
  kKeepAlive,
  kNoDelay,
  kTypeOfService,
} = require('./symbols.js');
const { validateInt32, validateObject } = require('./validators.js');

const { EAGAIN } = errno;

const {
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_HANDLE_TYPE,
  ERR_INVALID_STATE,
  ERR_SERVER_NOT_RUNNING,
  ERR_SOCKET_CLOSED,
} = codes;

/** What a ticket says that it is. */
const SOCKET = 'tokio-net.Socket';
const SERVER = 'tokio-net.Server';

/** Milliseconds that a ticket is good for, where nothing else is said. */
const TIMEOUT = 60_000;

/**
 * @param {any} options What `detach` was given
 * @returns {number} Milliseconds
 */
function timeoutOf(options) {
  if (options === undefined) return TIMEOUT;
  validateObject(options, 'options');
  const { timeout = TIMEOUT } = options;
  validateInt32(timeout, 'options.timeout', 1);
  return timeout;
}

/**
 * @param {any} ticket What `attach` was given
 * @param {string} type What it has to be
 * @returns {any} What the core has kept
 */
function redeem(ticket, type) {
  validateObject(ticket, 'ticket');
  if (ticket.type !== type || !Number.isInteger(ticket.key)) {
    throw new ERR_INVALID_ARG_VALUE('ticket', ticket, `must be of a ${type}`);
  }
  if (ticket.pid !== process.pid) {
    throw new ERR_INVALID_ARG_VALUE('ticket', ticket, 'is of another process');
  }
  const kept = native.redeem(ticket.key);
  if (kept === null) throw new ERR_INVALID_STATE('the ticket was used before, or has expired');
  return kept;
}

/**
 * @param {any} handle The handle of what is detached
 * @returns {'TCP' | 'Pipe'} Its kind
 */
function kindOf(handle) {
  return handle instanceof Pipe ? 'Pipe' : 'TCP';
}

// ---- sockets

/**
 * @param {any} socket The socket; destroyed afterwards
 * @param {any} options What `detach` was given
 * @returns {any} The ticket
 */
function detachSocket(socket, options) {
  const timeout = timeoutOf(options);
  const handle = socket._handle;
  if (!handle || socket.destroyed) throw new ERR_SOCKET_CLOSED();
  if (!(handle instanceof StreamHandle)) throw new ERR_INVALID_HANDLE_TYPE();
  if (socket.connecting || handle.unconnected) {
    throw new ERR_INVALID_STATE('the socket is not connected');
  }
  handle.comeToRest();
  const isWriting = socket.writableLength > 0 || handle.pendingWrite !== null;
  if (isWriting || handle.shutdownRequest !== null) {
    throw new ERR_INVALID_STATE('a write of the socket is under way');
  }
  const status = handle.activate();
  if (status !== 0) throw errnoException(status, 'detach');
  const buffered = bufferedBy(socket);
  const key = native.detach(handle.number, buffered, timeout);
  if (key === EAGAIN) throw new ERR_INVALID_STATE('a write of the socket is under way');
  const ticket = {
    type: SOCKET,
    pid: process.pid,
    key,
    kind: kindOf(handle),
    allowHalfOpen: socket.allowHalfOpen,
    // The new socket counts what was buffered when it delivers it. What is left at a pause does not count yet.
    bytesRead: handle.bytesRead - buffered.byteLength + (socket[kBuffer]?.rest?.byteLength ?? 0),
    bytesWritten: handle.bytesWritten,
    keepAlive: socket[kKeepAlive],
    noDelay: socket[kNoDelay],
    timeout: socket.timeout ?? 0,
    typeOfService: socket[kTypeOfService],
    writableEnded: socket.writableEnded,
  };
  socket[kBytesRead] = ticket.bytesRead;
  socket[kBytesWritten] = ticket.bytesWritten;
  socket._handle = null;
  if (key < 0) {
    handle.close();
    const error = errnoException(key, 'detach');
    socket.destroy();
    throw error;
  }
  handle.leave();
  socket.destroy();
  return ticket;
}

/**
 * @param {any} socket A socket
 * @returns {Uint8Array} What it has read and not given to anybody
 */
function bufferedBy(socket) {
  const { buffer, bufferIndex = 0, decoder, encoding, length } = socket._readableState;
  const chunks = [];
  if (length > 0) {
    for (const chunk of [...buffer].slice(bufferIndex)) {
      chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    }
  }
  // The beginning of a character that is not there yet.
  if (decoder?.lastNeed > 0) {
    chunks.push(decoder.lastChar.subarray(0, decoder.lastTotal - decoder.lastNeed));
  }
  if (socket[kBuffer]?.rest) chunks.push(socket[kBuffer].rest);
  return Buffer.concat(chunks);
}

/**
 * @param {any} Class What to make
 * @param {any} ticket What `detach` answered
 * @param {any} [options] As of the constructor
 * @returns {any} A socket
 */
function attachSocket(Class, ticket, options) {
  const { fd, received, status } = redeem(ticket, SOCKET);
  const handle = adopt(ticket.kind, fd);
  const socket = construct(Class, ticket, options, handle);
  handle.received = ticket.bytesRead;
  handle.dispatched = ticket.bytesWritten;
  socket[kKeepAlive] = ticket.keepAlive;
  if (ticket.timeout > 0) socket.setTimeout(ticket.timeout);
  if (ticket.writableEnded) socket.end();
  // Before anything that is read from now on, and after listeners were added.
  if (received.byteLength > 0 || status !== 0) {
    process.nextTick(deliver, handle, received, status);
  }
  return socket;
}

/**
 * @param {any} Class What to make
 * @param {any} ticket What `detach` answered
 * @param {any} options As of the constructor
 * @param {any} handle Of the connection; closed where the options are refused
 * @returns {any} A socket
 */
function construct(Class, { allowHalfOpen, noDelay, typeOfService }, options, handle) {
  try {
    const status = handle.activate();
    if (status !== 0) throw errnoException(status, 'attach');
    return Reflect.construct(Class, [
      { allowHalfOpen, noDelay, typeOfService, ...options, handle },
    ]);
  } catch (error) {
    handle.close();
    throw error;
  }
}

/**
 * @param {any} handle The handle
 * @param {Buffer} received What was read before
 * @param {number} status 0, or the negative errno that reading has ended with
 */
function deliver(handle, received, status) {
  if (received.byteLength > 0 && handle.onread !== null) {
    handle.runInAsyncScope(handle.handleRead, handle, received);
  }
  if (status !== 0 && handle.onread !== null) {
    handle.runInAsyncScope(handle.handleEnd, handle, status);
  }
}

/**
 * A connection that is taken from its socket for a while.
 *
 * @typedef {object} Suspended
 * @property {any} handle Has the descriptor meanwhile
 * @property {boolean} isUnread Whether nothing was read of it that nobody has seen
 * @property {() => void} restore Gives it back
 */

/**
 * @param {any} socket A connected socket; without a handle afterwards
 * @returns {Suspended}
 */
function suspend(socket) {
  const was = socket._handle;
  const { reading } = was;
  was.comeToRest();
  const refused = was.activate();
  if (refused !== 0) throw errnoException(refused, 'detach');
  const key = native.detach(was.number, new Uint8Array(0), TIMEOUT);
  if (key < 0) throw errnoException(key, 'detach');
  const { fd, received, status } = /** @type {any} */ (native.redeem(key));
  was.leave();
  socket._handle = null;
  const handle = adopt(kindOf(was), fd);
  return {
    handle,
    isUnread: received.byteLength === 0 && status === 0,
    restore() {
      if (!was.referenced) handle.unref();
      socket[kAttachHandle](handle);
      handle.activate();
      if (reading) handle.readStart();
      process.nextTick(deliver, handle, received, status);
    },
  };
}

/**
 * @param {'TCP' | 'Pipe'} kind What it is
 * @param {number} fd A descriptor
 * @param {boolean} [isServer] Whether it listens
 * @returns {any} Its handle
 */
function adopt(kind, fd, isServer = false) {
  const handle =
    kind === 'Pipe'
      ? new Pipe(isServer ? 'PIPESERVERWRAP' : 'PIPEWRAP')
      : new TCP(isServer ? 'TCPSERVERWRAP' : 'TCPWRAP');
  const status = handle.open(fd);
  if (status !== 0) throw errnoException(status, 'attach');
  return handle;
}

// ---- servers

/**
 * @param {any} server The server; it does not listen afterwards
 * @param {any} options What `detach` was given
 * @returns {any} The ticket
 */
function detachServer(server, options) {
  const timeout = timeoutOf(options);
  const handle = server._handle;
  if (!handle) throw new ERR_SERVER_NOT_RUNNING();
  // One that a cluster's primary or built-in net has its hand on is not ours alone.
  if (!(handle instanceof StreamHandle) || handle.companion !== null || handle.server === null) {
    throw new ERR_INVALID_HANDLE_TYPE();
  }
  const { key, connections } = handle.server.detach(timeout);
  if (key < 0) throw errnoException(key, 'detach');
  // What it has accepted before is its own.
  for (const number of connections) {
    const peer = handle.createPeer(number);
    process.nextTick(() => handle.runInAsyncScope(handle.handleConnection, handle, 0, peer));
  }
  server._handle = null;
  handle.leave();
  return {
    type: SERVER,
    pid: process.pid,
    key,
    kind: kindOf(handle),
    path: server._pipeName ?? null,
    // Whether the path is removed when the server closes.
    ownsPath: /** @type {any} */ (handle).path !== '',
  };
}

/**
 * @param {any} Class What to make
 * @param {any} ticket What `detach` answered
 * @param {any} [options] As of the constructor
 * @param {Function} [connectionListener] A listener of 'connection'
 * @returns {any} A server that listens
 */
function attachServer(Class, ticket, options, connectionListener) {
  const server = Reflect.construct(Class, [options, connectionListener]);
  const { fd } = redeem(ticket, SERVER);
  const handle = adopt(ticket.kind, fd, true);
  if (ticket.path !== null) {
    server._pipeName = ticket.path;
    if (ticket.ownsPath) handle.path = ticket.path;
  }
  server._handle = handle;
  server._listen2(null, -1, -1, 0);
  return server;
}

module.exports = { attachServer, attachSocket, detachServer, detachSocket, suspend };
