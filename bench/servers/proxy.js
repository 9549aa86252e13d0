'use strict';

/**
 * Pipes each connection to a server in another process, and its answers back.
 *
 * @param {typeof import('node:net')} net
 * @param {{ upstream: number, onError: (error: Error) => void }} options
 * @returns {(socket: import('node:net').Socket) => void}
 */
function serve(net, { upstream, onError }) {
  return (socket) => {
    const up = net.connect(upstream, '127.0.0.1');
    up.on('error', onError);
    // `pipe` ends its destination when its source ends; a reset source just closes.
    socket.on('close', () => up.destroy());
    up.on('close', () => socket.destroy());
    socket.pipe(up);
    up.pipe(socket);
  };
}

module.exports = { serve };
