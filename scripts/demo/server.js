'use strict';

// The echo server of the demo, in a process of its own: `server.js <module>`, started with fork().
// It tells its port, and for each connection the number of bytes that arrived and their SHA-256.

const { createHash } = require('node:crypto');
const { load, tell } = require('./common');

/**
 * Ends the process with an error that the parent shows.
 *
 * @param {Error} err
 */
function fail(err) {
  tell({ type: 'error', message: err.stack ?? String(err) });
  process.exitCode = 1;
  process.disconnect?.();
}

/**
 * Echoes one connection and hashes what came in.
 *
 * @param {import('node:net').Socket} socket
 */
function serverOnConnection(socket) {
  const hash = createHash('sha256');
  let bytes = 0;
  socket.on('error', fail);
  socket.on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('end', () => {
    tell({ type: 'received', port: socket.remotePort, bytes, sha256: hash.digest('hex') });
    socket.end();
  });
}

// allowHalfOpen: the client ends its side first, and what is still on its way back must get there.
const server = load(process.argv[2]).createServer(
  { allowHalfOpen: true, noDelay: true },
  serverOnConnection,
);
server.on('error', fail);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') tell({ type: 'listening', port: address.port });
});

// The parent is done, or gone; in both cases the client ends its connections.
process.once('disconnect', () => server.close());
