'use strict';

/** `net` on Tokio. Exports what `require('node:net')` does, and what newer Nodes do. */

module.exports = require('./lib/main.js').net;
