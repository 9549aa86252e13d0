'use strict';

// Two processes that hand handles to each other: `program.js <module> <case> <folder>` is the
// parent and prints what it saw, as JSON.

const { fork, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { setImmediate } = require('node:timers/promises');

const [specifier, name, folder, role = 'parent'] = process.argv.slice(2);
const net = require(specifier);
const builtin = require('node:net');

const HOST = '127.0.0.1';

/** @returns {any} A child that loads this file; `exited` settles when it has ended */
function start() {
  const child = fork(__filename, [specifier, name, folder, 'child']);
  return Object.assign(child, { exited: once(child, 'exit') });
}

/**
 * @param {any} [options] As of `createServer`
 * @returns {Promise<any>} A server that listens
 */
async function listening(options) {
  const server = net.createServer(options);
  server.listen(0, HOST);
  await once(server, 'listening');
  return server;
}

/**
 * Connects to a server and gives both ends.
 *
 * @param {any} server The server
 * @param {string} [first] What the client sends at once
 * @returns {Promise<{ client: any, socket: any }>}
 */
async function pair(server, first) {
  const client = net.connect(server.address().port, HOST);
  if (first !== undefined) client.write(first);
  const [socket] = await once(server, 'connection');
  return { client, socket };
}

/**
 * @param {any} stream What is read to its end
 * @returns {Promise<string>}
 */
async function textOf(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/**
 * @param {any} server The server
 * @returns {Promise<number>} How many connections it has, in all processes
 */
function count(server) {
  return new Promise((resolve, reject) => {
    server.getConnections((/** @type {any} */ error, /** @type {any} */ number) =>
      error ? reject(error) : resolve(number),
    );
  });
}

/** @returns {number} Sockets that this process has open */
function openSockets() {
  let sockets = 0;
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      if (fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')) sockets++;
    } catch {
      // That of the folder itself.
    }
  }
  return sockets;
}

/** Answers each connection that arrives with what it is told, and ends it. */
function answerAll() {
  process.on('message', (/** @type {any} */ message, /** @type {any} */ socket) => {
    if (!socket) return;
    socket.setEncoding('utf8');
    socket.once('data', (/** @type {string} */ text) => socket.end(`${message}: ${text}`));
  });
}

const cases = {
  'a connection that nobody has read from': {
    async parent() {
      const child = start();
      const server = await listening({ pauseOnConnect: true });
      const { client, socket } = await pair(server, 'hello');
      const closed = [];
      socket.on('close', () => closed.push('close'));
      const events = [];
      const returned = child.send('child', socket, (/** @type {any} */ error) => {
        events.push(error);
      });
      const state = [socket._handle === null, socket.destroyed, returned];
      const text = await textOf(client);
      server.close();
      child.disconnect();
      await Promise.all([once(server, 'close'), child.exited]);
      return [text, state, events, closed];
    },
    child: answerAll,
  },

  'bytes that were read and not told are no reason to reset it': {
    async parent() {
      const child = start();
      const server = builtin.createServer({ allowHalfOpen: true }).listen(0, HOST);
      await once(server, 'listening');
      const { port } = /** @type {any} */ (server.address());
      const endings = [];
      // In the middle of what one read may have brought, somewhere.
      for (let which = 9; which < 15; which++) {
        const client = net.connect(port, HOST);
        const [peer] = await once(server, 'connection');
        const events = [];
        for (const event of ['end', 'error']) {
          peer.on(event, (/** @type {any} */ error) => events.push([event, error?.code]));
        }
        peer.resume();
        peer.end(Buffer.alloc(1 << 20));
        let count = 0;
        client.on('data', () => {
          if (++count === which) child.send('child', client.pause());
        });
        await new Promise((resolve) => peer.on('close', resolve));
        endings.push(events);
      }
      server.close();
      child.disconnect();
      await child.exited;
      return endings;
    },
    child() {
      process.on('message', (_message, /** @type {any} */ socket) => {
        socket?.resume().on('end', () => socket.destroy());
      });
    },
  },

  'sent when it is accepted': {
    async parent() {
      const child = start();
      const server = await listening();
      server.on('connection', (/** @type {any} */ socket) => child.send('child', socket));
      const texts = [];
      for (let i = 0; i < 5; i++) {
        const client = net.connect(server.address().port, HOST);
        client.write(String(i));
        texts.push(await textOf(client));
      }
      // The child tells of the end of each.
      while ((await count(server)) > 0);
      server.close();
      child.disconnect();
      await Promise.all([once(server, 'close'), child.exited]);
      return texts;
    },
    child: answerAll,
  },

  'kept open': {
    async parent() {
      const child = start();
      const server = await listening({ pauseOnConnect: true });
      const { client, socket } = await pair(server);
      child.send('child', socket, { keepOpen: true });
      await once(child, 'message');
      const state = [socket._handle === null, socket.destroyed, await count(server)];
      socket.end('and the parent');
      const text = await textOf(client);
      server.close();
      child.kill();
      return [text, state];
    },
    child() {
      process.on('message', (/** @type {any} */ message, /** @type {any} */ socket) => {
        socket.write('the child ', () => process.send('written'));
      });
    },
  },

  'connections count until they end': {
    async parent() {
      const child = start();
      const server = await listening({ pauseOnConnect: true });
      const { client, socket } = await pair(server);
      child.send('child', socket);
      await once(child, 'message');
      const before = [server._connections, await count(server)];
      let closed = false;
      server.on('close', () => (closed = true));
      server.close();
      client.write('now');
      await textOf(client);
      if (!closed) await once(server, 'close');
      child.disconnect();
      return before;
    },
    child() {
      process.on('message', (/** @type {any} */ message, /** @type {any} */ socket) => {
        socket.once('data', () => socket.end());
        process.send('here');
      });
    },
  },

  'a server': {
    async parent() {
      const child = start();
      const server = await listening();
      const { port } = server.address();
      child.send('server', server);
      await once(child, 'message');
      server.close();
      await once(server, 'close');
      const texts = [];
      for (let i = 0; i < 2; i++) texts.push(await textOf(net.connect(port, HOST)));
      child.disconnect();
      return texts;
    },
    child() {
      process.on('message', (/** @type {any} */ message, /** @type {any} */ server) => {
        server.on('connection', (/** @type {any} */ socket) => socket.end('child'));
        process.on('disconnect', () => server.close());
        process.send('ready');
      });
    },
  },

  'a server that does not listen': {
    async parent() {
      const child = start();
      const closed = await listening();
      closed.close();
      await once(closed, 'close');
      const errors = [];
      const sent = (/** @type {any} */ error) => errors.push(error);
      const returned = [
        child.send('new', net.createServer(), sent),
        child.send('closed', closed, sent),
      ];
      child.send('end');
      const [seen] = await once(child, 'message');
      child.disconnect();
      return [returned, errors, seen];
    },
    child() {
      const seen = [];
      process.on('message', (/** @type {any} */ message, /** @type {any} */ server) => {
        if (message === 'end') process.send(seen);
        else seen.push([message, Boolean(server)]);
      });
    },
  },

  'a handle': {
    async parent() {
      const child = start();
      const server = await listening();
      const { port } = server.address();
      child.send('handle', server._handle);
      await once(child, 'message');
      server.close();
      const text = await textOf(net.connect(port, HOST));
      child.disconnect();
      return text;
    },
    child() {
      process.on('message', (/** @type {any} */ message, /** @type {any} */ handle) => {
        const server = net.createServer((/** @type {any} */ socket) => {
          socket.end('adopted');
          server.close();
        });
        server.listen(handle, () => process.send('ready'));
      });
    },
  },

  'what arrives is adopted': {
    async parent() {
      const child = start();
      const server = await listening({ pauseOnConnect: true });
      const { client, socket } = await pair(server, 'hello');
      child.send('child', socket);
      const text = await textOf(client);
      const [left] = await once(child, 'message');
      child.disconnect();
      server.close();
      return [text, left];
    },
    child() {
      const before = openSockets();
      process.on('message', (/** @type {any} */ message, /** @type {any} */ received) => {
        const socket = new net.Socket({ handle: received._handle });
        socket.once('data', (/** @type {Buffer} */ data) => socket.end(`adopted ${data}`));
        socket.on('close', () => process.send(openSockets() - before));
      });
    },
  },

  'from the child to the parent': {
    async parent() {
      const child = start();
      const [port] = await once(child, 'message');
      const client = net.connect(port, HOST);
      client.write('hello');
      const [, socket] = await once(child, 'message');
      socket.once('data', (/** @type {Buffer} */ data) => socket.end(`parent: ${data}`));
      const text = await textOf(client);
      await child.exited;
      return text;
    },
    async child() {
      const server = await listening({ pauseOnConnect: true });
      process.send(server.address().port);
      const [socket] = await once(server, 'connection');
      server.close();
      process.send('take it', socket, () => process.disconnect());
    },
  },

  'sent twice, and sent after its end': {
    async parent() {
      const child = start();
      const server = await listening({ pauseOnConnect: true });
      const { client, socket } = await pair(server);
      child.send('first', socket);
      child.send('again', socket);
      const other = await pair(server);
      other.socket.destroy();
      await once(other.socket, 'close');
      child.send('gone', other.socket);
      child.send('end');
      const [seen] = await once(child, 'message');
      client.destroy();
      other.client.destroy();
      server.close();
      child.kill();
      return seen;
    },
    child() {
      const seen = [];
      process.on('message', (/** @type {any} */ message, /** @type {any} */ socket) => {
        if (message === 'end') process.send(seen);
        else seen.push([message, Boolean(socket)]);
      });
    },
  },

  'to a child that is gone': {
    async parent() {
      const before = openSockets();
      const child = start();
      child.disconnect();
      await child.exited;
      const server = await listening({ pauseOnConnect: true });
      const { client, socket } = await pair(server);
      const codes = [];
      child.once('error', ({ code }) => codes.push(code));
      child.send('x', socket);
      await new Promise((resolve) => {
        child.send('y', socket, (/** @type {any} */ error) => {
          codes.push(error.code);
          resolve(undefined);
        });
      });
      const state = [socket._handle === null, socket.destroyed];
      socket.destroy();
      client.destroy();
      server.close();
      await Promise.all([once(socket, 'close'), once(client, 'close')]);
      return [codes, state, openSockets() - before];
    },
    child: () => process.on('disconnect', () => process.exit()),
  },

  'no descriptor is left': {
    async parent() {
      const child = start();
      const server = await listening({ pauseOnConnect: true });
      const clients = [];
      // The first one makes what is made once.
      let before = -1;
      for (let i = 0; i < 20; i++) {
        const { client, socket } = await pair(server, 'x');
        child.send(String(i), socket, { keepOpen: i % 2 === 0 });
        clients.push(await textOf(client));
        socket.destroy();
        // Core closes its handle when the child has acknowledged.
        child.send('ask');
        await once(child, 'message');
        if (i === 1) before = openSockets();
      }
      // The last ones may be about to close.
      const deadline = Date.now() + 5000;
      while (openSockets() > before && Date.now() < deadline) await setImmediate();
      const left = Math.max(0, openSockets() - before);
      server.close();
      child.disconnect();
      return [clients.length, clients[7], left];
    },
    child() {
      answerAll();
      process.on('message', (message) => message === 'ask' && process.send('answer'));
    },
  },

  'standard input and output': {
    async parent() {
      const server = await listening();
      const texts = [];
      for (let i = 0; i < 3; i++) {
        const client = net.connect(server.address().port, HOST);
        client.end('through cat');
        const [socket] = await once(server, 'connection');
        const cat = spawn('cat', { stdio: [socket, socket, 'ignore'] });
        const exited = once(cat, 'exit');
        socket.destroy();
        texts.push(await textOf(client));
        await exited;
      }
      server.close();
      return texts;
    },
    child() {},
  },

  'a Unix socket': {
    async parent() {
      const child = start();
      const server = net.createServer({ pauseOnConnect: true });
      server.listen(path.join(folder, 'socket'));
      await once(server, 'listening');
      const client = net.connect(path.join(folder, 'socket'));
      client.write('hello');
      const [socket] = await once(server, 'connection');
      child.send('child', socket);
      const text = await textOf(client);
      server.close();
      child.disconnect();
      return text;
    },
    child: answerAll,
  },

  'what was written before is not lost': {
    async parent() {
      const child = start();
      const server = await listening({ pauseOnConnect: true });
      const { client, socket } = await pair(server, 'hello');
      socket.write('parent, ');
      child.send('child', socket);
      const text = await textOf(client);
      server.close();
      child.disconnect();
      return text;
    },
    child: answerAll,
  },

  'anything else is refused': {
    async parent() {
      const child = start();
      const codes = [];
      for (const handle of [{}, [], new (require('node:stream').PassThrough)()]) {
        try {
          child.send('x', handle);
        } catch (error) {
          codes.push(error.code);
        }
      }
      child.send('plain');
      const [answer] = await once(child, 'message');
      child.disconnect();
      return [codes, answer];
    },
    child: () => process.on('message', (message) => process.send(`got ${message}`)),
  },

  'built-in sockets go as before': {
    async parent() {
      const child = start();
      const server = builtin.createServer({ pauseOnConnect: true }).listen(0, HOST);
      await once(server, 'listening');
      const client = builtin.connect(server.address().port, HOST);
      client.write('hello');
      const [socket] = await once(server, 'connection');
      child.send('child', socket);
      const text = await textOf(client);
      server.close();
      child.disconnect();
      return text;
    },
    child: answerAll,
  },
};

async function main() {
  if (role === 'child') {
    cases[name].child();
    return;
  }
  console.log(JSON.stringify(await cases[name].parent()));
}

main();
