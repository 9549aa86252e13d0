'use strict';

const { work } = require('../lib/work.js');

/**
 * Works on what arrives before it writes it back, as an application does.
 *
 * @param {typeof import('node:net')} _net
 * @param {{ iterations: number, size: number }} options `size`: bytes of a message, each of which costs
 *   the work once, also where several arrive in one chunk.
 * @returns {(socket: import('node:net').Socket) => void}
 */
function serve(_net, { iterations, size }) {
  return (socket) => {
    socket.on('data', (chunk) => {
      for (let done = 0; done < chunk.length; done += size) work(iterations);
      socket.write(chunk);
    });
  };
}

module.exports = { serve };
