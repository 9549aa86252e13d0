'use strict';

const http = require('node:http');
const path = require('node:path');

/**
 * Answers with the path that was asked for. The head is the same each time: nothing says when.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function answer(request, response) {
  response.sendDate = false;
  response.end(request.url);
}

/**
 * A server of core's, on sockets of the module under test.
 *
 * @param {string | null} folder Where tokio-net is; null stands for core's own sockets.
 * @returns {import('node:http').Server}
 */
function createServer(folder) {
  const server = http.createServer(answer);
  return folder === null ? server : require(path.join(folder, 'http.js')).serve(server);
}

module.exports = { createServer };
