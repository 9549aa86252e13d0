'use strict';

const { once } = require('node:events');

const { scenario } = require('../harness');
const { runProgram } = require('./program');

/** Ways to end right after many small writes of one event. */
const ENDINGS = {
  'process.exit()': () => process.exit(0),
  'process.reallyExit()': () => process.reallyExit(0),
  'an uncaught error': () => {
    throw new Error('the end');
  },
  'destroy()': (client) => client.destroy(),
  'end()': (client) => client.end(),
};

/**
 * Runs a program that connects to a server, which greets it.
 *
 * @param {any} context The scenario's context
 * @param {any} main The program, as of `runProgram`; it gets the port
 * @returns {Promise<{ code: number | null, signal: string | null, text: string }>} How it ended, and what
 *   it has sent
 */
async function sentBy(context, main) {
  const server = context.serverNet.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const received = once(server, 'connection').then(async ([socket]) => {
    let text = '';
    socket.on('data', (data) => (text += data));
    socket.on('error', () => {});
    socket.write('go');
    await once(socket, 'close');
    return text;
  });
  const { port } = server.address();
  const { code, signal } = await runProgram(context, context.clientNet, main, { args: [port] });
  const text = await received;
  server.close();
  await once(server, 'close');
  return { code, signal, text };
}

for (const [title, end] of Object.entries(ENDINGS)) {
  scenario(`${title} after 500 small writes of one event loses none of them`, async (context) => {
    const main = `(net, port) => {
        const client = net.connect(port, '127.0.0.1');
        client.once('data', () => {
          for (let i = 0; i < 500; i++) client.write('line ' + i + '\\n');
          (${end})(client);
        });
      }`;
    const { code, text } = await sentBy(context, main);
    return { code, length: text.length, last: text.slice(-9) };
  });
}

const MANY = 60;

/** Ways to end after writes to many sockets, which leave them to other threads. */
const ENDINGS_OF_MANY = {
  'the end of the program': (clients) => clients.forEach((client) => client.unref()),
  'destroy() in the next turn': (clients) =>
    setImmediate(() => clients.forEach((client) => client.destroy())),
};

for (const [title, end] of Object.entries(ENDINGS_OF_MANY)) {
  scenario(`${title} after small writes to ${MANY} sockets loses none of them`, async (context) => {
    const server = context.serverNet.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    let received = 0;
    const closed = [];
    server.on('connection', (socket) => {
      socket.on('data', (data) => (received += data.length));
      socket.on('error', () => {});
      closed.push(once(socket, 'close'));
    });
    const main = `(net, port) => {
        const clients = [];
        let left = ${MANY};
        const connected = () => {
          if (--left > 0) return;
          for (const client of clients) for (const text of ['one', 'two']) client.write(text);
          (${end})(clients);
        };
        for (let i = 0; i < ${MANY}; i++) clients.push(net.connect(port, '127.0.0.1', connected));
      }`;
    const { port } = server.address();
    const { code } = await runProgram(context, context.clientNet, main, { args: [port] });
    while (closed.length < MANY) await once(server, 'connection');
    await Promise.all(closed);
    server.close();
    await once(server, 'close');
    return { code, received };
  });
}

scenario(
  'a few small writes, each in a turn of its own, are not lost by SIGKILL',
  async (context) => {
    const main = (net, port) => {
      const client = net.connect(port, '127.0.0.1');
      client.once('data', () => {
        let left = 5;
        const next = () => {
          client.write(`${left} left\n`);
          if (--left > 0) setTimeout(next, 1);
          else process.kill(process.pid, 'SIGKILL');
        };
        setTimeout(next, 1);
      });
    };
    const { signal, text } = await sentBy(context, main);
    return { signal, text };
  },
);
