'use strict';

/** `net` on Tokio. Exports what `require('node:net')` does, and what newer Nodes do. */

const { once } = require('./lib/realm.js');

module.exports = once(__filename, () => require('./lib/net.js'));
