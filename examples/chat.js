'use strict';

// A chat for any number of people: `node examples/chat.js [port]`, then `nc 127.0.0.1 <port>` in
// several terminals. Ctrl+C ends it.

const readline = require('node:readline');
const net = require('tokio-net');

/** @type {Map<net.Socket, string>} */
const names = new Map();
let visitors = 0;

/**
 * Sends a line to everybody but one.
 *
 * @param {string} line
 * @param {net.Socket} [except]
 */
function broadcast(line, except) {
  for (const socket of names.keys()) {
    if (socket !== except) socket.write(`${line}\n`);
  }
}

/**
 * Welcomes one person and passes on what they say.
 *
 * @param {net.Socket} socket
 */
function serverOnConnection(socket) {
  visitors += 1;
  const name = `guest ${visitors}`;
  socket.write(`Welcome, ${name}. ${names.size} others are here.\n`);
  names.set(socket, name);
  broadcast(`* ${name} has come`, socket);

  readline
    .createInterface({ input: socket })
    .on('line', (line) => broadcast(`${name}: ${line}`, socket));
  // A connection that is torn down is no reason to end the chat: 'close' follows.
  socket.on('error', () => {});
  socket.on('close', () => {
    names.delete(socket);
    broadcast(`* ${name} has gone`);
  });
}

const server = net.createServer(serverOnConnection);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`nc 127.0.0.1 ${port}`);
});
