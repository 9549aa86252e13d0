'use strict';

/**
 * The handles behind `socket._handle` and `server._handle`: thin classes over the native core with
 * the verbs that a stream handle of Node has, so that code which looks at `_handle` finds what it
 * looks for. They are not Node's own: nothing here says `isStreamBase`.
 *
 * A verb answers 0 or a negative errno, and never throws for what the system refuses. What ends
 * later is told through `oncomplete` of the request object that was passed in.
 */

const { AsyncResource } = require('node:async_hooks');
const { inspect } = require('node:util');
const bridge = require('./bridge.js');
const { defer } = require('./clock.js');
const { eventException } = require('./errors.js');
const { errno, nodeMajor } = require('./platform.js');
const outbox = require('./outbox.js');

const { native } = bridge;

/** `-ECANCELED`: what a request ends with when its handle is closed. */
const ECANCELED = errno.ECANCELED;
const EBADF = errno.EBADF;
const EINVAL = errno.EINVAL;

const kNative = Symbol('native');

/** Names of functions that core sets as `onread`. */
const CORE_GUARD = 'freeSocketOnReadGuard';
const CORE_READER = 'onStreamRead';

/**
 * Reads where nothing is to be read.
 *
 * @this {StreamHandle}
 */
function destroyOwner() {
  this.owner?.destroy();
}

/**
 * Bytes that a string may need at most so that Node tries to write it before it makes memory for it:
 * where that fails, its bytes do not count as written.
 */
const TRIED_FIRST = 16384;

/** Milliseconds after which a write that blocks the thread looks again whether there is room. */
const ROOM_INTERVAL = 1;

/** What a write of something else than bytes gets, in the words of Node's handles. */
class ERR_BUFFER_EXPECTED extends TypeError {
  constructor() {
    super('Second argument must be a buffer');
    this.code = 'ERR_INVALID_ARG_TYPE';
  }
}

/**
 * A request that ends later.
 *
 * @typedef {object} HandleRequest
 * @property {Function} [oncomplete] Called with the status, the handle and the request
 * @property {boolean} [async] Set by a write: whether `oncomplete` will be called
 * @property {number} [bytes] Set by a write: how many bytes it has
 * @property {AsyncResource} [resource] The asynchronous life of what ends later
 * @property {boolean} [relaxed] Whether nobody waits for this write in particular, so that it may
 *   count as written before the kernel has it; if it then fails, the owner is destroyed
 */

/**
 * What a handle needs of an AsyncResource; its `bind` gives way to that of a socket.
 *
 * @type {new (type: string, triggerAsyncId?: number) => Pick<AsyncResource, 'asyncId' | 'emitDestroy' | 'runInAsyncScope'>}
 */
const Resource = AsyncResource;

// What `executionAsyncResource()` answers, and hooks get: named as Node's own are.
class TCPConnectWrap extends AsyncResource {}
class PipeConnectWrap extends AsyncResource {}
class WriteWrap extends AsyncResource {}
class ShutdownWrap extends AsyncResource {}

/** A stream handle: what TCP and Unix sockets and their listeners have in common. */
class StreamHandle extends Resource {
  /**
   * @param {string} type The name of the asynchronous resource
   * @param {number} number The number of a connection that a listener has announced, or 0
   * @param {number} [triggerAsyncId] The listener's asynchronous resource
   */
  constructor(type, number, triggerAsyncId) {
    bridge.start();
    super(type, triggerAsyncId);
    this.number = number;
    this.reading = false;
    /** The turn in which the outbox got bytes of this handle. */
    this.turn = -1;
    this.event = -1;
    this.gathered = 0;
    /** Bytes that came and went through JavaScript, or by pumps that were stopped. */
    this.received = 0;
    this.dispatched = 0;
    /** @type {any} */
    this.owner = null;
    /** @type {Function | null} What gets the bytes; seen from outside, `onread`. */
    this.reader = null;
    this[kNative] = null;
    this.closing = false;
    this.referenced = true;
    this.alive = false;
    this.ended = false;
    /** @type {HandleRequest | null} */
    this.connectRequest = null;
    /** @type {HandleRequest | null} */
    this.shutdownRequest = null;
    /** @type {PendingWrite | null} */
    this.pendingWrite = null;
    /** @type {Function | null} */
    this.onclose = null;
    if (number !== 0) bridge.register(this);
  }

  /** @returns {number} Bytes that were read */
  get bytesRead() {
    return this.pump === null ? this.received : this.received + this.pump.moved();
  }

  /** @returns {number} Bytes that were written, sent or not */
  get bytesWritten() {
    return this.feed === null ? this.dispatched : this.dispatched + this.feed.moved();
  }

  /** @returns {number} Bytes of the write under way that the kernel does not have yet */
  get writeQueueSize() {
    return this.pendingWrite === null ? 0 : this.pendingWrite.left;
  }

  /** Ends native pipes, before anything comes between their bytes. */
  stopPumps() {
    this.pump?.stop();
    this.feed?.stop();
  }

  /** The native socket; made when it is first needed. */
  get socket() {
    if (this[kNative] === null) {
      this[kNative] = this.number === 0 ? new native.Socket() : native.Socket.accepted(this.number);
    }
    return this[kNative];
  }

  /** @returns {string} Short: the handle is a detail of what it belongs to */
  [inspect.custom]() {
    return `${this.constructor.name} { fd: ${this.fd}, reading: ${this.reading} }`;
  }

  /** @returns {object} Without what it belongs to, which may be what is being written as JSON */
  toJSON() {
    return { reading: this.reading };
  }

  // ---- what packages look for

  /** The descriptor, or -1. */
  get fd() {
    if (this.closing) return -1;
    return this.server === null ? this.socket.fd : this.server.fd;
  }

  /** What is called with the bytes, and with `undefined` and a status at the end. */
  get onread() {
    return this.guard ?? this.reader;
  }

  /**
   * Agents of Node's http put a guard over an idle socket here, which ends it with whatever is read,
   * and later what core's own handles call. Both are made for core's handles only: meanwhile a guard
   * of ours does that work, and afterwards the reader is the one that was there.
   */
  set onread(reader) {
    if (reader?.name === CORE_GUARD) {
      this.guard = reader;
      this.guarded ??= this.reader;
      this.reader = destroyOwner;
      return;
    }
    this.reader = reader?.name === CORE_READER ? (this.guarded ?? this.reader) : reader;
    if (this.guard === null) return;
    this.guard = null;
    this.guarded = null;
  }

  /** @returns {number} The id of the handle's asynchronous resource */
  getAsyncId() {
    return this.asyncId();
  }

  /** @returns {number} A number that stands for the kind of resource */
  getProviderType() {
    return 0;
  }

  /** Node's handles start a new asynchronous life here when a pool reuses them. */
  asyncReset() {}

  /** @returns {undefined} Lets the process end while the handle is active */
  ref() {
    this.referenced = true;
    this.update();
  }

  /** @returns {undefined} Keeps the process alive while the handle is active */
  unref() {
    this.referenced = false;
    this.update();
  }

  /** @returns {boolean} Whether the handle keeps the process alive while it is active */
  hasRef() {
    return this.referenced && (!this.closing || this.alive);
  }

  // ---- descriptors

  /**
   * Adopts a descriptor.
   *
   * @param {number} fd An open descriptor, owned by the handle from then on
   * @returns {number} 0 or a negative errno
   */
  open(fd) {
    return this.socket.open(fd);
  }

  /**
   * Starts to use an adopted descriptor as a connection.
   *
   * @returns {number} 0 or a negative errno
   */
  activate() {
    if (this.number !== 0) return 0;
    const status = this.socket.activate();
    if (status === 0) this.activated();
    return status;
  }

  /** @returns {boolean} Whether there is somebody at the other end */
  isConnected() {
    return this.socket.isConnected();
  }

  /** The native socket has got its number. */
  activated() {
    this.number = this.socket.number;
    bridge.register(this);
    const limits = this.readLimits;
    if (limits) this.setReadLimits(limits.readSize, limits.highWaterMark);
  }

  /**
   * A connect is under way.
   *
   * @param {HandleRequest} request Told how it ended
   * @param {AsyncResource} resource Its asynchronous life
   * @returns {number} 0
   */
  connecting(request, resource) {
    this.activated();
    request.resource = resource;
    this.connectRequest = request;
    this.update();
    return 0;
  }

  /**
   * Listens on the bound or adopted descriptor.
   *
   * @param {number} backlog Connections that may wait in the kernel
   * @returns {number} 0 or a negative errno
   */
  listen(backlog) {
    if (this.server !== null) return 0;
    // A connection is no listener.
    if (this.number !== 0) return EINVAL;
    const server = new native.Server();
    const status = server.listen(this.socket, backlog);
    if (status !== 0) return status;
    this.server = server;
    this.number = server.number;
    bridge.register(this);
    this.update();
    return 0;
  }

  /**
   * Lets connections be read from before 'connection' is emitted, where whoever gets them will
   * surely read them.
   *
   * @param {boolean} eager Whether that is so
   */
  setEager(eager) {
    this.server?.setEager(eager);
  }

  /**
   * Closes the descriptor. Requests under way end with `ECANCELED`.
   *
   * @param {Function} [callback] Called once the descriptor is closed
   */
  close(callback) {
    if (this.closing) return;
    this.stopPumps();
    this.closing = true;
    this.reading = false;
    this.onclose = callback ?? null;
    this.update();
    if (this.companion !== null) this.companion.close();
    if (this.number !== 0) {
      if (this.server !== null) this.server.removePath();
      this.sendGathered();
      native.close(this.number);
      return;
    }
    if (this[kNative] !== null) this[kNative].discard();
    const number = native.closeUnopened();
    if (number > 0) {
      this.number = number;
      bridge.register(this);
      this.update();
    } else {
      defer(() => bridge.enter(this, this.handleClose, this));
    }
  }

  /**
   * Closes with a reset on the wire.
   *
   * @param {Function} [callback] Called once the descriptor is closed
   * @returns {number} 0 or a negative errno
   */
  reset(callback) {
    if (this.closing) return EINVAL;
    const status = this.socket.resetOnClose();
    if (status !== 0) return status;
    this.close(callback);
    return 0;
  }

  // ---- reading

  /**
   * Lets bytes arrive at `onread(chunk)`; the end of the stream is `onread(undefined, status)`.
   *
   * @returns {number} 0 or a negative errno
   */
  readStart() {
    if (this.closing) return EBADF;
    if (this.number === 0) {
      const status = this.activate();
      if (status !== 0) return status;
    }
    this.reading = true;
    this.update();
    return native.startReading(this.number);
  }

  /**
   * Keeps bytes from arriving.
   *
   * @returns {number} 0 or a negative errno
   */
  readStop() {
    this.pump?.stop();
    this.reading = false;
    this.update();
    return this.number === 0 ? 0 : native.stopReading(this.number);
  }

  /**
   * Bounds what is read ahead.
   *
   * @param {number} readSize Bytes of one read at most
   * @param {number} highWaterMark Bytes unseen past which nothing is read
   */
  setReadLimits(readSize, highWaterMark) {
    if (this.number !== 0) native.setReadLimits(this.number, readSize, highWaterMark);
    else this.readLimits = { readSize, highWaterMark };
  }

  /** @returns {boolean} Whether bytes have come that the reader has not got */
  hasPendingRead() {
    return native.hasPendingRead(this.number);
  }

  // ---- writing

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {Uint8Array} chunk The bytes
   * @returns {number} 0 or a negative errno
   */
  writeBuffer(request, chunk) {
    if (!ArrayBuffer.isView(chunk)) throw new ERR_BUFFER_EXPECTED();
    if (!(chunk instanceof Uint8Array)) chunk = bytesOf(chunk);
    this.feed?.interrupt();
    const length = chunk.byteLength;
    const isSmall = length <= outbox.SMALL && this.number !== 0;
    if (isSmall && this.mayGather(request)) {
      outbox.gather(this, chunk);
      return this.written(request, length);
    }
    this.sendGathered();
    const taken = isSmall
      ? outbox.send(this, chunk)
      : this.number === 0
        ? this.activate()
        : native.write(this.number, chunk);
    return this.afterWrite(request, length, taken, chunk);
  }

  /**
   * @param {HandleRequest} request A small write
   * @returns {boolean} Whether it is to be gathered with others
   */
  mayGather(request) {
    if (this.backlogged || this.blocking) return false;
    return outbox.isLoaded(this) && request.relaxed === true;
  }

  /** Lets go out what was gathered, before anything that must not overtake it. */
  sendGathered() {
    if (outbox.holds(this)) native.flushThrough(this.number);
  }

  /** Lets nothing be moved without JavaScript any more, before the descriptor goes elsewhere. */
  comeToRest() {
    this.pump?.stop();
    this.feed?.stop();
    this.sendGathered();
  }

  /**
   * The descriptor belongs to somebody else now; what this handle had is closed.
   */
  leave() {
    this.closing = true;
    this.reading = false;
    this.onread = null;
    this.update();
  }

  /**
   * @param {HandleRequest} request A write that has ended
   * @param {number} length How many bytes it has
   * @returns {number} 0
   */
  written(request, length) {
    this.dispatched += length;
    request.bytes = length;
    request.async = false;
    return 0;
  }

  /**
   * @param {HandleRequest} request A write
   * @param {number} length How many bytes it has
   * @param {number} taken How many of them the kernel took, or a negative errno
   * @param {Uint8Array} chunk The bytes
   * @returns {number} 0 or a negative errno
   */
  afterWrite(request, length, taken, chunk) {
    // As with built-in net, bytes count from the attempt on.
    this.written(request, length);
    if (taken < 0) return taken;
    return taken === length ? 0 : this.queueWrite(request, [chunk], taken);
  }

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {any[]} chunks Buffers, or chunks and encodings by turns
   * @param {boolean} allBuffers Whether there are only Buffers
   * @returns {number} 0 or a negative errno
   */
  writev(request, chunks, allBuffers) {
    this.feed?.interrupt();
    if (!allBuffers && this.number !== 0) {
      const gather = this.willGather(request);
      const length = outbox.encodeAll(chunks);
      if (length > 0) return this.writeEncoded(request, length, gather);
    }
    /** @type {Uint8Array[]} */
    const buffers = allBuffers ? chunks : toBuffers(chunks);
    let length = 0;
    for (const buffer of buffers) length += buffer.byteLength;
    // As with built-in net, where several come to nothing the kernel is not asked.
    if (length === 0 && this.number !== 0) return this.written(request, 0);
    if (length <= outbox.SMALL && this.number !== 0 && this.mayGather(request)) {
      for (const buffer of buffers) outbox.gather(this, buffer);
      return this.written(request, length);
    }
    this.sendGathered();
    const taken = this.number === 0 ? this.activate() : native.writeVectored(this.number, buffers);
    this.written(request, length);
    if (taken < 0) return taken;
    return taken === length ? 0 : this.queueWrite(request, buffers, taken);
  }

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {string} text The text
   * @returns {number} 0 or a negative errno
   */
  writeUtf8String(request, text) {
    return this.textWritten(this.writeText(request, text, 'utf8', false), request, text.length * 3);
  }

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {string} text The text
   * @returns {number} 0 or a negative errno
   */
  writeLatin1String(request, text) {
    return this.textWritten(this.writeText(request, text, 'latin1', true), request, text.length);
  }

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {string} text The text
   * @returns {number} 0 or a negative errno
   */
  writeAsciiString(request, text) {
    return this.textWritten(this.writeText(request, text, 'latin1', true), request, text.length);
  }

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {string} text The text
   * @returns {number} 0 or a negative errno
   */
  writeUcs2String(request, text) {
    const status = this.writeBuffer(request, Buffer.from(text, 'utf16le'));
    return this.textWritten(status, request, text.length * 2);
  }

  /**
   * @param {number} status 0 or a negative errno
   * @param {HandleRequest} request The write of a string
   * @param {number} most How many bytes it may have had, judged by its length
   * @returns {number} The status
   */
  textWritten(status, request, most) {
    if (status < 0 && most <= TRIED_FIRST) this.dispatched -= request.bytes ?? 0;
    return status;
  }

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {string} text The text
   * @param {'utf8' | 'latin1'} encoding Its encoding on the wire
   * @param {boolean} latin1 Whether that is Latin-1
   * @returns {number} 0 or a negative errno
   */
  writeText(request, text, encoding, latin1) {
    if (text.length > outbox.SMALL || this.number === 0) {
      return this.writeBuffer(request, Buffer.from(text, encoding));
    }
    this.feed?.interrupt();
    const gather = this.willGather(request);
    return this.writeEncoded(request, outbox.encode(text, latin1), gather);
  }

  /**
   * @param {HandleRequest} request A small write; if it is not to be gathered, nothing is before it
   * @returns {boolean} Whether it is to be gathered with others
   */
  willGather(request) {
    if (this.mayGather(request)) return true;
    this.sendGathered();
    return false;
  }

  /**
   * @param {HandleRequest} request Told when the write has ended, if that is later
   * @param {number} length How many bytes were just encoded
   * @param {boolean} gather Whether they are to be gathered with others
   * @returns {number} 0 or a negative errno
   */
  writeEncoded(request, length, gather) {
    if (gather) {
      outbox.gatherEncoded(this, length);
      return this.written(request, length);
    }
    const taken = outbox.sendEncoded(this, length);
    if (taken === length) return this.written(request, length);
    return this.afterWrite(request, length, taken, outbox.copyOfEncoded(length));
  }

  /**
   * What the kernel did not take waits for room, or is left to the I/O thread piece by piece.
   *
   * @param {HandleRequest} request Told when the write has ended
   * @param {Uint8Array[]} buffers The bytes; held by reference until they are copied
   * @param {number} taken How many of them the kernel has
   * @returns {number} 0 or a negative errno
   */
  queueWrite(request, buffers, taken) {
    if (this.blocking) return new PendingWrite(request, buffers, taken).pourAll(this.number);
    request.async = true;
    request.resource = new WriteWrap('WRITEWRAP', this.asyncId());
    const pending = new PendingWrite(request, buffers, taken);
    const status = native.awaitRoom(this.number) ? 0 : pending.advance(this.number, 0);
    if (status < 0) return status;
    this.pendingWrite = pending;
    this.update();
    return 0;
  }

  /**
   * @param {boolean} blocking Whether a write keeps the thread until the kernel has taken it
   * @returns {number} 0 or a negative errno
   */
  setBlocking(blocking) {
    if (this.closing) return EBADF;
    if (this.blocking !== Boolean(blocking)) this.blocking = Boolean(blocking);
    return 0;
  }

  /**
   * Half-closes.
   *
   * @param {HandleRequest} request Told when that is done
   * @returns {number} 0 or a negative errno
   */
  shutdown(request) {
    this.feed?.stop();
    const status = this.number === 0 ? this.activate() : 0;
    if (status !== 0) return status;
    this.sendGathered();
    request.resource = new ShutdownWrap('SHUTDOWNWRAP', this.asyncId());
    this.shutdownRequest = request;
    this.update();
    return native.shutdown(this.number);
  }

  // ---- events

  /** @param {number} status 0 or a negative errno */
  handleConnect(status) {
    const request = this.connectRequest;
    if (request === null) return;
    this.connectRequest = null;
    this.update();
    settle(request, status, this, request, true, true);
  }

  /** @param {Buffer} chunk What was read */
  handleRead(chunk) {
    this.received += chunk.byteLength;
    if (this.consumer === null) this.reader?.(chunk, 0);
    else this.consumer.read(chunk);
  }

  /** @param {number} status 0 at the end of the stream, else a negative errno */
  handleEnd(status) {
    this.pump?.stop();
    this.ended = true;
    this.update();
    this.reader?.(undefined, status);
  }

  /** @param {number} sent How many more of the queued bytes the kernel has, or a negative errno */
  handleWrite(sent) {
    const pending = this.pendingWrite;
    if (sent < 0) this.feed?.stop();
    else if (this.backlogged) this.backlogged = false;
    if (pending === null) {
      // Nobody waited for that write in particular.
      if (sent < 0) this.owner?.destroy(eventException(sent, 'write'));
      return;
    }
    this.handleProgress(pending, sent < 0 ? sent : pending.advance(this.number, sent));
  }

  /** The kernel has room for more of the write under way. */
  handleRoom() {
    const pending = this.pendingWrite;
    if (pending === null) return;
    let status = pending.pour(this.number);
    if (status === 0 && !pending.isDone() && !native.awaitRoom(this.number)) {
      status = pending.advance(this.number, 0);
    }
    this.handleProgress(pending, status);
  }

  /**
   * @param {PendingWrite} pending The write under way, which has come further
   * @param {number} status 0 or a negative errno
   */
  handleProgress(pending, status) {
    if (status === 0 && !pending.isDone()) return;
    this.pendingWrite = null;
    this.update();
    settle(pending.request, status, this, undefined);
    // The source of a native pipe may wait for that.
    this.feed?.start();
  }

  /** All that was read before the halt of the source has arrived. */
  handleHalted() {
    this.pump?.handleHalted();
  }

  /** Bytes that count as written wait for the kernel. */
  handleFull() {
    this.backlogged = true;
  }

  /** @param {number} status 0 or a negative errno */
  handleShutdown(status) {
    const request = this.shutdownRequest;
    if (request === null) return;
    this.shutdownRequest = null;
    this.update();
    settle(request, status);
  }

  /**
   * @param {number} status 0 or a negative errno
   * @param {StreamHandle | undefined} peer The handle of a new connection
   */
  handleConnection(status, peer) {
    this.onconnection?.(status, peer);
  }

  /** The descriptor is closed. */
  handleClose() {
    bridge.unregister(this);
    this.number = 0;
    this[kNative] = null;
    if (this.server !== null) this.server = null;
    const { connectRequest, pendingWrite, shutdownRequest, onclose } = this;
    this.connectRequest = null;
    this.pendingWrite = null;
    this.shutdownRequest = null;
    this.onclose = null;
    this.closing = true;
    if (this.alive) {
      this.alive = false;
      bridge.release();
    }
    if (connectRequest) settle(connectRequest, ECANCELED, this, connectRequest, false, false);
    if (pendingWrite) settle(pendingWrite.request, ECANCELED, this, undefined);
    if (shutdownRequest) settle(shutdownRequest, ECANCELED);
    onclose?.call(this);
    this.emitDestroy();
  }

  /** Sees to it that the process lives exactly while a referenced handle is active. */
  update() {
    const alive =
      (this.number !== 0 && this.closing) ||
      this.connectRequest !== null ||
      this.pendingWrite !== null ||
      this.shutdownRequest !== null ||
      (this.referenced && !this.ended && (this.reading || this.server !== null));
    if (alive === this.alive) return;
    this.alive = alive;
    if (alive) bridge.hold();
    else bridge.release();
  }

  /** @returns {string} What Node calls it in `process.getActiveResourcesInfo()` */
  get resourceName() {
    return 'PipeWrap';
  }

  /**
   * @param {number} _number The number of a new connection
   * @returns {StreamHandle}
   */
  createPeer(_number) {
    throw new Error('not a listener');
  }
}

// What few handles ever have is here until it is set: the fields of its handle are much of the memory
// that an idle connection takes. So nothing is set to what it is already.

/** Whether what is read goes on as a view that is not to be kept. */
StreamHandle.prototype.borrows = false;
StreamHandle.prototype.consumer = null;
/** Whether bytes that count as written wait for the kernel. */
StreamHandle.prototype.backlogged = false;
/** Whether a write waits until the kernel has taken it. */
StreamHandle.prototype.blocking = false;
/**
 * The native pipe out of here.
 *
 * @type {import('./pump').Pump | null}
 */
StreamHandle.prototype.pump = null;
/**
 * The native pipe that ends here.
 *
 * @type {import('./pump').Pump | null}
 */
StreamHandle.prototype.feed = null;
/** @type {Function | null} A guard of core's, while it is in the reader's place. */
StreamHandle.prototype.guard = null;
/** @type {Function | null} The reader meanwhile. */
StreamHandle.prototype.guarded = null;
/** @type {Function | null} */
StreamHandle.prototype.onconnection = null;
/** @type {any} The native listener. */
StreamHandle.prototype.server = null;
/**
 * A handle of core's with the same descriptor, which closes with this one.
 *
 * @type {{ close: Function } | null}
 */
StreamHandle.prototype.companion = null;
/** Whether the descriptor is bound only, and there to connect. */
StreamHandle.prototype.unconnected = false;
/** @type {{ readSize: number, highWaterMark: number } | null} Those that wait for a number. */
StreamHandle.prototype.readLimits = null;

/** A write that the kernel did not take at once. */
class PendingWrite {
  /**
   * @param {HandleRequest} request Told when the write has ended
   * @param {Uint8Array[]} buffers The bytes
   * @param {number} taken How many of them the kernel has already
   */
  constructor(request, buffers, taken) {
    this.request = request;
    this.buffers = buffers;
    /** How many bytes the kernel does not have yet. */
    this.left = /** @type {number} */ (request.bytes) - taken;
    /** How many of these the I/O thread has. */
    this.queued = 0;
    /** The first buffer that was not copied whole, and how much of it was. */
    this.index = 0;
    this.offset = taken;
    while (this.index < buffers.length && this.offset >= buffers[this.index].byteLength) {
      this.offset -= buffers[this.index++].byteLength;
    }
  }

  /** @returns {boolean} Whether the kernel has everything that was there to copy */
  isDone() {
    return this.queued === 0 && this.index === this.buffers.length;
  }

  /**
   * Writes as much as the kernel takes.
   *
   * @param {number} number The handle's number
   * @returns {number} 0 or a negative errno
   */
  pour(number) {
    const { buffers } = this;
    while (this.index < buffers.length) {
      const rest = buffers.slice(this.index);
      rest[0] = rest[0].subarray(this.offset);
      const taken =
        rest.length === 1 ? native.write(number, rest[0]) : native.writeVectored(number, rest);
      if (taken < 0) return taken;
      if (taken === 0 && rest[0].byteLength > 0) break;
      this.left -= taken;
      this.offset += taken;
      while (this.index < buffers.length && this.offset >= buffers[this.index].byteLength) {
        this.offset -= buffers[this.index++].byteLength;
      }
    }
    return 0;
  }

  /**
   * Writes everything, and blocks the thread until the kernel has it.
   *
   * @param {number} number The handle's number
   * @returns {number} 0 or a negative errno
   */
  pourAll(number) {
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      const status = this.pour(number);
      if (status !== 0 || this.isDone()) return status;
      Atomics.wait(never, 0, 0, ROOM_INTERVAL);
    }
  }

  /**
   * Counts sent bytes out and copies what fits of the rest.
   *
   * @param {number} number The handle's number
   * @param {number} sent How many bytes were sent since the last time
   * @returns {number} 0 or a negative errno
   */
  advance(number, sent) {
    this.left -= sent;
    this.queued -= sent;
    while (this.index < this.buffers.length) {
      const chunk = this.buffers[this.index];
      const count = native.queueWrite(number, chunk.subarray(this.offset));
      if (count < 0) return count;
      this.queued += count;
      this.offset += count;
      if (this.offset < chunk.byteLength) break;
      this.index++;
      this.offset = 0;
    }
    return 0;
  }
}

/** A TCP handle. */
class TCP extends StreamHandle {
  /**
   * @param {'TCPWRAP' | 'TCPSERVERWRAP'} [type] The name of the asynchronous resource
   * @param {number} [number] The number of a connection that a listener has announced
   * @param {number} [triggerAsyncId] The listener's asynchronous resource
   */
  constructor(type = 'TCPWRAP', number = 0, triggerAsyncId = undefined) {
    super(type, number, triggerAsyncId);
  }

  get resourceName() {
    return this.server === null ? 'TCPSocketWrap' : 'TCPServerWrap';
  }

  /**
   * @param {string} address An IPv4 address
   * @param {number} port 0 lets the system choose
   * @param {boolean} [reusePort] Whether others may bind there too (`SO_REUSEPORT`)
   * @returns {number} 0 or a negative errno
   */
  bind(address, port, reusePort = false) {
    return this.socket.bind(address, port, false, reusePort);
  }

  /**
   * @param {string} address An IPv6 address
   * @param {number} port 0 lets the system choose
   * @param {boolean} [ipv6Only] Whether IPv4 stays out (`IPV6_V6ONLY`)
   * @param {boolean} [reusePort] Whether others may bind there too (`SO_REUSEPORT`)
   * @returns {number} 0 or a negative errno
   */
  bind6(address, port, ipv6Only = false, reusePort = false) {
    return this.socket.bind(address, port, ipv6Only, reusePort);
  }

  /**
   * @param {HandleRequest} request Told how the connect ended
   * @param {string} address An IP address
   * @param {number} port The port
   * @returns {number} 0 or a negative errno
   */
  connect(request, address, port) {
    if (this.connectRequest !== null) return errno.EALREADY;
    // A path, for one, that a socket is to connect to which has been one of TCP.
    if (typeof port !== 'number') return EINVAL;
    const status = this.socket.connect(address, port);
    if (status !== 0) return status;
    return this.connecting(request, new TCPConnectWrap('TCPCONNECTWRAP', this.asyncId()));
  }

  /**
   * @param {HandleRequest} request Told how the connect ended
   * @param {string} address An IPv6 address
   * @param {number} port The port
   * @returns {number} 0 or a negative errno
   */
  connect6(request, address, port) {
    return this.connect(request, address, port);
  }

  /**
   * @param {{ address?: string, family?: string, port?: number }} out Gets the local address
   * @returns {number} 0 or a negative errno
   */
  getsockname(out) {
    const endpoint =
      this.server === null ? this.socket.localEndpoint() : this.server.localEndpoint();
    if (endpoint === null) return EBADF;
    Object.assign(out, endpoint);
    return 0;
  }

  /**
   * @param {{ address?: string, family?: string, port?: number }} out Gets the peer's address
   * @returns {number} 0 or a negative errno
   */
  getpeername(out) {
    const endpoint = this.socket.remoteEndpoint();
    if (endpoint === null) return EBADF;
    Object.assign(out, endpoint);
    return 0;
  }

  /**
   * @param {boolean} enable Whether small writes leave at once
   * @returns {number} 0 or a negative errno
   */
  setNoDelay(enable) {
    return this.socket.setNoDelay(Boolean(enable));
  }

  /**
   * @param {boolean} enable Whether an idle connection is probed
   * @param {number} [delay] Seconds before the first probe; 0: the system's
   * @param {number} [interval] Seconds between probes; 0: the system's
   * @param {number} [count] Probes without an answer that end it; 0: the system's
   * @returns {number} 0 or a negative errno
   */
  setKeepAlive(enable, delay = 0, interval = 0, count = 0) {
    return this.socket.setKeepAlive(Boolean(enable), delay, interval, count);
  }

  /**
   * @param {number} tos 0 to 255
   * @returns {number} 0 or a negative errno
   */
  setTypeOfService(tos) {
    return this.socket.setTypeOfService(tos);
  }

  /** @returns {number} 0 to 255, or a negative errno */
  getTypeOfService() {
    return this.socket.typeOfService();
  }

  /**
   * @param {number} number The number of a new connection
   * @returns {TCP}
   */
  createPeer(number) {
    return new TCP('TCPWRAP', number, this.asyncId());
  }
}

/** A handle of a Unix socket, or of another descriptor that is read and written in order. */
class Pipe extends StreamHandle {
  /**
   * @param {'PIPEWRAP' | 'PIPESERVERWRAP'} [type] The name of the asynchronous resource
   * @param {number} [number] The number of a connection that a listener has announced
   * @param {number} [triggerAsyncId] The listener's asynchronous resource
   */
  constructor(type = 'PIPEWRAP', number = 0, triggerAsyncId = undefined) {
    super(type, number, triggerAsyncId);
    this.path = '';
  }

  /**
   * @param {string} path A path, or an abstract name behind a NUL
   * @returns {number} 0 or a negative errno
   */
  bind(path) {
    if (isCutPath(path)) return EINVAL;
    const status = this.socket.bindPath(Buffer.from(path));
    if (status === 0) this.path = path;
    return status;
  }

  /**
   * @param {number} backlog Connections that may wait in the kernel
   * @returns {number} 0 or a negative errno
   */
  listen(backlog) {
    const status = super.listen(backlog);
    if (status === 0 && this.path !== '') {
      this.server?.ownPath(this.socket, Buffer.from(this.path));
    }
    return status;
  }

  /**
   * Closes the descriptor. A path that it was bound to goes at once.
   *
   * @param {Function} [callback] Called once the descriptor is closed
   */
  close(callback) {
    if (!this.closing && this.server === null && this.path !== '') this.socket.removePath();
    super.close(callback);
  }

  /**
   * Opens the path to everybody.
   *
   * @param {number} mode 1: for reading; 2: for writing; 3: both
   * @returns {number} 0 or a negative errno
   */
  fchmod(mode) {
    // Node 20 adds to the mode that the file has.
    return (this.server ?? this.socket).allow((mode & 1) !== 0, (mode & 2) !== 0, nodeMajor < 22);
  }

  /**
   * @param {HandleRequest} request Told how the connect ended
   * @param {string} path A path, or an abstract name behind a NUL
   * @returns {number} 0 or a negative errno
   */
  connect(request, path) {
    if (this.connectRequest !== null) return errno.EALREADY;
    if (isCutPath(path)) return EINVAL;
    const status = this.socket.connectPath(Buffer.from(path));
    if (status !== 0) return status;
    return this.connecting(request, new PipeConnectWrap('PIPECONNECTWRAP', this.asyncId()));
  }

  /**
   * @param {number} number The number of a new connection
   * @returns {Pipe}
   */
  createPeer(number) {
    return new Pipe('PIPEWRAP', number, this.asyncId());
  }
}

/**
 * @param {string} path A path, or an abstract name behind a NUL
 * @returns {boolean} Whether the system would see a part of the path only, which Node 20 leaves to it
 */
function isCutPath(path) {
  return nodeMajor >= 22 && !path.startsWith('\0') && path.includes('\0');
}

/**
 * @param {ArrayBufferView} view Elements of any width
 * @returns {Uint8Array} The same memory, as bytes
 */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Tells a request how it ended, in the context in which it was made.
 *
 * @param {HandleRequest} request The request
 * @param {...any} args What it is told
 */
function settle(request, ...args) {
  const { oncomplete, resource } = request;
  if (!oncomplete || !resource) return;
  bridge.enter(resource, oncomplete, request, ...args);
  resource.emitDestroy();
}

/**
 * @param {any[]} chunks Chunks and encodings by turns
 * @returns {Uint8Array[]}
 */
function toBuffers(chunks) {
  const buffers = [];
  for (let i = 0; i < chunks.length; i += 2) {
    const chunk = chunks[i];
    buffers.push(typeof chunk === 'string' ? Buffer.from(chunk, chunks[i + 1]) : chunk);
  }
  return buffers;
}

/**
 * A handle for an open descriptor.
 *
 * @param {number} fd The descriptor
 * @returns {TCP | Pipe | undefined} Undefined where it is neither
 */
function createHandle(fd) {
  switch (native.guessHandleType(fd)) {
    case 'TCP':
      return new TCP();
    case 'PIPE':
      return new Pipe();
    default:
      return undefined;
  }
}

/**
 * @param {any} value Anything
 * @returns {boolean} Whether it is a TCP or Unix socket's handle of Node's own
 */
function isCoreHandle(value) {
  if (typeof value !== 'object' || value === null || value instanceof StreamHandle) return false;
  const name = value.constructor?.name;
  if (name !== 'TCP' && name !== 'Pipe') return false;
  return typeof value.fd === 'number' && typeof value.getAsyncId === 'function';
}

module.exports = { Pipe, StreamHandle, TCP, createHandle, isCoreHandle };
