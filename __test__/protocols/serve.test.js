'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const builtin = require('node:net');
const { test } = require('node:test');
const tls = require('node:tls');
const { promisify } = require('node:util');

const { isBuiltin, ours, scenario } = require('../harness');
const { serve, useForRequests } = require('tokio-net/http');
const { CA, IDENTITY, answerTo } = require('./helpers');

/**
 * @param {any} t The scenario's context
 * @param {any} server A server of core's
 * @returns {any} The same, which listens with the module under test
 */
function served(t, server) {
  return isBuiltin(t.net) ? server : serve(server);
}

/**
 * @param {any} t The scenario's context
 * @param {string} url Where to
 * @param {any} [options] Those of a request
 * @returns {Promise<string>} The body
 */
async function get(t, url, options = {}) {
  const { request } = url.startsWith('https') ? https : http;
  return (await answerTo(request(url, { agent: false, ca: CA, ...options }))).body;
}

const one = { cross: false };

scenario(
  'a server of http listens, answers, counts, and closes',
  async (t) => {
    const server = served(
      t,
      http.createServer((request, response) => response.end(request.url)),
    );
    const events = t.record(server, ['listening', 'close', 'connection']);
    const before = [server.listening, server.address()];
    const { port } = await t.listen(server, { port: 0, host: '127.0.0.1', backlog: 5 });
    const { address, family } = server.address();
    const body = await get(t, `http://127.0.0.1:${port}/path`);
    const agent = new http.Agent({ keepAlive: true });
    await get(t, `http://127.0.0.1:${port}/`, { agent });
    const connections = await new Promise((resolve) => {
      server.getConnections((error, count) => resolve([error, count]));
    });
    const listening = [server.listening, address, family, body, connections];
    let again;
    try {
      server.listen(0);
    } catch (error) {
      again = error.code;
    }
    // Idle connections are closed with the server.
    await new Promise((resolve) => server.close(resolve));
    const errors = await new Promise((resolve) => server.close((error) => resolve(error.code)));
    return [before, listening, again, errors, server.listening, server.address(), events.length];
  },
  one,
);

scenario(
  'what a program puts in the place of listen() is called, also after serve()',
  async (t) => {
    const { prototype } = t.net.Server;
    const { listen, _listen2 } = prototype;
    const server = served(
      t,
      http.createServer((request, response) => response.end('hello')),
    );
    const seen = [];
    for (const [name, usual] of Object.entries({ listen, _listen2 })) {
      prototype[name] = function (...args) {
        seen.push([name, this === server, args.length]);
        return usual.apply(this, args);
      };
    }
    try {
      const { port } = await t.listen(server, { port: 0, host: '127.0.0.1' });
      seen.push(await get(t, `http://127.0.0.1:${port}/`));
    } finally {
      Object.assign(prototype, { listen, _listen2 });
    }
    await new Promise((resolve) => server.close(resolve));
    return seen;
  },
  one,
);

scenario(
  'listen() again after close, on a path, with a signal, and where it cannot',
  async (t) => {
    const server = served(
      t,
      http.createServer((request, response) => response.end('x')),
    );
    const seen = [];
    await t.listen(server);
    await new Promise((resolve) => server.close(resolve));
    const controller = new AbortController();
    const path = `${t.tmp}/s`;
    await t.listen(server, { path, signal: controller.signal });
    seen.push(server.address() === path);
    const request = http.get({ socketPath: path, agent: false });
    seen.push((await answerTo(request)).body);
    controller.abort();
    await t.once(server, 'close');
    server.listen(`${t.tmp}/none/s`);
    const [error] = await t.once(server, 'error');
    seen.push([error.code, error.syscall], server.listening);
    return seen;
  },
  one,
);

scenario(
  'timeouts and forced ends: headersTimeout, closeIdleConnections, closeAllConnections',
  async (t) => {
    const server = served(
      t,
      http.createServer({ headersTimeout: 50, connectionsCheckingInterval: 20 }, (request) =>
        server.emit('asked', request),
      ),
    );
    const { port } = await t.listen(server);
    const slow = t.track(t.clientNet.connect(port, '127.0.0.1'));
    slow.write('GET / HTTP/1.1\r\nHost');
    const [status] = String(await t.collect(slow)).split('\r\n');
    const busy = t.track(t.clientNet.connect(port, '127.0.0.1'));
    busy.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await t.once(server, 'asked');
    server.closeIdleConnections();
    const stillOpen = !busy.destroyed;
    const closing = Promise.all([t.once(server, 'close'), t.once(busy, 'close')]);
    server.close();
    server.closeAllConnections();
    await closing;
    return [status, stillOpen];
  },
  one,
);

scenario(
  'ref, unref, maxConnections, setTimeout and async disposal of a server of http',
  async (t) => {
    const server = served(
      t,
      http.createServer((request, response) => response.end()),
    );
    server.maxConnections = 1;
    server.setTimeout(100);
    const timeout = t.once(server, 'timeout');
    const returned = [server.ref() === server, server.unref() === server];
    const { port } = await t.listen(server);
    const dropped = t.once(server, 'drop');
    const clients = [1, 2].map(() => t.track(t.clientNet.connect(port, '127.0.0.1')));
    for (const client of clients) client.on('error', () => {});
    const [data] = await dropped;
    const [idle] = await timeout;
    idle.destroy();
    await Promise.all(clients.map((client) => client.resume() && t.settle(client)));
    await server[Symbol.asyncDispose]();
    return [returned, Object.keys(data).sort(), server.listening];
  },
  one,
);

scenario(
  'servers of https, http2 and tls',
  async (t) => {
    const seen = [];
    const options = { ...IDENTITY.server };
    const answer = (request, response) => {
      const { remoteAddress, encrypted } = request.socket;
      response.end(`${request.httpVersion} ${remoteAddress} ${encrypted}`);
    };
    const secure = served(t, https.createServer(options, answer));
    const { port } = await t.listen(secure);
    seen.push(await get(t, `https://localhost:${port}`, { host: '127.0.0.1' }));

    for (const [scheme, server] of [
      ['http', http2.createServer(answer)],
      ['https', http2.createSecureServer(options, answer)],
    ]) {
      const address = await t.listen(served(t, server));
      const session = http2.connect(`${scheme}://localhost:${address.port}`, { ca: CA, family: 4 });
      const stream = session.request({ ':path': '/' });
      seen.push(String(await t.collect(stream)));
      session.close();
      await t.once(session, 'close');
    }

    const plain = served(
      t,
      tls.createServer(options, (socket) => socket.end('tls')),
    );
    const target = await t.listen(plain);
    const socket = tls.connect({ port: target.port, host: '127.0.0.1', ca: CA });
    seen.push(String(await t.collect(socket)));
    return seen;
  },
  one,
);

test('serve() leaves a server of ours alone, and refuses what is none or listens', async () => {
  const server = ours.createServer();
  assert.strictEqual(serve(server), server);
  for (const value of [undefined, null, {}, 'server', http.Server]) {
    assert.throws(() => serve(value), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  const listening = http.createServer();
  await new Promise((resolve) => listening.listen(0, '127.0.0.1', resolve));
  assert.throws(() => serve(listening), { code: 'ERR_SERVER_ALREADY_LISTEN' });
  await new Promise((resolve) => listening.close(resolve));
});

test('connections of a served server are sockets of ours', async () => {
  const server = serve(
    http.createServer((request, response) => {
      response.end(String(request.socket instanceof builtin.Socket));
    }),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { body } = await answerTo(http.get({ port: server.address().port, agent: false }));
  assert.strictEqual(body, String(isBuiltin(ours)));
  await new Promise((resolve) => server.close(resolve));
});

/**
 * Runs requests by agents of http and https, and records what a program can see of their sockets.
 *
 * @param {any} t The scenario's context
 * @param {any} seen Gets it
 */
async function requestAll(t, seen) {
  const handler = (request, response) => response.end('answer');
  for (const core of [http, https]) {
    const server = core.createServer(IDENTITY.server, handler);
    const { port } = await t.listen(server);
    const agent = new core.Agent({ keepAlive: true, ca: CA, timeout: 5000 });
    for (let round = 0; round < 2; round++) {
      const request = core.request({ host: 'localhost', port, agent, family: 4 });
      const events = [];
      let free;
      request.once('socket', (socket) => {
        events.push(['connecting', socket.connecting]);
        for (const event of ['lookup', 'connect', 'ready', 'secureConnect']) {
          socket.once(event, () => events.push([event, socket.connecting]));
        }
        free = t.once(socket, 'free');
      });
      const { response, body } = await answerTo(request);
      await free;
      const { remoteAddress, remotePort, timeout } = request.socket;
      seen.push([response.statusCode, body, request.reusedSocket, events]);
      seen.push([remoteAddress, remotePort === port, timeout]);
    }
    const { socket } = await answerTo(
      core.get({ port, host: '127.0.0.1', agent: false, ca: CA }),
    ).then(({ response }) => response);
    seen.push([socket.remoteAddress]);
    agent.destroy();
    // What is wrong with the options is told before anything connects.
    let connections = 0;
    server.on('connection', () => connections++);
    for (const wrong of [
      { ciphers: 'none' },
      { key: 'none' },
      { minVersion: 'none' },
      { lookup: 1 },
    ]) {
      const options = { port, host: '127.0.0.1', agent: false, ca: CA, ...wrong };
      try {
        const { response } = await answerTo(core.get(options));
        seen.push([response.statusCode]);
      } catch (error) {
        seen.push([error.code]);
      }
    }
    seen.push([connections]);
    await new Promise((resolve) => server.close(resolve));
    for (const target of [
      { port, host: '127.0.0.1' },
      { host: 'none.invalid', port: 1 },
    ]) {
      const request = core.get({ ...target, agent });
      const [error] = await t.once(request, 'error');
      seen.push(t.summarise(error));
    }
    const controller = new AbortController();
    const request = core.get({ host: '127.0.0.1', port, signal: controller.signal, agent });
    controller.abort();
    const [error] = await t.once(request, 'error');
    seen.push([error.name, error.code]);
  }
}

scenario(
  'agents of http and https, as they are and after useForRequests()',
  async (t) => {
    const seen = [];
    const restore = isBuiltin(t.net) ? () => {} : useForRequests();
    try {
      await requestAll(t, seen);
    } finally {
      restore();
    }
    return seen;
  },
  one,
);

test('useForRequests() makes sockets of ours, is undone, and leaves proxies to core', async () => {
  const before = [http.Agent.prototype.createConnection, https.Agent.prototype.createConnection];
  const server = ours.createServer((socket) => socket.resume().end('HTTP/1.1 204 No\r\n\r\n'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const kindOf = async (options) => {
    const request = http.get({ host: '127.0.0.1', port, ...options });
    const { response } = await answerTo(request);
    return response.socket instanceof builtin.Socket;
  };
  const restore = useForRequests();
  assert.strictEqual(useForRequests(), restore, 'a second call changes nothing');
  try {
    assert.strictEqual(await kindOf({ agent: false }), isBuiltin(ours));
    assert.strictEqual(await kindOf({}), isBuiltin(ours));
    const proxied = new http.Agent();
    proxied.options.proxyEnv = {};
    assert.strictEqual(await kindOf({ agent: proxied }), true);
    assert.strictEqual(await kindOf({ createConnection: builtin.connect }), true);
  } finally {
    restore();
  }
  assert.strictEqual(await kindOf({ agent: false }), true);
  const after = [http.Agent.prototype.createConnection, https.Agent.prototype.createConnection];
  assert.deepStrictEqual(after, before);
  await new Promise((resolve) => server.close(resolve));
});

test('under tokio-net/register, requests of http and https use sockets of ours', async (t) => {
  const server = https.createServer(IDENTITY.server, (request, response) => response.end('x'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const program = `
    const https = require('https');
    const http = require('http');
    const ours = require('net').Socket.prototype;
    const { port } = ${JSON.stringify(server.address())};
    const isOurs = (socket) => ours.isPrototypeOf(socket);
    http.get({ port, host: '127.0.0.1' })
      .once('error', () => {})
      .once('socket', (socket) => console.log('http', isOurs(socket)));
    https.get({ port, host: '127.0.0.1', ca: ${JSON.stringify(CA)} }, (response) => {
      const { _parentWrap: wrap } = response.socket._handle;
      console.log('https', isOurs(wrap?.stream), response.statusCode);
      response.resume();
    });
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '-r',
    require.resolve('tokio-net/register'),
    '-e',
    program,
  ]);
  assert.deepStrictEqual(stdout.trim().split('\n').sort(), ['http true', 'https true 200']);
});
