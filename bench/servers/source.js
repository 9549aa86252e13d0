'use strict';

const { at, start } = require('../lib/pattern.js');

/**
 * Sends from the moment of the connection, as fast as the client takes it.
 *
 * @param {typeof import('node:net')} _net
 * @param {{ size: number }} options `size`: bytes of a write.
 * @returns {(socket: import('node:net').Socket) => void}
 */
function serve(_net, { size }) {
  return (socket) => {
    let position = start(/** @type {number} */ (socket.remotePort));
    /** Writes until told to wait. */
    function pour() {
      let more = true;
      while (more) {
        more = socket.write(at(position, size));
        position += size;
      }
    }
    socket.on('drain', pour);
    pour();
  };
}

module.exports = { serve };
