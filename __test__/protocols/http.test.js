'use strict';

const http = require('node:http');

const { scenario } = require('../harness');
const { answerTo, count, dialer, feed, pour } = require('./helpers');

scenario('keep-alive: requests one after the other share a connection', async (t) => {
  const server = http.createServer((request, response) => response.end(request.url));
  const port = await feed(t, server);
  const agent = new http.Agent({ keepAlive: true });
  agent.createConnection = dialer(t);
  const seen = [];
  for (const path of ['/a', '/b', '/c']) {
    const request = http.request({ host: '127.0.0.1', port, path, agent });
    const free = new Promise((resolve) => request.once('socket', (s) => s.once('free', resolve)));
    const { body } = await answerTo(request);
    seen.push([body, request.reusedSocket]);
    await free;
  }
  agent.destroy();
  return seen;
});

/**
 * A request that was answered over a connection that an agent keeps.
 *
 * @param {import('../harness').Context} t The scenario's context
 * @returns {Promise<{ accepted: any, agent: http.Agent, request: any, response: any, send: () => any }>} The
 *   server's end of the connection, and `send`, which makes the next request
 */
async function keepConnection(t) {
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('error', () => {});
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const { port } = await t.listen(server);
  const accepting = t.once(server, 'connection');
  const agent = new http.Agent({ keepAlive: true });
  agent.createConnection = dialer(t);
  const send = () => http.request({ host: '127.0.0.1', port, agent });
  const request = send();
  const free = new Promise((resolve) => request.once('socket', (s) => s.once('free', resolve)));
  const [{ response }, [accepted]] = await Promise.all([answerTo(request), accepting, free]);
  return { accepted, agent, request, response, send };
}

scenario(
  'an idle socket of an agent: what waits there is no answer to the next request',
  async (t) => {
    const { accepted, agent, send } = await keepConnection(t);
    await new Promise((resolve) =>
      accepted.write('HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n', resolve),
    );
    // The agent is asked before the client's socket is read from.
    const { response } = await answerTo(send());
    agent.destroy();
    return response.statusCode;
  },
);

scenario('an idle socket of an agent: what arrives uninvited ends it as with core', async (t) => {
  const seen = [];
  for (const what of ['data', 'end', 'reset']) {
    const { accepted, agent, request, response } = await keepConnection(t);
    const { socket } = request;
    const events = [];
    for (const event of ['error', 'end']) socket.on(event, () => events.push(event));
    // Uninvited bytes and no end: older Nodes keep the socket, so that the end comes after them.
    if (what === 'data') accepted.end('uninvited');
    else if (what === 'end') accepted.end();
    else accepted.resetAndDestroy();
    const [hadError] = await t.once(socket, 'close');
    seen.push([what, response.statusCode, events, hadError]);
    agent.destroy();
  }
  return seen;
});

scenario('free sockets of an agent: timeout, then close', async (t) => {
  const server = http.createServer((request, response) => response.end());
  server.keepAliveTimeout = 0;
  const port = await feed(t, server);
  const agent = new http.Agent({ keepAlive: true, timeout: 50 });
  agent.createConnection = dialer(t);
  const request = http.request({ host: '127.0.0.1', port, agent });
  const socket = await new Promise((resolve) => {
    request.once('socket', resolve);
    request.end();
    request.once('response', (response) => response.resume());
  });
  const events = t.record(socket, ['timeout', 'close']);
  await t.once(socket, 'close');
  const left = [Object.keys(agent.freeSockets).length, Object.keys(agent.sockets).length];
  agent.destroy();
  return [events, left];
});

scenario("the server's keepAliveTimeout closes an idle connection", async (t) => {
  const server = http.createServer((request, response) => response.end('once'));
  server.keepAliveTimeout = 30;
  const port = await feed(t, server);
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const text = String(await t.collect(client));
  return [text.split('\r\n')[0], text.endsWith('once')];
});

scenario('pipelining: answers come in the order of the requests', async (t) => {
  const held = [];
  const server = http.createServer((request, response) => {
    held.push([request, response]);
    if (held.length < 3) return;
    for (const [{ url }, answer] of held.reverse()) answer.end(`<${url}>`);
  });
  const port = await feed(t, server);
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const head = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
  client.write(head('/1') + head('/2') + head('/3', 'Connection: close\r\n'));
  const text = String(await t.collect(client));
  return [text.match(/<[^>]*>/g), text.match(/HTTP\/1\.1 \d+/g)];
});

scenario('upgrade: the socket is handed over with what was read too far', async (t) => {
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    socket.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst ');
    socket.write(head);
    socket.pipe(socket);
  });
  const port = await feed(t, server);
  const request = http.request({
    host: '127.0.0.1',
    port,
    createConnection: dialer(t),
    headers: { Connection: 'Upgrade', Upgrade: 'echo' },
  });
  request.end();
  const [response, socket, head] = await t.once(request, 'upgrade');
  socket.unshift(head);
  const heard = t.collect(socket);
  socket.write('one ');
  socket.end('two');
  return [response.statusCode, String(await heard), socket instanceof t.clientNet.Socket];
});

scenario('CONNECT: a tunnel through a proxy, with a request inside', async (t) => {
  const origin = http.createServer((request, response) => response.end(`origin ${request.url}`));
  const originPort = await feed(t, origin);
  const proxy = http.createServer();
  proxy.on('connect', (request, socket, head) => {
    const [host, port] = request.url.split(':');
    const upstream = t.track(
      t.serverNet.connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      }),
    );
    upstream.on('error', () => socket.destroy());
  });
  const port = await feed(t, proxy);
  const connecting = http.request({
    host: '127.0.0.1',
    port,
    method: 'CONNECT',
    path: `127.0.0.1:${originPort}`,
    createConnection: dialer(t),
  });
  connecting.end();
  const [{ statusCode }, tunnel] = await t.once(connecting, 'connect');
  const request = http.request({ path: '/in', host: 'a', createConnection: () => tunnel });
  const { body } = await answerTo(request);
  return [statusCode, body];
});

scenario('Expect: 100-continue, taken and refused', async (t) => {
  const server = http.createServer((request, response) => {
    count(request).then((bytes) => response.end(String(bytes)));
  });
  server.on('checkContinue', (request, response) => {
    if (request.url === '/no') {
      response.writeHead(417);
      response.end();
      return;
    }
    response.writeContinue();
    server.emit('request', request, response);
  });
  const port = await feed(t, server);
  const seen = [];
  for (const path of ['/yes', '/no']) {
    const request = http.request({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      createConnection: dialer(t),
      headers: { Expect: '100-continue', 'Content-Length': 5, Connection: 'close' },
    });
    request.flushHeaders();
    request.once('continue', () => {
      seen.push('continue');
      request.end('hello');
    });
    const [response] = await t.once(request, 'response');
    seen.push([response.statusCode, await count(response)]);
    request.destroy();
  }
  return seen;
});

scenario('chunked bodies both ways, with trailers', async (t) => {
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (text) => (body += text));
    request.once('end', () => {
      response.writeHead(200, { Trailer: 'X-Sum' });
      response.write(body);
      response.write(request.trailers['x-count']);
      response.addTrailers({ 'X-Sum': 'ü'.length });
      response.end();
    });
  });
  const port = await feed(t, server);
  const request = http.request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    createConnection: dialer(t),
    headers: { Trailer: 'X-Count' },
  });
  for (const part of ['a', 'bb', 'ccc']) request.write(part);
  request.addTrailers({ 'X-Count': '6' });
  const { response, body } = await answerTo(request);
  return [body, response.trailers, response.headers['transfer-encoding']];
});

scenario(
  '100 MB up and down, with backpressure on both ways',
  async (t) => {
    const size = 100 * 2 ** 20;
    const server = http.createServer(async (request, response) => {
      if (request.method === 'GET') return void pour(response, size);
      response.end(String(await count(request)));
    });
    const port = await feed(t, server);
    const common = { host: '127.0.0.1', port, createConnection: dialer(t) };
    const up = http.request({ ...common, method: 'PUT' });
    const full = pour(up, size);
    const [uploaded] = await t.once(up, 'response');
    uploaded.setEncoding('utf8');
    const told = await t.collect(uploaded);
    const down = http.request(common).end();
    const [downloaded] = await t.once(down, 'response');
    return [told, await count(downloaded), full[0] > 0];
  },
  { timeout: 60_000 },
);

scenario('abort half-way: by the client, by a signal, by the server', async (t) => {
  const seen = [];
  const aborted = [];
  const server = http.createServer((request, response) => {
    response.once('close', () => aborted.push(response.writableFinished));
    response.write('x'.repeat(1000));
    if (request.url === '/server') response.once('drain', () => {}).socket.destroy();
  });
  const port = await feed(t, server);
  for (const how of ['client', 'signal', 'server']) {
    const controller = new AbortController();
    const request = http.request({
      host: '127.0.0.1',
      port,
      path: `/${how}`,
      createConnection: dialer(t),
      signal: controller.signal,
    });
    const failed = [];
    request.on('error', (error) => failed.push(error.code));
    request.end();
    if (how === 'server') {
      await t.once(request, 'close');
      seen.push([how, failed]);
      continue;
    }
    const [response] = await t.once(request, 'response');
    response.on('error', (error) => failed.push(error.code));
    response.resume();
    if (how === 'client') request.destroy();
    else controller.abort();
    await t.once(request, 'close');
    seen.push([how, failed, request.socket.destroyed]);
  }
  return seen;
});

const MANY = Array.from({ length: 70 }, (_, index) => `name-${index}: value\r\n`).join('');
const HEAD = 'HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';

/** Requests that come in one read each, and what the program does with the first piece of a body. */
const ONE_READ = {
  'a body': [`POST /1 ${HEAD}Content-Length: 4\r\n\r\nbody`],
  'a body in chunks': [`POST /1 ${HEAD}${CHUNKED}2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n`],
  'requests in a row': [
    `POST /1 ${HEAD}Content-Length: 4\r\n\r\nbodyGET /2 ${HEAD}\r\nGET /3 ${HEAD}\r\n`,
  ],
  'many headers': [`POST /1 ${HEAD}${MANY}Content-Length: 4\r\n\r\nbodyGET /2 ${HEAD}\r\n`],
  'headers behind a body': [`POST /1 ${HEAD}${CHUNKED}0\r\n${MANY}\r\nGET /2 ${HEAD}\r\n`],
  'a listener that throws': [
    `POST /1 ${HEAD}Content-Length: 4\r\n\r\nbodyGET /2 ${HEAD}\r\n`,
    () => {
      throw new Error('thrown');
    },
  ],
  'a request that is destroyed': [
    `POST /1 ${HEAD}Content-Length: 4\r\n\r\nbodyGET /2 ${HEAD}\r\n`,
    (request) => request.destroy(),
  ],
};

for (const [what, [text, act]] of Object.entries(ONE_READ)) {
  scenario(
    `ticks between the parts of what a server reads at once: ${what}`,
    async (t) => {
      const seen = [];
      const note = (...entry) => {
        seen.push(entry);
        process.nextTick(() => seen.push(['tick after', ...entry]));
        queueMicrotask(() => seen.push(['microtask after', ...entry]));
      };
      const server = http.createServer((request, response) => {
        const { url } = request;
        note('request', url);
        request.on('data', (chunk) => {
          note('data', url, String(chunk));
          act?.(request);
        });
        for (const event of ['end', 'close']) request.on(event, () => note(event, url));
        for (const event of ['finish', 'close'])
          response.on(event, () => note('answer', event, url));
        response.end();
      });
      const connected = t.once(server, 'connection');
      const client = t.track(t.clientNet.connect(await feed(t, server), '127.0.0.1'));
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', (error) => note('uncaught', error.message));
      try {
        const [accepted] = await connected;
        // The first read is none of a connection's beginning.
        await t.mark('connected');
        client.resume().write(text);
        await t.once(client, 'data');
        await t.mark('answered');
        accepted.destroy();
        await t.settle(accepted);
      } finally {
        process.removeAllListeners('uncaughtException');
        for (const listener of listeners) process.on('uncaughtException', listener);
      }
      return seen;
    },
    { pairings: ['server'] },
  );
}
