'use strict';

/**
 * A server under test, in a process of its own: `main.js --module tokio-net --handler echo`. Prints
 * its port, answers each `stats` line on stdin with what it has used, and `gc` likewise after the
 * garbage collector has run (with `--expose-gc`).
 */

const { folderOf, loadModule, options } = require('../lib/arguments.js');
const { announce, onLine, usage } = require('../lib/control.js');

const settings = options({
  module: 'tokio-net',
  handler: 'echo',
  size: '65536',
  iterations: '0',
  upstream: '0',
});

const handler = require(`./${settings.handler}.js`);

let connections = 0;

/** A connection is gone. */
function onClose() {
  connections--;
}

/**
 * Clients reset their connections at the end of a run, which is no failure; anything else is.
 *
 * @param {NodeJS.ErrnoException} error
 */
function onError(error) {
  if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error;
}

/**
 * A server whose connections the handler gets.
 *
 * @returns {import('node:net').Server}
 */
function createServer() {
  const net = loadModule(settings.module);
  const handle = handler.serve(net, {
    size: Number(settings.size),
    iterations: Number(settings.iterations),
    upstream: Number(settings.upstream),
    onError,
  });
  return net.createServer({ allowHalfOpen: settings.handler === 'sink' }, (socket) => {
    connections++;
    socket.on('close', onClose);
    socket.on('error', onError);
    handle(socket);
  });
}

// Some handlers bring a server of their own.
const server = handler.createServer?.(folderOf(settings.module)) ?? createServer();

server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  announce({ event: 'listening', port });
});

/** Says what was used, and how many connections are open. */
function answer() {
  announce({ ...usage(), connections });
}

/**
 * Collects until memory settles. Finalizers and the closing of handles take turns of the event loop,
 * and the allocator returns pages only after them: hence several rounds.
 *
 * @param {number} rounds
 */
function collect(rounds) {
  if (rounds === 0) return answer();
  /** @type {() => void} */ (global.gc)();
  setTimeout(collect, 50, rounds - 1);
}

onLine((line) => {
  if (line === 'gc') collect(5);
  else answer();
});
