'use strict';

/**
 * Writes back what arrives.
 *
 * @returns {(socket: import('node:net').Socket) => void}
 */
function serve() {
  return (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
  };
}

module.exports = { serve };
