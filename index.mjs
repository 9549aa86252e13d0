// The same module for `import`: one object, under its names and as the default.

import net from './index.js';

export const {
  _createServerHandle,
  _normalizeArgs,
  BlockList,
  BoundSocket,
  Server,
  Socket,
  SocketAddress,
  Stream,
  connect,
  createConnection,
  createServer,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  promises,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
} = net;

export default net;
