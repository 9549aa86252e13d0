'use strict';

const { once } = require('node:events');
const http = require('node:http');
const net = require('net');
const { WebSocket, WebSocketServer } = require('ws');

const { digest, noise, program } = require('../program');

program(async () => {
  const results = [];
  const web = http.createServer();
  const server = new WebSocketServer({ server: web, maxPayload: 64 << 20 });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const listener = net.createServer((socket) => web.emit('connection', socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();

  for (const perMessageDeflate of [false, true]) {
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, {
      perMessageDeflate,
      createConnection: (options) => net.connect(options),
    });
    await once(client, 'open');
    for (const size of [0, 125, 126, 65_535, 65_536, 8 << 20]) {
      client.send(noise(size));
      const [data, isBinary] = await once(client, 'message');
      results.push([data.length, digest(data), isBinary]);
    }
    const texts = [];
    const all = new Promise((resolve) => {
      client.on('message', (data) => texts.push(`${data}`) === 1000 && resolve(undefined));
    });
    for (let i = 0; i < 1000; i++) client.send(`text ${i}`);
    await all;
    results.push(digest(texts.join('\n')));
    client.ping('are you there?');
    results.push(`${(await once(client, 'pong'))[0]}`);
    client.close(4000, 'goodbye');
    const [code, reason] = await once(client, 'close');
    results.push([code, `${reason}`]);
  }

  const client = new WebSocket(`ws://127.0.0.1:${port}/`, {
    createConnection: (options) => net.connect(options),
  });
  await once(client, 'open');
  for (const each of server.clients) each.terminate();
  results.push((await once(client, 'close'))[0]);
  listener.close();
  await once(listener, 'close');
  return results;
});
