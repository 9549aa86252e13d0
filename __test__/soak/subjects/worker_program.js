'use strict';

// A worker thread in the middle of traffic, with itself and with the thread that has started it.

const { parentPort, workerData } = require('node:worker_threads');

const net = require(workerData.specifier);

/** Chunks that come back before the worker says that it is busy. */
const BUSY = 8;

const chunk = Buffer.alloc(16 * 1024, 'w');
const sockets = new Set();
let received = 0;

/** Ends in the way that was asked for; nothing to do where the other thread ends this one. */
function end() {
  if (workerData.ending === 'process.exit') process.exit();
  if (workerData.ending !== 'by itself') return;
  server.close();
  for (const socket of sockets) socket.destroy();
}

/** @param {any} socket A socket of the worker's */
function keep(socket) {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
}

const server = net.createServer((socket) => {
  keep(socket);
  socket.pipe(socket);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  for (let i = 0; i < 2; i++) {
    const client = net.connect(port, '127.0.0.1');
    keep(client);
    client.write(chunk);
    client.on('data', (data) => {
      client.write(data);
      if (++received === BUSY) parentPort.postMessage(port);
    });
  }
});
parentPort.once('message', end);
