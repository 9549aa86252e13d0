'use strict';

/** `tokio-net/promises`, as `node:net/promises` is to `node:net`. */
module.exports = require('./index.js').promises;
