'use strict';

/**
 * What `NODE_DEBUG=net` prints: how connections begin and end. Bytes are not told of, as that would
 * have to be asked for each of them.
 *
 * Source: https://nodejs.org/api/util.html#utildebuglogsection-callback
 */

const { debuglog } = require('node:util');

/** Prints where `NODE_DEBUG` names `net`, and does nothing elsewhere. */
module.exports = debuglog('net');
