'use strict';

// Node's own HTTP server and client, both on tokio-net's sockets: `node examples/http.js`.

const http = require('node:http');
const net = require('tokio-net');
const { serve, useForRequests } = require('tokio-net/http');

/**
 * Tells whose socket it is.
 *
 * @param {import('node:net').Socket} socket
 * @returns {string}
 */
const whose = (socket) => (socket.constructor === net.Socket ? 'tokio-net' : 'Node');

const server = serve(
  http.createServer((request, response) => {
    response.end(`${request.method} ${request.url} came on a socket of ${whose(request.socket)}\n`);
  }),
);
useForRequests();

server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  http.get({ host: '127.0.0.1', port, path: '/hello' }, (response) => {
    console.log(`${response.statusCode} came on a socket of ${whose(response.socket)}`);
    response.pipe(process.stdout);
    response.on('end', () => server.close());
  });
});
