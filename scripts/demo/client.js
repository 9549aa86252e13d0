'use strict';

// The client of the demo, in a process of its own: `client.js <module> <port> <MiB> <seconds>`.
// First it sends random bytes and compares what comes back by SHA-256, then it counts round trips.

const { createHash, randomFillSync } = require('node:crypto');
const { load, tell } = require('./common');

const CHUNK = 256 * 1024;
const MESSAGE = 64;
const PROGRESS_INTERVAL = 200;

const net = load(process.argv[2]);
const port = Number(process.argv[3]);
const totalBytes = Number(process.argv[4]) * 1024 * 1024;
const roundTripTime = Number(process.argv[5]) * 1000;

/** What the progress line shows. */
const progress = { phase: 'bytes', bytes: 0, roundTrips: 0 };

/**
 * Sends random bytes through the server, and hashes them on their way out and on their way back.
 *
 * @returns {Promise<object>} Digests, the socket's port, and the time in seconds
 */
function transfer() {
  return new Promise((resolve, reject) => {
    const sent = createHash('sha256');
    const received = createHash('sha256');
    let toSend = totalBytes;
    let connected = 0;
    let localPort = 0;

    /** Writes until the socket asks to wait or all is sent. */
    function send() {
      while (toSend > 0) {
        // A fresh chunk each time: the socket keeps the memory until it is written.
        const chunk = randomFillSync(Buffer.allocUnsafeSlow(Math.min(CHUNK, toSend)));
        toSend -= chunk.length;
        sent.update(chunk);
        if (!socket.write(chunk)) return;
      }
      socket.off('drain', send);
      socket.end();
    }

    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      connected = performance.now();
      localPort = socket.localPort ?? 0;
      send();
    });
    socket.on('drain', send);
    socket.on('data', (chunk) => {
      received.update(chunk);
      progress.bytes += chunk.length;
    });
    socket.once('end', () => {
      resolve({
        port: localPort,
        seconds: (performance.now() - connected) / 1000,
        bytes: progress.bytes,
        sent: sent.digest('hex'),
        received: received.digest('hex'),
      });
    });
  });
}

/**
 * Sends one message at a time, and the next when it has come back.
 *
 * @returns {Promise<object>} The number of round trips and the time in seconds
 */
function roundTrips() {
  return new Promise((resolve, reject) => {
    const message = randomFillSync(Buffer.alloc(MESSAGE));
    const answer = Buffer.alloc(MESSAGE);
    let filled = 0;
    let started = 0;

    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      started = performance.now();
      socket.write(message);
    });
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      if (filled + chunk.length > MESSAGE) {
        socket.destroy(new Error('More bytes came back than were sent'));
        return;
      }
      filled += chunk.copy(answer, filled);
      if (filled < MESSAGE) return;
      if (!answer.equals(message)) {
        socket.destroy(new Error('Other bytes came back than were sent'));
        return;
      }
      filled = 0;
      progress.roundTrips += 1;
      const elapsed = performance.now() - started;
      if (elapsed >= roundTripTime) {
        socket.end();
        resolve({ count: progress.roundTrips, seconds: elapsed / 1000 });
        return;
      }
      message.writeUInt32LE(progress.roundTrips);
      socket.write(message);
    });
  });
}

/**
 * Runs both parts and tells the results.
 *
 * @returns {Promise<void>}
 */
async function main() {
  const timer = setInterval(() => tell({ type: 'progress', ...progress }), PROGRESS_INTERVAL);
  try {
    const transferred = await transfer();
    progress.phase = 'round trips';
    tell({ type: 'done', transferred, roundTrips: await roundTrips() });
  } catch (err) {
    tell({ type: 'error', message: err.stack ?? String(err) });
    process.exitCode = 1;
  } finally {
    clearInterval(timer);
    process.off('disconnect', process.exit);
    process.disconnect?.();
  }
}

// The parent is gone.
process.once('disconnect', process.exit);

main();
