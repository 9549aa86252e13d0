'use strict';

/** Core's `http`, `https`, `http2` and `tls` on sockets of tokio-net. */

const { once } = require('./lib/realm.js');

// The sockets are those of the one instance that the thread has.
module.exports = once(__filename, () => {
  require('./index.js');
  return require('./lib/http.js');
});
