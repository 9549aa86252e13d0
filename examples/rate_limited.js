'use strict';

// A server that takes no more than so many bytes a second from each client:
// `node examples/rate_limited.js [bytes a second] [port]`. A paused socket is not read from, so the
// client is slowed down by TCP itself, and nothing piles up here. Ctrl+C ends it.

const net = require('tokio-net');

const rate = Number(process.argv[2] ?? 64 * 1024);

/** Milliseconds between two allowances. */
const PERIOD = 50;

/**
 * Counts what a client sends, and tells it at the end.
 *
 * @param {net.Socket} socket
 */
function serverOnConnection(socket) {
  const allowance = Math.max(1, Math.round((rate * PERIOD) / 1000));
  let left = allowance;
  let total = 0;

  const timer = setInterval(() => {
    left = Math.min(left + allowance, allowance);
    if (left > 0) socket.resume();
  }, PERIOD);

  socket.on('data', (chunk) => {
    total += chunk.length;
    left -= chunk.length;
    // What has come is taken; the debt is paid before more is read.
    if (left <= 0) socket.pause();
  });
  socket.on('end', () => socket.end(`${total} bytes\n`));
  socket.on('error', () => {});
  socket.on('close', () => clearInterval(timer));
}

const server = net.createServer({ allowHalfOpen: true }, serverOnConnection);
server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`127.0.0.1:${port} takes ${rate} bytes a second`);
});
