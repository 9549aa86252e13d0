'use strict';

/**
 * Reads at least so many bytes, and detaches.
 *
 * @param {any} socket A connection
 * @param {number} count How many
 * @param {(message: any) => void} tell Told what was read, and of the ticket or the end
 * @returns {void}
 */
function readSome(socket, count, tell) {
  const chunks = [];
  let total = 0;
  const onData = (/** @type {Buffer} */ chunk) => {
    chunks.push(Buffer.from(chunk));
    total += chunk.length;
    if (total < count) return;
    socket.removeListener('data', onData);
    socket.removeListener('end', onEnd);
    socket.pause();
    tell({ bytes: Buffer.concat(chunks), ticket: socket.detach() });
  };
  const onEnd = () => {
    socket.end();
    tell({ bytes: Buffer.concat(chunks) });
  };
  socket.on('data', onData);
  socket.on('end', onEnd);
}

module.exports = { readSome };
