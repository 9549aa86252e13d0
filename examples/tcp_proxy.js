'use strict';

// A TCP proxy: `node examples/tcp_proxy.js <host:port> [port]`. Where both sockets are tokio-net's,
// `pipe()` moves the bytes in the native core, and none of them comes to JavaScript. Ctrl+C ends it.

const { pipeline } = require('node:stream');
const net = require('tokio-net');

const [target = '', port = '0'] = process.argv.slice(2);
const [, host, targetPort] = /^(.+):(\d+)$/.exec(target) ?? [];
if (host === undefined) {
  console.error('node examples/tcp_proxy.js <host:port> [port]');
  process.exit(2);
}

/**
 * Joins a client and the target; the end of either ends the other.
 *
 * @param {net.Socket} client
 */
function serverOnConnection(client) {
  const upstream = net.connect({ host, port: Number(targetPort), allowHalfOpen: true });
  const onDone = (/** @type {NodeJS.ErrnoException | null} */ err) => {
    if (err) console.error(`${client.remotePort ?? 'a client'}: ${err.code}`);
  };
  pipeline(client, upstream, onDone);
  pipeline(upstream, client, onDone);
}

// A client that has sent all its bytes still waits for the answer.
const server = net.createServer({ allowHalfOpen: true }, serverOnConnection);
server.listen(Number(port), '127.0.0.1', () => {
  const address = /** @type {net.AddressInfo} */ (server.address());
  console.log(`127.0.0.1:${address.port} -> ${target}`);
});
