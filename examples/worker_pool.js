'use strict';

// A server whose connections are shared out among worker threads, so that heavy work for one does
// not hold up the others: `node examples/worker_pool.js [workers] [port]`. It answers each line, a
// number, with the primes below it. Ctrl+C ends it.

const path = require('node:path');
const readline = require('node:readline');
const { Worker, isMainThread, parentPort, threadId } = require('node:worker_threads');
const net = require('tokio-net');

/**
 * Counts primes, slowly.
 *
 * @param {number} limit
 * @returns {number}
 */
function countPrimes(limit) {
  let count = 0;
  for (let number = 2; number < limit; number++) {
    let divisor = 2;
    while (divisor * divisor <= number && number % divisor !== 0) divisor++;
    if (divisor * divisor > number) count++;
  }
  return count;
}

/**
 * Serves a connection in a worker.
 *
 * @param {net.SocketTicket} ticket
 */
function workerOnMessage(ticket) {
  const socket = net.Socket.attach(ticket);
  readline.createInterface({ input: socket }).on('line', (line) => {
    socket.write(`worker ${threadId}: ${countPrimes(Number(line))} primes below ${line}\n`);
  });
  socket.on('error', () => {});
}

/** Accepts, and hands each connection to the next worker. */
function main() {
  const count = Number(process.argv[2] ?? 2);
  const workers = Array.from({ length: count }, () => new Worker(path.resolve(__filename)));
  let next = 0;
  // Not a byte is read here: the worker gets all.
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    workers[next].postMessage(socket.detach());
    next = (next + 1) % workers.length;
  });
  server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
    const { port } = /** @type {net.AddressInfo} */ (server.address());
    console.log(`${count} workers, port ${port}`);
  });
}

if (isMainThread) main();
else parentPort?.on('message', workerOnMessage);
