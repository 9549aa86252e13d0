'use strict';

/**
 * Bulk between a client and a server that are both under test, in one process: `--direction in` is
 * client to server, `out` the other way. Every byte is checked where it arrives.
 */

const { loadModule, options } = require('../lib/arguments.js');
const { announce, onLine } = require('../lib/control.js');
const { at, matches, start } = require('../lib/pattern.js');

const settings = options({
  module: 'tokio-net',
  direction: 'in',
  size: '65536',
  seconds: '2',
  warmup: '0.5',
});
const net = loadModule(settings.module);
const size = Number(settings.size);

/**
 * Sends until its peer has had enough.
 *
 * @param {import('node:net').Socket} socket
 * @param {number} port The client's.
 */
function send(socket, port) {
  let position = start(port);
  /** Writes until told to wait. */
  function pour() {
    let more = true;
    while (more && !socket.destroyed) {
      more = socket.write(at(position, size));
      position += size;
    }
  }
  socket.on('drain', pour);
  socket.on('error', () => {});
  pour();
}

/**
 * Receives and measures, the warm-up left out.
 *
 * @param {import('node:net').Socket} socket
 * @param {number} port The client's.
 * @param {() => void} done
 */
function receive(socket, port, done) {
  const position = start(port);
  const begin = performance.now() + Number(settings.warmup) * 1000;
  const length = Number(settings.seconds) * 1000;
  let received = 0;
  let from = 0;
  let since = 0;
  socket.on('data', (/** @type {Buffer} */ chunk) => {
    if (!matches(position + received, chunk)) throw new Error(`wrong bytes from ${received} on`);
    received += chunk.length;
    const now = performance.now();
    if (since === 0) {
      if (now < begin) return;
      since = now;
      from = received;
    } else if (now - since >= length) {
      const seconds = (now - since) / 1000;
      const bytes = received - from;
      announce({ event: 'result', seconds, bytes, megabytesPerSecond: bytes / seconds / 1e6 });
      socket.removeAllListeners('data');
      socket.destroy();
      done();
    }
  });
}

onLine(() => {});

const server = net.createServer((socket) => {
  const port = /** @type {number} */ (socket.remotePort);
  if (settings.direction === 'in') receive(socket, port, () => process.exit(0));
  else send(socket, port);
});

server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const socket = net.connect(port, '127.0.0.1', () => {
    const local = /** @type {number} */ (socket.localPort);
    if (settings.direction === 'in') send(socket, local);
    else receive(socket, local, () => process.exit(0));
  });
});
