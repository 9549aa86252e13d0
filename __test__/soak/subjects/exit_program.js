'use strict';

// A process that ends in the middle of something:
// `exit_program.js specifier port situation ending moment`.

const fs = require('node:fs');

const [specifier, port, situation, ending, moment] = process.argv.slice(2);
const net = require(specifier);

/** Sent bytes count up to this number, and begin again. */
const PERIOD = 251;

const pattern = Buffer.from(Array.from({ length: PERIOD * 1100 }, (_, i) => i % PERIOD));

/** Bytes that the peer must get: those of `write` calls that took them without waiting. */
let accepted = 0;
/** And those up to the last callback that said so. */
let acknowledged = 0;
let position = 0;
let events = 0;

process.on('exit', () => fs.writeSync(1, JSON.stringify({ accepted, acknowledged, position })));

/**
 * Counts down to the end.
 *
 * @param {any} socket What is ended where the process is to end by itself
 */
function step(socket) {
  if (++events !== Number(moment)) return;
  if (ending === 'exit') process.exit(3);
  if (ending === 'throw') throw new Error('the end');
  // Whoever has started this process sends the signal.
  if (ending === 'SIGTERM') process.send(acknowledged);
  if (ending === 'natural') socket.end();
}

/** @returns {any} A connection to whoever has started this process */
function connect() {
  return net.connect(Number(port), '127.0.0.1');
}

/**
 * @param {number} length How many bytes
 * @returns {Buffer} The next ones
 */
function next(length) {
  const start = position % PERIOD;
  position += length;
  return pattern.subarray(start, start + length);
}

const situations = {
  /** Small messages go to and fro. */
  live() {
    const socket = connect();
    const send = () => {
      if (socket.writableEnded) return;
      for (let i = 0; i < 10; i++) {
        if (socket.write(next(20))) accepted += 20;
      }
      // Writes with a callback take another way than those without.
      const sent = position;
      if (events % 2 === 0) socket.write('', (error) => (acknowledged = error ? 0 : sent));
    };
    socket.on('connect', send);
    socket.on('data', () => {
      send();
      step(socket);
    });
  },
  /** More is written than the peer reads. */
  pending() {
    const socket = connect();
    const send = () => {
      if (socket.writableEnded) return;
      const length = PERIOD * 1000;
      socket.write(next(length), (error) => {
        if (!error) acknowledged += length;
        step(socket);
        send();
      });
    };
    socket.on('connect', () => {
      for (let i = 0; i < 8; i++) send();
    });
    // Where nothing moves any more, that is the moment.
    const stuck = setInterval(() => {
      if (events >= Number(moment)) clearInterval(stuck);
      else step(socket);
    }, 20);
    socket.on('close', () => clearInterval(stuck));
  },
  /** One connection is piped into another. */
  pipe() {
    const source = connect();
    const destination = connect();
    destination.on('error', () => {});
    source.once('connect', () => {
      source.write('source');
      destination.write('destination');
      source.pipe(destination);
      const timer = setInterval(() => {
        // The destination ends after it.
        step(source);
        if (events >= Number(moment)) clearInterval(timer);
      }, 2);
    });
  },
};

process.channel?.unref();
situations[situation]();
