'use strict';

/** The symbols under which the classes keep what is theirs and not the user's. */
module.exports = {
  /** What `onread` reads into. */
  kBuffer: Symbol('kBuffer'),
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
  kTypeOfService: Symbol('kTypeOfService'),
  /** On a server of core's that listens on a handle of ours. */
  kServed: Symbol('kServed'),
  /** Hands a socket its handle. */
  kAttachHandle: Symbol('kAttachHandle'),
};
