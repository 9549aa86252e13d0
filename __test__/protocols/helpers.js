'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

/**
 * @param {string} name Of a file in `certificates/`
 * @returns {string} Its content
 */
function pem(name) {
  return fs.readFileSync(path.join(__dirname, 'certificates', `${name}.pem`), 'utf8');
}

const CA = pem('authority');

/** Keys and certificates, signed by `CA` and valid until 2120. */
const IDENTITY = {
  server: { key: pem('server.key'), cert: pem('server') },
  other: { key: pem('other.key'), cert: pem('other') },
  client: { key: pem('client.key'), cert: pem('client') },
};

/**
 * Has a server of core's get its connections from a server of the module that listens.
 *
 * @param {any} t The scenario's context
 * @param {any} core A server of http, https, http2 or tls
 * @param {boolean} [allowHalfOpen] As core's own listener would have it: true for http
 * @returns {Promise<number>} The port
 */
async function feed(t, core, allowHalfOpen = core instanceof http.Server) {
  const server = t.serverNet.createServer({ allowHalfOpen }, (socket) => {
    t.track(socket);
    core.emit('connection', socket);
  });
  return (await t.listen(server)).port;
}

/**
 * @param {any} t The scenario's context
 * @param {any} net The module that connects
 * @returns {(options: any) => any} What a request or an agent takes as `createConnection`
 */
function dialer(t, net = t.clientNet) {
  return ({ host, port }) => t.track(net.connect({ host, port }));
}

/**
 * @param {any} request A ClientRequest, which this ends
 * @returns {Promise<{ response: any, body: string }>} What came back
 */
function answerTo(request) {
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => (body += text));
      response.once('error', reject);
      response.once('end', () => resolve({ response, body }));
    });
    request.end();
  });
}

/**
 * @param {any} stream A readable stream of bytes
 * @returns {Promise<number>} How many there were until its end
 */
function count(stream) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    stream.on('data', (chunk) => (bytes += chunk.length));
    stream.once('error', reject);
    stream.once('end', () => resolve(bytes));
  });
}

/**
 * Writes as much as the other end takes.
 *
 * @param {any} stream A writable stream
 * @param {number} total Bytes
 * @returns {number[]} A counter: how often the stream said that it is full
 */
function pour(stream, total) {
  const chunk = Buffer.alloc(64 * 1024, 'p');
  const full = [0];
  let left = total;
  const more = () => {
    while (left > 0) {
      const length = Math.min(left, chunk.length);
      left -= length;
      if (!stream.write(chunk.subarray(0, length))) {
        full[0]++;
        stream.once('drain', more);
        return;
      }
    }
    stream.end();
  };
  more();
  return full;
}

module.exports = { CA, IDENTITY, answerTo, count, dialer, feed, pour };
