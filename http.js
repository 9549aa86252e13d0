'use strict';

/** Core's `http`, `https`, `http2` and `tls` on sockets of tokio-net. */

module.exports = require('./lib/main.js').http;
