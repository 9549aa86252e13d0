// What `import 'node:net'` gets: tokio-net under its names and as the default. The names follow what
// the program puts into the module when it calls `syncBuiltinESMExports()`, as those of a built-in do.

import { createRequire } from 'node:module';
import imports from './imports.js';

// Not the package's entry by its path: this is the one that `require('net')` gives, also to a program
// that has emptied `require.cache`.
const net = createRequire(import.meta.url)('node:net');

export let {
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

imports.followers.push(() => {
  ({
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
  } = net);
});
