'use strict';

// A protocol of lines, `set <key> <value>` and `get <key>`, with promises on both sides:
// `node examples/line_protocol.js`.

const readline = require('node:readline');
const net = require('tokio-net/promises');

const store = new Map();

/**
 * Carries out one line.
 *
 * @param {string} line
 * @returns {string} The answer
 */
function answer(line) {
  const [verb, key, ...value] = line.split(' ');
  if (verb === 'set' && key) {
    store.set(key, value.join(' '));
    return 'ok';
  }
  if (verb === 'get' && key) return store.has(key) ? `value ${store.get(key)}` : 'none';
  return 'error: set <key> <value>, or get <key>';
}

/**
 * Answers one connection's lines.
 *
 * @param {import('tokio-net').Socket} socket
 */
function serve(socket) {
  readline
    .createInterface({ input: socket })
    .on('line', (line) => socket.write(`${answer(line)}\n`));
}

async function main() {
  const server = await net.listen({ port: 0, host: '127.0.0.1', connectionListener: serve });
  const { port } = /** @type {import('tokio-net').AddressInfo} */ (server.address());
  const socket = await net.connect(port, '127.0.0.1');
  const answers = readline.createInterface({ input: socket })[Symbol.asyncIterator]();

  for (const line of ['get colour', 'set colour dark blue', 'get colour', 'sing']) {
    socket.write(`${line}\n`);
    console.log(`${line} -> ${(await answers.next()).value}`);
  }
  socket.end();
  server.close();
}

main();
