'use strict';

const { scenario } = require('../harness');

/**
 * Declares a scenario of a program in a process of its own: what it prints, and that it ends.
 *
 * @param {string} title What is observed
 * @param {string} source The program; `net` is the module
 * @returns {void}
 */
function program(title, source) {
  scenario(title, (t) => t.runChild(t.net, source), { cross: false });
}

const LISTEN = `
const server = net.createServer((socket) => { accepted.push(socket); socket.on('error', () => {}); });
const accepted = [];
const listen = (then) => server.listen(0, '127.0.0.1', () => then(server.address().port));
process.on('exit', (code) => console.log('exit', code));
`;

program(
  'a new socket does not keep the process',
  `new net.Socket(); new net.Socket().unref(); new net.Socket().ref(); console.log('end');`,
);

program(
  'a connection keeps the process until it is closed',
  `${LISTEN}
  listen((port) => {
    server.unref();
    const client = net.connect(port, '127.0.0.1', () => {
      for (const socket of accepted) socket.unref();
      setTimeout(() => { console.log('closing'); client.destroy(); }, 50).unref();
    });
    server.on('connection', (socket) => socket.unref());
    client.on('close', () => console.log('close'));
  });`,
);

program(
  'an unref()ed connection lets the process end',
  `${LISTEN}
  listen((port) => {
    server.unref();
    server.on('connection', (socket) => socket.unref());
    const client = net.connect(port, '127.0.0.1');
    client.on('ready', () => { console.log('ready', client.unref() === client); });
    client.on('close', () => console.log('never'));
  });`,
);

program(
  'unref() then ref() keeps it',
  `${LISTEN}
  listen((port) => {
    server.unref();
    const client = net.connect(port, '127.0.0.1', () => {
      client.unref(); client.ref(); client.ref();
      setTimeout(() => client.end('x'), 30).unref();
    });
    server.on('connection', (socket) => { socket.unref(); socket.on('data', () => socket.end()); });
    client.resume().on('close', () => console.log('close'));
  });`,
);

program(
  'unref() before and while connecting does not lose the connection of a living process',
  `${LISTEN}
  listen((port) => {
    const before = new net.Socket().unref();
    const during = new net.Socket();
    let count = 0;
    for (const socket of [before, during]) {
      socket.on('connect', () => {
        console.log('connected', ++count);
        if (count === 2) { before.destroy(); during.destroy(); server.close();
          for (const other of accepted) other.destroy(); }
      });
      socket.connect(port, '127.0.0.1');
    }
    server.on('connection', (socket) => count === 2 && socket.destroy());
    during.unref();
  });`,
);

program(
  'bytes written before the program ends are delivered',
  `const server = net.createServer((socket) => {
    let length = 0;
    socket.on('data', (chunk) => (length += chunk.length));
    socket.on('end', () => { console.log(length); server.close(); });
  });
  server.listen(0, '127.0.0.1', () => {
    net.connect(server.address().port, '127.0.0.1').end(Buffer.alloc(5 << 20));
  });`,
);

program(
  'process.exit() with live sockets, reads and writes under way is clean',
  `${LISTEN}
  listen((port) => {
    const client = net.connect(port, '127.0.0.1', () => {
      client.write(Buffer.alloc(16 << 20));
      client.on('data', () => {});
    });
    server.on('connection', (socket) => {
      socket.write(Buffer.alloc(16 << 20));
      socket.once('data', () => { console.log('exiting'); process.exit(7); });
    });
  });`,
);

program(
  'a paused socket keeps the process, and the peer can still end it',
  `${LISTEN}
  listen((port) => {
    server.unref();
    const client = net.connect(port, '127.0.0.1');
    client.pause();
    server.on('connection', (socket) => {
      socket.end('x');
      setTimeout(() => client.resume(), 30).unref();
    });
    client.on('end', () => console.log('end'));
  });`,
);

program(
  'destroyed sockets are collected, with their listeners and buffers',
  `require('node:v8').setFlagsFromString('--expose-gc');
  const gc = require('node:vm').runInNewContext('gc');
  const COUNT = 1000;
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  const server = net.createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1', async () => {
    const { port } = server.address();
    const one = () => new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        const payload = Buffer.alloc(1000);
        socket.on('data', () => payload.length);
        socket.write(payload);
        socket.destroy();
      });
      socket.on('close', () => resolve());
      registry.register(socket);
    });
    for (let i = 0; i < COUNT; i++) await one();
    const deadline = Date.now() + 10_000;
    while (collected < COUNT - 10 && Date.now() < deadline) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(collected >= COUNT - 10);
    server.close();
  });`,
);

program(
  'sockets that were never connected are collected',
  `require('node:v8').setFlagsFromString('--expose-gc');
  const gc = require('node:vm').runInNewContext('gc');
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  (async () => {
    for (let i = 0; i < 1000; i++) registry.register(new net.Socket());
    const deadline = Date.now() + 10_000;
    while (collected < 990 && Date.now() < deadline) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(collected >= 990);
  })();`,
);
