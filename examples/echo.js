'use strict';

// An echo server, and a client that says three things to it: `node examples/echo.js`.

const net = require('tokio-net');

const server = net.createServer((socket) => {
  socket.pipe(socket);
});

server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on port ${port}`);

  const client = net.connect(port, '127.0.0.1');
  client.setEncoding('utf8');
  client.on('data', (text) => process.stdout.write(text));
  client.on('close', () => server.close());
  client.write('one\n');
  client.write('two\n');
  client.end('three\n');
});
