'use strict';

// A server that ends well: `node examples/graceful_shutdown.js [port]`, then Ctrl+C or SIGTERM. It
// takes no new connections, answers the requests that are under way, closes connections that are
// idle, and after five seconds those that are left.

const readline = require('node:readline');
const { setTimeout: delay } = require('node:timers/promises');
const net = require('tokio-net');

/** Connections, and how many requests each has under way. @type {Map<net.Socket, number>} */
const connections = new Map();
let isClosing = false;

/**
 * Ends a connection that has nothing more to answer, and nothing more to ask.
 *
 * @param {net.Socket} socket
 */
function endIfIdle(socket) {
  if (connections.get(socket) !== 0) return;
  if (isClosing) socket.end('goodbye\n');
  else if (socket.readableEnded) socket.end();
}

/**
 * Answers lines, slowly.
 *
 * @param {net.Socket} socket
 */
function serverOnConnection(socket) {
  let pending = 0;
  connections.set(socket, pending);
  readline.createInterface({ input: socket }).on('line', async (line) => {
    connections.set(socket, ++pending);
    console.log(`answering ${line}`);
    await delay(200);
    if (!connections.has(socket)) return;
    socket.write(`${line.toUpperCase()}\n`);
    connections.set(socket, --pending);
    endIfIdle(socket);
  });
  socket.on('end', () => endIfIdle(socket));
  socket.on('error', () => {});
  socket.on('close', () => connections.delete(socket));
}

/** Closes the server. */
function shutDown() {
  if (isClosing) return;
  isClosing = true;
  console.log(`closing, ${connections.size} connections`);
  server.close(() => console.log('closed'));
  for (const socket of connections.keys()) endIfIdle(socket);
  // It does not keep the process alive when all have gone before.
  setTimeout(() => {
    for (const socket of connections.keys()) socket.destroy();
  }, 5000).unref();
}

const server = net.createServer({ allowHalfOpen: true }, serverOnConnection);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on port ${port}`);
});

process.on('SIGINT', shutDown);
process.on('SIGTERM', shutDown);
