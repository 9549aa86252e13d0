'use strict';

const { matches, start } = require('../lib/pattern.js');

/**
 * Checks what arrives, and at the end answers with the number of bytes.
 *
 * @returns {(socket: import('node:net').Socket) => void}
 */
function serve() {
  return (socket) => {
    const begin = start(/** @type {number} */ (socket.remotePort));
    let received = 0;
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      if (!matches(begin + received, chunk)) throw new Error(`wrong bytes from ${received} on`);
      received += chunk.length;
    });
    socket.on('end', () => {
      const count = Buffer.alloc(8);
      count.writeBigUInt64LE(BigInt(received));
      socket.end(count);
    });
  };
}

module.exports = { serve };
