'use strict';

// What a server of core's sees where its parser reads from the handle, and when it stops to.

const { AsyncLocalStorage } = require('node:async_hooks');
const http = require('node:http');

const { scenario } = require('../harness');
const { answerTo, feed, pour } = require('./helpers');

const HEAD = 'HTTP/1.1\r\nHost: a\r\n';
const END = `${HEAD}Connection: close\r\n\r\n`;

/** What a program may listen to on the socket of a request, and when. */
const LISTENERS = {
  'data, before the server has read': ['data', 'connection'],
  'data, in a request': ['data', 'request'],
  'readable, in a request': ['readable', 'request'],
  'pause and resume, in a request': ['pause', 'request'],
};

for (const [what, [event, when]] of Object.entries(LISTENERS)) {
  scenario(
    `a program listens to the socket that a server's parser reads: ${what}`,
    async (t) => {
      const seen = [];
      const listen = (socket) => {
        if (socket.listenerCount('marked') > 0) return;
        socket.on('marked', () => {});
        socket.on(event, (chunk) => {
          seen.push([event, chunk && String(chunk)]);
          if (event === 'readable') seen.push(String(socket.read()));
        });
      };
      const server = http.createServer((request, response) => {
        const { socket } = request;
        seen.push(['request', request.url, socket.bytesRead]);
        if (when === 'request') listen(socket);
        request.on('data', (chunk) => seen.push(['body', String(chunk)]));
        request.on('end', () => response.end(`<${request.url}>`));
      });
      if (when === 'connection') server.on('connection', listen);
      const client = t.track(t.clientNet.connect(await feed(t, server), '127.0.0.1'));
      let answers = '';
      client.on('data', (chunk) => (answers += chunk));
      for (const path of ['/1', '/2']) {
        client.write(`POST ${path} ${HEAD}Content-Length: 4\r\n\r\nbody`);
        while (!answers.includes(`<${path}>`)) await t.once(client, 'data');
      }
      client.write(`GET /3 ${END}`);
      await t.once(client, 'close');
      return [seen, answers.match(/<[^>]*>/g)];
    },
    { pairings: ['server'] },
  );
}

scenario(
  'an upgrade: what was read behind the head belongs to whoever takes the socket over',
  async (t) => {
    const server = http.createServer((request, response) => response.end(request.url));
    const upgraded = t.once(server, 'upgrade');
    const client = t.track(t.clientNet.connect(await feed(t, server), '127.0.0.1'));
    client.write(`GET /1 ${HEAD}\r\n`);
    await t.once(client, 'data');
    client.write(`GET /2 ${HEAD}Connection: Upgrade\r\nUpgrade: x\r\n\r\nbehind the head`);
    const [request, socket, head] = await upgraded;
    const seen = [request.url, String(head), socket.bytesRead, socket.parser ?? null];
    const rest = t.collect(socket);
    client.end(Buffer.alloc(100_000, 'x'));
    return [...seen, String(await rest), String(head)];
  },
  { pairings: ['server'] },
);

scenario(
  'no HTTP: the error has the bytes, and the socket is the program’s',
  async (t) => {
    const seen = [];
    for (const text of ['no HTTP\r\n\r\n', `GET / ${HEAD}: a\r\n\r\n`, `GET / ${END}more`]) {
      const server = http.createServer((request, response) => response.end('fine'));
      server.on('clientError', ({ code, bytesParsed, rawPacket }, socket) => {
        seen.push([code, bytesParsed, String(rawPacket), socket.writable]);
        socket.end('HTTP/1.1 400 Own words\r\n\r\n');
      });
      const client = t.track(t.clientNet.connect(await feed(t, server), '127.0.0.1'));
      client.write(text);
      seen.push(String(await t.collect(client)));
    }
    return seen;
  },
  { pairings: ['server'] },
);

scenario(
  'requests in a row, whose answers nobody reads for a while',
  async (t) => {
    const seen = [];
    const body = Buffer.alloc(50_000, 'b');
    const server = http.createServer((request, response) => {
      seen.push(request.url);
      response.end(body);
    });
    const client = t.track(t.clientNet.connect(await feed(t, server), '127.0.0.1'));
    await t.once(client, 'connect');
    client.pause();
    const paths = Array.from({ length: 60 }, (_, index) => `/${index}`);
    for (const path of paths) client.write(`GET ${path} ${HEAD}\r\n`);
    client.write(`GET /last ${END}`);
    let bytes = 0;
    client.on('data', (chunk) => (bytes += chunk.length));
    client.resume();
    await t.once(client, 'close');
    return [seen, bytes > 61 * body.length];
  },
  { pairings: ['server'] },
);

scenario(
  'a body larger than any buffer, and one that breaks off',
  async (t) => {
    const seen = [];
    const server = http.createServer((request, response) => {
      let bytes = 0;
      request.on('data', (chunk) => (bytes += chunk.length));
      request.on('end', () => response.end(String(bytes)));
      request.on('error', ({ code }) => seen.push([code, bytes, request.complete]));
      request.on('close', () => seen.push(['close', request.aborted, request.socket.bytesRead]));
    });
    const port = await feed(t, server);
    const size = 8 * 1024 * 1024;
    const whole = t.track(t.clientNet.connect(port, '127.0.0.1'));
    const answer = t.collect(whole);
    whole.write(`POST / ${HEAD}Connection: close\r\nContent-Length: ${size}\r\n\r\n`);
    pour(whole, size);
    seen.push(String(await answer).split('\r\n\r\n')[1]);
    const broken = t.track(t.clientNet.connect(port, '127.0.0.1'));
    const closed = new Promise((resolve) => {
      server.once('request', (request) => {
        request.once('data', () => broken.destroy());
        request.once('close', resolve);
      });
    });
    broken.write(`POST / ${HEAD}Content-Length: ${size}\r\n\r\nonly that`);
    await closed;
    return seen;
  },
  { pairings: ['server'] },
);

scenario(
  'a parser is used again: by sockets of core, by requests, and by ours',
  async (t) => {
    const seen = [];
    const core = http.createServer((request, response) => response.end(`core ${request.url}`));
    await new Promise((resolve) => core.listen(0, '127.0.0.1', resolve));
    const ours = http.createServer((request, response) => response.end(`other ${request.url}`));
    const ports = [await feed(t, ours), core.address().port];
    for (let round = 0; round < 3; round++) {
      for (const port of ports) {
        const request = http.request({ host: '127.0.0.1', port, path: `/${round}`, agent: false });
        seen.push((await answerTo(request)).body);
      }
    }
    await new Promise((resolve) => core.close(resolve));
    return seen;
  },
  { pairings: ['server'] },
);

scenario(
  'a socket that a second server gets reads on',
  async (t) => {
    const seen = [];
    const server = (name) =>
      http.createServer((request, response) => {
        seen.push([name, request.url]);
        response.end(name);
      });
    const [first, second] = [server('first'), server('second')];
    first.on('connection', (socket) => second.emit('connection', socket));
    const client = t.track(t.clientNet.connect(await feed(t, first), '127.0.0.1'));
    client.on('error', () => {});
    client.write(`GET /1 ${END}`);
    const heard = String(await t.collect(client));
    return [seen, heard.match(/HTTP\/1\.1 \d+/g)];
  },
  { pairings: ['server'] },
);

scenario(
  'many connections at once: answers arrive whole, and tell what became of them in order',
  async (t) => {
    /** @type {Map<string, string[]>} */
    const told = new Map();
    const server = http.createServer((request, response) => {
      const events = [];
      told.set(request.url, events);
      for (const event of ['finish', 'close']) response.on(event, () => events.push(event));
      const { socket } = request;
      const before = socket.bytesWritten;
      if (request.url.endsWith('1'))
        response.write('in two pieces, ', () => events.push('written'));
      response.end(`<${request.url}>`, () => events.push(`end of ${socket.bytesWritten > before}`));
    });
    const port = await feed(t, server);
    const ask = async (connection) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const bodies = [];
      for (let round = 0; round < 20; round++) {
        const path = `/${connection}/${round}`;
        const request = http.request({ host: '127.0.0.1', port, path, agent });
        bodies.push((await answerTo(request)).body);
      }
      agent.destroy();
      return bodies;
    };
    const bodies = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(index)));
    return [bodies, [...told].sort()];
  },
  { pairings: ['server'] },
);

scenario(
  "events of a server are told in the context that they have there: 'clientError', 'upgrade' and others",
  async (t) => {
    const storage = new AsyncLocalStorage();
    const seen = [];
    const see = (what) => seen.push([what, storage.getStore()]);
    const server = http.createServer((request, response) => {
      see('request');
      request.on('data', () => see('data'));
      request.on('end', () => {
        see('end');
        response.end();
      });
    });
    server.on('connection', () => see('connection'));
    server.on('upgrade', (_request, socket) => {
      see('upgrade');
      socket.destroy();
    });
    server.on('connect', (_request, socket) => {
      see('connect');
      socket.destroy();
    });
    server.on('clientError', (_error, socket) => {
      see('clientError');
      socket.destroy();
    });
    const port = await storage.run('listens', () => feed(t, server));
    for (const text of [
      `POST / ${HEAD}Connection: close\r\nContent-Length: 2\r\n\r\nab`,
      `GET / ${HEAD}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`,
      `CONNECT a:1 ${HEAD}\r\n`,
      'nothing of HTTP\r\n\r\n',
    ]) {
      const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
      client.on('error', () => {});
      client.write(text);
      client.resume();
      await t.once(client, 'close');
    }
    return seen;
  },
  { pairings: ['server'] },
);
