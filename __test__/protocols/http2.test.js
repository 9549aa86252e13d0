'use strict';

const http2 = require('node:http2');

const { scenario } = require('../harness');
const { runProgram } = require('../lifetime/program');
const { CA, IDENTITY, count, feed, pour } = require('./helpers');

const SIZE = 100 * 2 ** 20;

/**
 * @param {any} t The scenario's context
 * @param {number} port Where a server of http2 gets its connections
 * @param {any} [options] Those of `http2.connect`
 * @returns {any} A session over a socket of the module that connects
 */
function sessionTo(t, port, options = {}) {
  const socket = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const session = http2.connect('http://localhost', { ...options, createConnection: () => socket });
  session.on('error', (error) => t.log('session', error.code));
  return session;
}

/**
 * @param {any} stream A stream of a session
 * @returns {Promise<[any, string]>} The headers of the answer, and its body
 */
async function answerTo(stream) {
  let body = '';
  stream.setEncoding('utf8').on('data', (text) => (body += text));
  const headers = new Promise((resolve) => stream.once('response', resolve));
  await new Promise((resolve) => stream.once('end', resolve));
  return [await headers, body];
}

/**
 * @param {any} session A session, which this closes
 * @returns {Promise<void>} Settles when it is closed
 */
function closed(session) {
  return new Promise((resolve) => {
    session.once('close', resolve);
    session.close();
  });
}

scenario('many streams of one session, each with its answer', async (t) => {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200, 'x-path': headers[':path'] });
    stream.pipe(stream);
  });
  const session = sessionTo(t, await feed(t, server));
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => {
      const stream = session.request({ ':path': `/${index}`, ':method': 'POST' });
      stream.end(`body ${index}`);
      return answerTo(stream);
    }),
  );
  const { remoteAddress, remoteFamily, encrypted } = session.socket;
  const seen = [remoteAddress, remoteFamily, encrypted, session.encrypted, session.alpnProtocol];
  await closed(session);
  return [answers.map(([headers, body]) => [headers['x-path'], body]), seen];
});

scenario('a server pushes', async (t) => {
  const server = http2.createServer();
  server.on('stream', (stream) => {
    stream.pushStream({ ':path': '/pushed' }, (error, pushed) => {
      pushed.respond({ ':status': 200 });
      pushed.end('more than asked');
      stream.respond({ ':status': 200 });
      stream.end('asked');
    });
  });
  const session = sessionTo(t, await feed(t, server));
  const pushing = new Promise((resolve) => {
    session.once('stream', async (stream, headers) => {
      let body = '';
      stream.setEncoding('utf8').on('data', (text) => (body += text));
      stream.once('end', () => resolve([headers[':path'], body]));
    });
  });
  const [, body] = await answerTo(session.request({ ':path': '/' }));
  const pushed = await pushing;
  await closed(session);
  return [body, pushed];
});

scenario(
  '100 MB up and down, with backpressure',
  async (t) => {
    const server = http2.createServer();
    server.on('stream', async (stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers[':method'] === 'POST') stream.end(String(await count(stream)));
      else pour(stream, SIZE);
    });
    const session = sessionTo(t, await feed(t, server));
    const up = session.request({ ':method': 'POST' });
    const full = pour(up, SIZE);
    const [, uploaded] = await answerTo(up);
    const downloaded = await count(session.request({ ':path': '/' }));
    await closed(session);
    return [uploaded, downloaded, full[0] > 0];
  },
  { timeout: 60_000 },
);

scenario(
  'a stream is given up half-way, by either end and by a signal; others go on',
  async (t) => {
    const server = http2.createServer();
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      stream.write('x'.repeat(100_000));
      if (headers[':path'] === '/server') stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      if (headers[':path'] === '/good') stream.end();
    });
    const session = sessionTo(t, await feed(t, server));
    const seen = [];
    for (const how of ['client', 'signal', 'server']) {
      const controller = new AbortController();
      const stream = session.request({ ':path': `/${how}` }, { signal: controller.signal });
      const codes = [];
      stream.on('error', (error) => codes.push(error.code));
      stream.resume();
      const gone = t.once(stream, 'close');
      if (how !== 'server') {
        await t.once(stream, 'response');
        if (how === 'client') stream.close(http2.constants.NGHTTP2_CANCEL);
        else controller.abort();
      }
      await gone;
      seen.push([how, codes, stream.rstCode]);
    }
    const bytes = await count(session.request({ ':path': '/good' }));
    await closed(session);
    return [seen, bytes];
  },
);

scenario('the socket below is destroyed half-way, at either end', async (t) => {
  const seen = [];
  for (const how of ['client', 'server']) {
    const server = http2.createServer();
    server.on('sessionError', () => {});
    const peers = [];
    server.on('session', (session) => peers.push(session));
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      stream.write('x');
    });
    const port = await feed(t, server);
    const socket = t.track(t.clientNet.connect(port, '127.0.0.1'));
    const accepting = new Promise((resolve) => server.once('session', resolve));
    const session = http2.connect('http://localhost', { createConnection: () => socket });
    session.on('error', () => {});
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {}).resume();
    await t.once(stream, 'data');
    const peer = await accepting;
    const gone = Promise.all([session, peer, stream].map((emitter) => t.once(emitter, 'close')));
    if (how === 'client') socket.destroy();
    else peer.destroy();
    await gone;
    await t.settle(socket);
    seen.push([how, session.destroyed, peer.destroyed, stream.destroyed, socket.destroyed]);
  }
  return seen;
});

scenario('http2 over TLS over a socket, by ALPN, and http/1.1 on the same server', async (t) => {
  const server = http2.createSecureServer({ ...IDENTITY.server, allowHTTP1: true });
  server.on('request', (request, response) => {
    response.end(`${request.httpVersion} ${request.socket.remoteAddress}`);
  });
  const port = await feed(t, server);
  const socket = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const session = http2.connect('https://localhost', { ca: CA, socket });
  const [headers, body] = await answerTo(session.request({ ':path': '/' }));
  const protocol = session.alpnProtocol;
  await closed(session);

  const https = require('node:https');
  const raw = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const request = https.request({ socket: raw, ca: CA, servername: 'localhost', agent: false });
  request.end();
  const [response] = await t.once(request, 'response');
  response.setEncoding('utf8');
  return [headers[':status'], body, protocol, await t.collect(response)];
});

scenario(
  'a session over a socket that is connecting waits, and tells the answer before the body',
  async (t) => {
    const server = http2.createServer();
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('the body');
    });
    const port = await feed(t, server);
    const socket = t.track(t.clientNet.connect(port, '127.0.0.1'));
    const session = http2.connect('http://localhost', { createConnection: () => socket });
    const seen = [['made', session.connecting]];
    const stream = session.request({ ':path': '/' });
    for (const event of ['connect', 'ready']) socket.on(event, () => seen.push(['socket', event]));
    for (const event of ['connect', 'localSettings', 'close']) {
      session.on(event, () => seen.push(['session', event, session.connecting]));
    }
    for (const event of ['ready', 'response', 'data', 'end', 'close']) {
      stream.on(event, () => {
        seen.push(['stream', event]);
        process.nextTick(() => seen.push('tick'));
      });
    }
    await t.once(stream, 'close');
    await closed(session);
    return seen;
  },
);

scenario(
  'what a listener of a session throws takes no frame along that came with it',
  async (t) => {
    const server = http2.createServer();
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('the body');
    });
    const session = sessionTo(t, await feed(t, server));
    const seen = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => seen.push(error.message));
    try {
      const stream = session.request({ ':path': '/' });
      stream.once('response', () => {
        throw new Error('thrown');
      });
      stream.on('data', (chunk) => seen.push(String(chunk)));
      await t.once(stream, 'close');
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    await closed(session);
    return seen;
  },
);

scenario(
  'what a tick between two frames throws ends the process as any error does',
  async (t) =>
    runProgram(t, t.net, (net) => {
      const { connect, createServer } = require('node:http2');
      const server = createServer();
      server.on('stream', (stream) => {
        stream.respond({ ':status': 200 });
        stream.end('the body');
      });
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1');
        const session = connect('http://localhost', { createConnection: () => socket });
        session.request({ ':path': '/' }).on('response', () => {
          process.nextTick(() => {
            throw new Error('thrown');
          });
        });
      });
    }),
  { cross: false },
);
