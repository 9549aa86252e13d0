'use strict';

/**
 * Pipes each connection into itself.
 *
 * @returns {(socket: import('node:net').Socket) => void}
 */
function serve() {
  return (socket) => {
    socket.pipe(socket);
  };
}

module.exports = { serve };
