'use strict';

const net = require('net');
const nodeNet = require('node:net');

const { once } = require('node:events');

/** An application that knows only built-in `net`: an echo service, and a client of it. */

/**
 * Starts the service.
 *
 * @returns {Promise<import('node:net').Server>} The listening server
 */
async function serve() {
  const server = net.createServer((socket) => socket.pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/**
 * Connects to the service.
 *
 * @param {any} server The service
 * @returns {Promise<import('node:net').Socket>} The connected socket
 */
async function join(server) {
  const socket = nodeNet.connect(server.address().port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/**
 * Sends text and waits until all of it has come back.
 *
 * @param {import('node:net').Socket} socket To the service
 * @param {string} text What to send
 * @returns {Promise<string>} What came back
 */
async function ask(socket, text) {
  socket.setEncoding('utf8').write(text);
  let answer = '';
  while (answer.length < text.length) answer += (await once(socket, 'data'))[0];
  return answer;
}

/**
 * Closes the connection and the service.
 *
 * @param {import('node:net').Socket} socket To the service
 * @param {import('node:net').Server} server The service
 * @returns {Promise<void>} Settles when both are closed
 */
async function leave(socket, server) {
  const closed = [once(socket, 'close'), once(server, 'close')];
  socket.destroy();
  server.close();
  await Promise.all(closed);
}

module.exports = { ask, join, leave, net, nodeNet, serve };
