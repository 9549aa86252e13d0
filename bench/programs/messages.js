'use strict';

/**
 * Ping-pong between clients and a server that are both under test, in one process: each client sends a
 * message by so many writes, waits until all of it is back, and sends the next. Every byte is checked.
 */

const { loadModule, options } = require('../lib/arguments.js');
const { announce } = require('../lib/control.js');
const { at, matches, start } = require('../lib/pattern.js');

const settings = options({
  module: 'tokio-net',
  connections: '1',
  size: '64',
  writes: '1',
  seconds: '2',
  warmup: '0.5',
});
const net = loadModule(settings.module);
const size = Number(settings.size);
const writes = Number(settings.writes);
let messages = 0;

/**
 * Sends messages, one after the other.
 *
 * @param {import('node:net').Socket} socket A client that has connected.
 */
function play(socket) {
  let sent = start(/** @type {number} */ (socket.localPort));
  let received = sent;
  /** Sends the next one. */
  function send() {
    for (let left = writes; left > 0; left--) {
      socket.write(at(sent, size));
      sent += size;
    }
  }
  socket.on('data', (/** @type {Buffer} */ chunk) => {
    if (!matches(received, chunk)) throw new Error('wrong bytes');
    received += chunk.length;
    if (received < sent) return;
    messages++;
    send();
  });
  send();
}

/** Measures, when it has been warm for long enough. */
function measure() {
  const before = messages;
  const begun = performance.now();
  setTimeout(
    () => {
      const perSecond = (messages - before) / ((performance.now() - begun) / 1000);
      announce({ event: 'result', perSecond });
      process.exit(0);
    },
    Number(settings.seconds) * 1000,
  );
}

const server = net.createServer((socket) => {
  socket.on('data', (/** @type {Buffer} */ chunk) => socket.write(chunk));
});

server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  for (let left = Number(settings.connections); left > 0; left--) {
    const socket = net.connect(port, '127.0.0.1', () => play(socket));
  }
  setTimeout(measure, Number(settings.warmup) * 1000);
});
