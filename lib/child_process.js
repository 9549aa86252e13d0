'use strict';

/**
 * Sockets and servers of ours in `child.send()`, `process.send()` and the `stdio` of a child.
 *
 * `child_process` takes handles of Node's own only. So a socket or server of ours is sent as one of
 * core's over a duplicate of its descriptor; the message, the order of messages, `keepOpen` and the
 * count of a server's connections in other processes are core's doing. What arrives is core's, too,
 * and can be adopted: `new Socket({ handle: received })`. After {@link install} what arrives is
 * ours.
 *
 * Source: https://nodejs.org/api/child_process.html#subprocesssendmessage-sendhandle-options-callback
 */

const { channel, subscribe } = require('node:diagnostics_channel');
const { coreNet, isCoreSocket } = require('./core.js');
const { errnoException } = require('./errors.js');
const { adoptConnection, coreHandleFor } = require('./foreign.js');
const { StreamHandle, isCoreHandle } = require('./handle.js');
const native = require('./native.js');
const { Server } = require('./server.js');
const { Socket } = require('./socket.js');

/** The diagnostics channel that tells of every child process before it is started. */
const CHANNEL = 'child_process';

/**
 * Where all copies of this package in one process find each other: `send` is wrapped once.
 *
 * @type {any}
 */
const REGISTRY = Symbol.for('tokio-net.child_process');

/**
 * What is sent instead of something of ours.
 *
 * @typedef {object} Loan
 * @property {any} handle It, of core's
 * @property {(keepOpen: boolean) => void} taken It is on its way
 * @property {() => void} end It has left, or will not
 */

/**
 * One copy of this package.
 *
 * @typedef {object} Converter
 * @property {(handle: any) => Loan | undefined} lend Gives core what it takes for something of ours
 * @property {(handle: any) => any} receive Makes ours of what came; the same where it does not
 * @property {(entry: any) => any} toDescriptor The descriptor of something of ours in `stdio`
 */

/**
 * @param {any} handle What is to be sent
 * @returns {Loan | undefined} Undefined where it is not ours
 */
function lend(handle) {
  if (handle instanceof Socket && !isCoreSocket(handle)) return lendSocket(handle);
  if (handle instanceof Server) {
    const own = /** @type {any} */ (handle)._handle;
    const server = Object.create(coreNet().Server.prototype);
    // One that does not listen is sent as nothing, as with core.
    if (own === null) return { handle: server, taken() {}, end() {} };
    if (!(own instanceof StreamHandle)) return undefined;
    const coreHandle = makeCoreHandle(own);
    server._handle = coreHandle;
    return { handle: server, taken() {}, end: () => coreHandle.close() };
  }
  if (handle instanceof StreamHandle) {
    const coreHandle = makeCoreHandle(handle);
    return { handle: coreHandle, taken() {}, end: () => coreHandle.close() };
  }
  return undefined;
}

/**
 * @param {any} socket A socket of ours
 * @returns {Loan | undefined}
 */
function lendSocket(socket) {
  const own = socket._handle;
  if (own !== null && !(own instanceof StreamHandle)) return undefined;
  // One that is gone is sent as nothing, as with core.
  const handle = own === null ? undefined : makeCoreHandle(own);
  const stand = new (coreNet().Socket)({ handle, manualStart: true });
  stand.server = socket.server;
  return {
    handle: stand,
    taken(keepOpen) {
      if (!keepOpen && own !== null) letGo(socket);
    },
    end() {
      // Core has taken the handle out where it will close it itself.
      if (stand._handle) stand.destroy();
    },
  };
}

/**
 * @param {StreamHandle} handle A handle of ours
 * @returns {any} One of core's for the same descriptor
 */
function makeCoreHandle(handle) {
  handle.comeToRest();
  const coreHandle = coreHandleFor(handle.fd);
  if (typeof coreHandle === 'number') throw errnoException(coreHandle, 'dup');
  native.share(handle.number);
  return coreHandle;
}

/**
 * A socket that was sent is nobody's in this process any more. It says no word of that.
 *
 * @param {any} socket The socket
 */
function letGo(socket) {
  const handle = socket._handle;
  if (handle === null) return;
  socket.setTimeout(0);
  handle.onread = null;
  socket._handle = null;
  // Its server counts it no more: whoever sent it has seen to that.
  socket._server = null;
  handle.close();
}

/**
 * @param {any} handle What came with a message
 * @returns {any} Ours, where it is a socket or server of core's
 */
function receive(handle) {
  const { Server: CoreServer, Socket: CoreSocket } = coreNet();
  const isServer = handle instanceof CoreServer;
  // Something else, as a socket of dgram, may warn when it is asked for its handle.
  if (!isServer && !(handle instanceof CoreSocket)) return handle;
  if (!isCoreHandle(handle._handle)) return handle;
  if (!isServer) return adoptSocket(handle);
  const server = /** @type {any} */ (Reflect.construct(Server, []));
  return server.listen(handle);
}

/**
 * Takes a connection over from a socket of core's on which nothing has happened yet.
 *
 * @param {any} coreSocket The socket
 * @returns {any} Ours
 */
function adoptSocket(coreSocket) {
  const handle = adoptConnection(coreSocket._handle);
  coreSocket._handle = null;
  if (typeof handle === 'number') throw errnoException(handle, 'dup');
  const { allowHalfOpen } = coreSocket;
  const socket = /** @type {any} */ (Reflect.construct(Socket, [{ handle, allowHalfOpen }]));
  // Who sent it is told when it has closed.
  socket.once('close', () => coreSocket.destroy());
  return socket;
}

/**
 * @param {any} entry An entry of `stdio`
 * @returns {any} The same, or the descriptor of what is ours
 */
function toDescriptor(entry) {
  const handle = entry instanceof StreamHandle ? entry : entry?._handle;
  if (!(handle instanceof StreamHandle) || handle.fd < 0) return entry;
  handle.comeToRest();
  native.share(handle.number);
  if (entry instanceof Socket) {
    // The child reads from now on.
    /** @type {any} */ (entry).pause();
    handle.reading = false;
    handle.readStop();
  }
  return handle.fd;
}

// ---- where handles pass

/** @type {Converter} */
const converter = { lend, receive, toDescriptor };

/**
 * What all copies share: it belongs to the first one, which knows the others only as long as
 * somebody uses them.
 */
class Registry {
  constructor() {
    /** @type {Set<WeakRef<Converter>>} */
    this.converters = new Set();
    /** @type {WeakRef<Converter> | null} */
    this.receiver = null;
    /** @type {WeakMap<object, Set<Loan>>} */
    this.pending = new WeakMap();
    this.onChild = this.onChild.bind(this);
  }

  /**
   * @param {Converter} one A copy
   */
  add(one) {
    for (const reference of this.converters) {
      if (reference.deref() === undefined) this.converters.delete(reference);
    }
    this.converters.add(new WeakRef(one));
  }

  /**
   * @template T
   * @param {(one: Converter) => T | undefined} ask What each copy is asked
   * @returns {T | undefined} The first answer
   */
  first(ask) {
    for (const reference of this.converters) {
      const one = reference.deref();
      const answer = one === undefined ? undefined : ask(one);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /**
   * A child process is about to be started.
   *
   * @param {any} message Of the diagnostics channel
   */
  onChild(message) {
    const child = message.process;
    // Another copy of this package has seen to it.
    if (Object.hasOwn(child, 'spawn')) return;
    const registry = this;
    Object.defineProperty(child, 'spawn', {
      configurable: true,
      enumerable: false,
      writable: true,
      /**
       * @this {any} The child
       * @param {any} options How to start it
       * @returns {any} What starting it answers
       */
      value: function spawn(options) {
        delete this.spawn;
        const result = this.spawn(registry.withDescriptors(options));
        if (typeof this.send === 'function') registry.watch(this);
        return result;
      },
    });
  }

  /**
   * @param {any} options How to start a child
   * @returns {any} The same, with descriptors in the place of what is ours
   */
  withDescriptors(options) {
    if (!Array.isArray(options?.stdio)) return options;
    const stdio = options.stdio.map((/** @type {any} */ entry) => {
      if (typeof entry !== 'object' || entry === null) return entry;
      const convert = (/** @type {Converter} */ one) => {
        const answer = one.toDescriptor(entry);
        return answer === entry ? undefined : answer;
      };
      return this.first(convert) ?? entry;
    });
    return { ...options, stdio };
  }

  /**
   * @param {any} target A child process, or the process itself: what messages are sent through
   */
  watch(target) {
    const registry = this;
    const { send } = target;
    target.send = function (
      /** @type {any} */ message,
      /** @type {any} */ handle,
      /** @type {any} */ ...rest
    ) {
      const loan = registry.lend(handle);
      if (loan === undefined) return Reflect.apply(send, this, [message, handle, ...rest]);
      return registry.send(this, send, message, loan, rest);
    };
    if (this.receiver !== null) this.adoptWhatArrives(target);
  }

  /**
   * @param {any} target What messages arrive at
   */
  adoptWhatArrives(target) {
    const registry = this;
    const { emit } = target;
    Object.defineProperty(target, 'emit', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: function (/** @type {any[]} */ ...args) {
        if (args[0] === 'message' && args[2]) args[2] = registry.receive(args[2]);
        return Reflect.apply(emit, this, args);
      },
    });
  }

  /**
   * @param {any} handle What is to be sent
   * @returns {Loan | undefined}
   */
  lend(handle) {
    if (typeof handle !== 'object' || handle === null) return undefined;
    return this.first((one) => one.lend(handle));
  }

  /**
   * @param {any} handle What came with a message
   * @returns {any} What the program gets
   */
  receive(handle) {
    const receiver = this.receiver?.deref();
    return receiver === undefined ? handle : receiver.receive(handle);
  }

  /**
   * @param {any} target What the message is sent through
   * @param {Function} send Its own way of doing that
   * @param {any} message The message
   * @param {Loan} loan What goes with it
   * @param {any[]} rest Options and callback, as far as they were given
   * @returns {any} What `send` answers
   */
  send(target, send, message, loan, rest) {
    const last = rest.findLastIndex((argument) => typeof argument === 'function');
    const callback = last === -1 ? undefined : rest[last];
    const options = typeof rest[0] === 'function' ? undefined : rest[0];
    this.hold(target, loan);
    const onSent = (/** @type {Error | null} */ error) => {
      this.release(target, loan);
      if (callback !== undefined) callback.call(target, error);
      else if (error) target.emit('error', error);
    };
    const { connected } = target;
    let result;
    try {
      result = Reflect.apply(send, target, [message, loan.handle, options, onSent]);
    } catch (error) {
      this.release(target, loan);
      throw error;
    }
    if (connected) loan.taken(Boolean(options?.keepOpen));
    return result;
  }

  /**
   * A descriptor waits to be sent; should the channel close before, nobody else closes it.
   *
   * @param {any} target What it is sent through
   * @param {Loan} loan What is sent
   */
  hold(target, loan) {
    let loans = this.pending.get(target);
    if (loans === undefined) {
      loans = new Set();
      this.pending.set(target, loans);
    }
    if (loans.size === 0) target.once('disconnect', this.onDisconnect);
    loans.add(loan);
  }

  /**
   * @param {any} target What it was sent through
   * @param {Loan} loan What was sent, or will not be
   */
  release(target, loan) {
    const loans = this.pending.get(target);
    if (!loans?.delete(loan)) return;
    if (loans.size === 0) target.removeListener('disconnect', this.onDisconnect);
    loan.end();
  }

  /** The channel is closed; called on what messages were sent through. */
  onDisconnect = (() => {
    const registry = this;
    /** @this {any} */
    return function onDisconnect() {
      for (const loan of registry.pending.get(this) ?? []) registry.release(this, loan);
    };
  })();
}

/** @returns {Registry} That of the process */
function registryOf() {
  const told = /** @type {any} */ (channel(CHANNEL));
  if (told[REGISTRY] === undefined) {
    told[REGISTRY] = new Registry();
    subscribe(CHANNEL, told[REGISTRY].onChild);
    if (typeof process.send === 'function') told[REGISTRY].watch(process);
  }
  return told[REGISTRY];
}

let enabled = false;

/** From now on sockets and servers of ours can be sent. */
function enable() {
  if (enabled) return;
  enabled = true;
  registryOf().add(converter);
}

/**
 * The same, where that is not known before a child process is about to be started.
 *
 * @param {any} message Of the diagnostics channel
 */
function onChild(message) {
  enable();
  registryOf().onChild(message);
}

/**
 * From now on what arrives with a message is ours: sockets and servers of core's are adopted before
 * the program sees them. For a preload that puts this package in the place of `net`.
 */
function install() {
  enable();
  const registry = registryOf();
  const isFirst = registry.receiver === null;
  registry.receiver = new WeakRef(converter);
  if (isFirst && typeof process.send === 'function') registry.adoptWhatArrives(process);
}

module.exports = { adoptSocket, enable, install, onChild };
