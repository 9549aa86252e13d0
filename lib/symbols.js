'use strict';

/** The symbols under which the classes keep what is theirs and not the user's. */
module.exports = {
  /** The buffer that `onread` reads into. */
  kBuffer: Symbol('kBuffer'),
  kBufferCallback: Symbol('kBufferCallback'),
  kBufferGenerator: Symbol('kBufferGenerator'),
  /** What is left of a read that was longer than the buffer or came while `onread` paused. */
  kBytesRead: Symbol('kBytesRead'),
  kBytesWritten: Symbol('kBytesWritten'),
  kBlockList: Symbol('kBlockList'),
  /** A BoundSocket's descriptor, taken out by who adopts it. */
  kAdopt: Symbol('kAdopt'),
  /** On a socket that TLS or HTTP/2 has wrapped: who gets its bytes; see takeover.js. */
  kFeed: Symbol('kFeed'),
  /** Behind `_handle`. */
  kHandle: Symbol('kHandle'),
  kKeepAlive: Symbol('kKeepAlive'),
  kLastWriteQueueSize: Symbol('kLastWriteQueueSize'),
  kNoDelay: Symbol('kNoDelay'),
  kTimeout: Symbol('kTimeout'),
  /** What is left of a read that was larger than the user's buffer, after a pause. */
  kRest: Symbol('kRest'),
  kTypeOfService: Symbol('kTypeOfService'),
  /** On a server of core's that listens on a handle of ours. */
  kServed: Symbol('kServed'),
  /** Hands a socket its handle. */
  kAttachHandle: Symbol('kAttachHandle'),
};
