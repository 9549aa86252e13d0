'use strict';

// A server on a Unix path tells its clients how the process is doing: `node examples/unix_socket.js`.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const net = require('tokio-net');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-'));
const socketPath = path.join(folder, 'status.sock');

const server = net.createServer((socket) => {
  socket.end(JSON.stringify({ pid: process.pid, memory: process.memoryUsage().rss }));
});

server.listen(socketPath, () => {
  let text = '';
  const client = net.connect(socketPath);
  client.setEncoding('utf8');
  client.on('data', (chunk) => (text += chunk));
  client.on('close', () => {
    console.log(JSON.parse(text));
    // Closing removes the path.
    server.close(() => fs.rmdirSync(folder));
  });
});
