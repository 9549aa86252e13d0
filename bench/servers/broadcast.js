'use strict';

/**
 * Writes what one connection sends to all of them, as a chat does.
 *
 * @returns {(socket: import('node:net').Socket) => void}
 */
function serve() {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  return (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      for (const other of sockets) other.write(chunk);
    });
  };
}

module.exports = { serve };
