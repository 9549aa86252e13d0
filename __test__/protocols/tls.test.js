'use strict';

const http = require('node:http');
const tls = require('node:tls');

const { scenario } = require('../harness');
const { CA, IDENTITY, count, feed, pour } = require('./helpers');

/**
 * @param {any} t The scenario's context
 * @param {any} options Those of the server
 * @param {(socket: any) => void} [onSecure] Called with each encrypted connection
 * @returns {Promise<{ port: number, server: any }>}
 */
async function secureServer(t, options, onSecure = (socket) => socket.end('bye')) {
  const server = tls.createServer({ ...IDENTITY.server, ...options }, (socket) => {
    socket.on('error', () => {});
    onSecure(socket);
  });
  server.on('tlsClientError', () => {});
  return { port: await feed(t, server, options.allowHalfOpen), server };
}

/**
 * @param {any} t The scenario's context
 * @param {number} port Where a TLS server gets its connections
 * @param {any} [options] Those of `tls.connect`
 * @returns {any} The encrypted end, and the raw socket below
 */
function secureClient(t, port, options = {}) {
  const socket = t.track(t.clientNet.connect(port, '127.0.0.1'));
  return tls.connect({ ca: CA, servername: 'localhost', ...options, socket });
}

/**
 * @param {any} t The scenario's context
 * @param {any} secure A TLS socket
 * @returns {Promise<any[]>} Its end: the code of an error, or what was read
 */
function outcome(t, secure) {
  return new Promise((resolve) => {
    let text = '';
    let code;
    secure.on('data', (chunk) => (text += chunk));
    secure.on('error', (error) => (code = error.code));
    secure.on('close', (hadError) => resolve([text, code, hadError]));
  });
}

scenario('SNI: the certificate is that of the name asked for', async (t) => {
  const names = [];
  const { port, server } = await secureServer(t, {
    SNICallback: (name, callback) => {
      names.push(name);
      callback(null, name === 'late.example' ? tls.createSecureContext(IDENTITY.other) : null);
    },
  });
  server.addContext('other.example', IDENTITY.other);
  const seen = [];
  for (const servername of ['localhost', 'late.example']) {
    const secure = secureClient(t, port, { servername, checkServerIdentity: () => undefined });
    const end = outcome(t, secure);
    await t.once(secure, 'secureConnect');
    seen.push([secure.getPeerCertificate().subject.CN, secure.authorized, secure.servername]);
    seen.push(await end);
  }
  return [seen, names];
});

scenario('a certificate for another name, and one that nobody knows', async (t) => {
  const { port } = await secureServer(t, {});
  return [
    await outcome(t, secureClient(t, port, { servername: 'other.example' })),
    await outcome(t, secureClient(t, port, { ca: undefined })),
  ];
});

scenario('ALPN: agreed, and not', async (t) => {
  const { port } = await secureServer(t, { ALPNProtocols: ['a/2', 'a/1'] }, (socket) =>
    socket.end(String(socket.alpnProtocol)),
  );
  const seen = [];
  for (const ALPNProtocols of [['a/1', 'a/2'], ['a/1'], undefined]) {
    const secure = secureClient(t, port, { ALPNProtocols });
    const end = outcome(t, secure);
    await t.once(secure, 'secureConnect');
    seen.push([secure.alpnProtocol, await end]);
  }
  seen.push((await outcome(t, secureClient(t, port, { ALPNProtocols: ['b'] }))).slice(0, 2));
  return seen;
});

scenario('certificates of clients: with one, without', async (t) => {
  const { port } = await secureServer(
    t,
    { ca: CA, requestCert: true, maxVersion: 'TLSv1.2' },
    (socket) => socket.end(`${socket.authorized} ${socket.getPeerCertificate().subject.CN}`),
  );
  return [
    await outcome(t, secureClient(t, port, IDENTITY.client)),
    (await outcome(t, secureClient(t, port))).slice(0, 1),
  ];
});

scenario('a session is resumed', async (t) => {
  const seen = [];
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    const { port } = await secureServer(t, { maxVersion }, (socket) => {
      socket.write('x');
      socket.once('data', () => socket.end());
    });
    let session;
    for (let round = 0; round < 2; round++) {
      const secure = secureClient(t, port, { session });
      const end = outcome(t, secure);
      const ticket = t.once(secure, 'session');
      await Promise.all([t.once(secure, 'secureConnect'), t.once(secure, 'data')]);
      seen.push([maxVersion, secure.isSessionReused(), secure.getProtocol()]);
      secure.write('done');
      // In a resumed session of TLS 1.2 there is no new one.
      if (round === 0) [session] = await ticket;
      await end;
    }
  }
  return seen;
});

scenario('addresses and options of a TLS socket are those of the socket below', async (t) => {
  let peer;
  const { port } = await secureServer(t, {}, (socket) => (peer = socket));
  const secure = secureClient(t, port);
  const [hello] = await Promise.all([t.once(secure, 'session'), t.once(secure, 'secureConnect')]);
  secure.setNoDelay(true).setKeepAlive(true, 5000).setTimeout(10_000);
  const describe = (socket) => [
    [socket.remoteAddress, socket.remoteFamily, socket.localAddress, socket.localFamily],
    [socket.address().address, socket.connecting, socket.pending, socket.readyState],
  ];
  const ports = [secure.remotePort === port, peer.localPort === port, peer.remotePort];
  ports[2] = ports[2] === secure.localPort;
  const seen = [describe(secure), describe(peer), ports, hello.length];
  const end = outcome(t, secure);
  peer.end('.');
  return [seen, await end];
});

scenario('TLS over TLS', async (t) => {
  const inner = tls.createServer(IDENTITY.other, (socket) => socket.end('inner'));
  const { port } = await secureServer(t, {}, (socket) => inner.emit('connection', socket));
  const outer = secureClient(t, port);
  const secure = tls.connect({ ca: CA, servername: 'other.example', socket: outer });
  const end = outcome(t, secure);
  await t.once(secure, 'secureConnect');
  return [secure.getPeerCertificate().subject.CN, await end];
});

scenario('STARTTLS: a dialogue, then encryption on both used sockets, then more', async (t) => {
  const lines = [];
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).setEncoding('utf8');
    socket.write('220 ready\n');
    socket.on('data', (line) => {
      lines.push(line);
      if (line === 'EHLO\n') return void socket.write('250 STARTTLS\n');
      socket.removeAllListeners('data');
      socket.write('220 go\n', () => {
        const secure = new tls.TLSSocket(socket, { isServer: true, ...IDENTITY.server });
        secure.setEncoding('utf8').on('data', (text) => secure.end(text.toUpperCase()));
      });
    });
  });
  const { port } = await t.listen(server);
  const raw = t.track(t.clientNet.connect(port, '127.0.0.1'));
  raw.setEncoding('utf8');
  const answers = [];
  raw.on('data', (line) => answers.push(line));
  for (const line of ['EHLO\n', 'STARTTLS\n', undefined]) {
    await t.once(raw, 'data');
    if (line) raw.write(line);
  }
  const secure = tls.connect({ socket: raw, ca: CA, servername: 'localhost' });
  const end = outcome(t, secure);
  await t.once(secure, 'secureConnect');
  secure.write('quit');
  return [lines, answers, await end, raw.destroyed];
});

scenario('what is done to the socket below as a stream does not matter to TLS', async (t) => {
  const deeds = {
    'removeAllListeners(data)': (raw) => raw.removeAllListeners('data'),
    'removeAllListeners(end)': (raw) => raw.removeAllListeners('end'),
    'removeAllListeners()': (raw) => raw.removeAllListeners(),
    removeListener: (raw) => {
      for (const listener of raw.listeners('data')) raw.removeListener('data', listener);
    },
    pause: (raw) => raw.pause(),
    resume: (raw) => raw.resume(),
    setEncoding: (raw) => raw.setEncoding('utf8'),
    'on(readable)': (raw) => raw.on('readable', () => t.log('readable', raw.read())),
    'on(data)': (raw) => raw.on('data', (chunk) => t.log('raw data', chunk)),
    'on(end)': (raw) => raw.on('end', () => t.log('raw end')),
  };
  for (const [name, deed] of Object.entries(deeds)) {
    const server = t.serverNet.createServer((raw) => {
      const secure = t.track(new tls.TLSSocket(raw, { isServer: true, ...IDENTITY.server }));
      deed(raw);
      secure.on('data', (text) => secure.write(`${text} and back`));
    });
    const { port } = await t.listen(server);
    const raw = t.clientNet.connect(port, '127.0.0.1');
    await t.once(raw, 'connect');
    const secure = t.track(tls.connect({ socket: raw, ca: CA, servername: 'localhost' }));
    const ended = t.once(secure, 'end');
    deed(raw);
    secure.setEncoding('utf8').write('there');
    const [text] = await t.once(secure, 'data');
    deed(raw);
    secure.end();
    await ended;
    t.log(name, text);
  }
  return t.log.entries;
});

scenario(
  'listeners of the dialogue before TLS hear what a program emits on the socket below',
  async (t) => {
    const heard = [];
    const server = t.serverNet.createServer((raw) => {
      raw.on('data', (line) => {
        heard.push(String(line));
        if (String(line) !== 'STARTTLS') return;
        const secure = t.track(new tls.TLSSocket(raw, { isServer: true, ...IDENTITY.server }));
        for (const event of ['data', 'end']) secure.on(event, (chunk) => raw.emit(event, chunk));
        raw.on('end', () => heard.push('end'));
        raw.write('go');
      });
    });
    const { port } = await t.listen(server);
    const raw = t.clientNet.connect(port, '127.0.0.1');
    raw.write('STARTTLS');
    await t.once(raw, 'data');
    const secure = t.track(tls.connect({ socket: raw, ca: CA, servername: 'localhost' }));
    const end = outcome(t, secure);
    await t.once(secure, 'secureConnect');
    secure.end('encrypted');
    return [await end, heard];
  },
);

scenario('a socket that is made first, given to TLS, and connected last', async (t) => {
  const { port } = await secureServer(t, {}, (socket) => socket.pipe(socket));
  const raw = t.track(new t.clientNet.Socket());
  const secure = tls.connect({ socket: raw, ca: CA, servername: 'localhost' });
  const end = outcome(t, secure);
  secure.end('early');
  raw.connect(port, '127.0.0.1');
  return end;
});

scenario('a TLS socket over one that cannot connect', async (t) => {
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  server.close();
  await t.settle(server);
  const raw = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const secure = tls.connect({ socket: raw, ca: CA, servername: 'localhost' });
  return [await outcome(t, secure), raw.destroyed];
});

scenario('the end of the socket below: by either end, while bytes flow', async (t) => {
  const seen = [];
  for (const how of ['secure', 'raw', 'peer']) {
    let peer;
    const { port } = await secureServer(t, {}, (socket) => {
      peer = socket;
      socket.resume().write('x'.repeat(100));
    });
    const raw = t.track(t.clientNet.connect(port, '127.0.0.1'));
    const secure = tls.connect({ socket: raw, ca: CA, servername: 'localhost' });
    const end = outcome(t, secure);
    await t.once(secure, 'data');
    const gone = t.once(peer, 'close');
    if (how === 'secure') secure.destroy();
    else if (how === 'raw') raw.destroy();
    else peer.destroy();
    const [text, code] = await end;
    await Promise.all([gone, t.settle(raw)]);
    seen.push([how, text.length, code, raw.destroyed, secure.destroyed, peer.destroyed]);
  }
  return seen;
});

scenario(
  '100 MB each way at once, with backpressure',
  async (t) => {
    const size = 100 * 2 ** 20;
    const peer = new Promise((resolve) => {
      secureServer(t, { allowHalfOpen: true }, resolve).then(({ port }) => dial(port));
    });
    let secure;
    const dial = (port) => {
      const raw = t.track(t.clientNet.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
      secure = tls.connect({ ca: CA, servername: 'localhost', socket: raw });
    };
    const accepted = await peer;
    const full = [pour(accepted, size), pour(secure, size)];
    const closed = Promise.all([t.once(accepted, 'close'), t.once(secure, 'close')]);
    const bytes = await Promise.all([count(accepted), count(secure)]);
    await closed;
    return [bytes, full.flat().map((times) => times > 0)];
  },
  { timeout: 60_000 },
);

scenario('a socket below that is corked holds nothing of TLS back', async (t) => {
  const { port } = await secureServer(t, {}, (socket) => socket.pipe(socket));
  const seen = [];
  for (const isEarly of [true, false]) {
    const raw = t.track(t.clientNet.connect(port, '127.0.0.1'));
    await t.once(raw, 'connect');
    const secure = tls.connect({ ca: CA, servername: 'localhost', socket: raw });
    if (isEarly) raw.cork();
    await t.once(secure, 'secureConnect');
    if (!isEarly) raw.cork();
    for (const word of ['first', 'second']) {
      secure.write(word);
      const [chunk] = await t.once(secure, 'data');
      seen.push(String(chunk), raw.writableCorked);
    }
    raw.uncork();
    seen.push(raw.writableCorked);
    secure.end();
    await t.once(secure, 'close');
  }
  return seen;
});

for (const error of [undefined, new Error('why')]) {
  scenario(
    `destroy(${error ?? ''}) of the socket below: TLS is destroyed before its 'close'`,
    async (t) => {
      const pair = new Promise((resolve) => {
        const server = tls.createServer(IDENTITY.server, () => {});
        const accept = (raw) => {
          t.track(raw);
          server.emit('connection', raw);
          server.once('secureConnection', (secure) => resolve([raw, secure]));
        };
        t.listen(t.serverNet.createServer(accept)).then(({ port }) => {
          secureClient(t, port).on('error', () => {});
        });
      });
      const [raw, secure] = await pair;
      const events = [];
      raw.on('error', ({ message }) => events.push(`raw error ${message}`));
      secure.on('error', ({ message }) => events.push(`error ${message}`));
      secure.on('close', (hadError) => events.push(`close ${hadError}`));
      const closed = new Promise((resolve) => {
        raw.on('close', (hadError) =>
          resolve(events.push(`raw close ${hadError} ${secure.destroyed}`)),
        );
      });
      raw.destroy(error);
      events.push(secure.destroyed);
      await closed;
      return events;
    },
  );
}

scenario('an http server over TLS of a socket: the request knows its peer', async (t) => {
  const server = http.createServer((request, response) => {
    const { remoteAddress, encrypted, authorized } = request.socket;
    response.end(JSON.stringify([remoteAddress, encrypted, authorized]));
  });
  const { port } = await secureServer(t, {}, (socket) => server.emit('connection', socket));
  const secure = secureClient(t, port);
  secure.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const [text] = await outcome(t, secure);
  return text.split('\r\n\r\n')[1];
});

/** Where a TLS socket over one that is connecting comes to an end. */
const WAYS = {
  'it connects': () => {},
  'it connects, asked by name': () => {},
  'it is refused': () => {},
  'it is destroyed': (raw) => raw.destroy(),
  'TLS is destroyed': (raw, secure) => raw.once('ready', () => secure.destroy()),
};

for (const [name, deed] of Object.entries(WAYS)) {
  scenario(`a TLS socket is connecting while the socket below is: ${name}`, async (t) => {
    let { port } = await secureServer(t, {}, (socket) => socket.end('hello'));
    if (name === 'it is refused') {
      const server = t.serverNet.createServer();
      ({ port } = await t.listen(server));
      server.close();
      await t.settle(server);
    }
    const host = name.endsWith('name') ? 'localhost' : '127.0.0.1';
    const raw = t.track(t.clientNet.connect({ port, host, family: 4 }));
    const secure = tls.connect({ socket: raw, ca: CA, servername: 'localhost' });
    const state = () => [secure.connecting, secure.pending, secure.readyState];
    const seen = [['made', secure._parent === raw, ...state()]];
    const watch = (who, socket, events) => {
      for (const event of events) socket.on(event, () => seen.push([who, event, ...state()]));
    };
    watch('raw', raw, ['connect', 'ready', 'error', 'close']);
    watch('secure', secure, ['connect', 'ready', 'secureConnect', 'end', 'error', 'close']);
    secure.resume();
    deed(raw, secure);
    await t.settle(secure);
    return seen;
  });
}

scenario('a TLS socket over one that is not even connecting', async (t) => {
  const raw = new t.clientNet.Socket();
  const secure = tls.connect({ socket: raw, ca: CA, servername: 'localhost' });
  const seen = [secure.connecting, secure.pending, secure.readyState];
  secure.destroy();
  await t.settle(secure);
  return [seen, secure.connecting, secure.pending, secure.readyState];
});

scenario('a TLS socket that cannot be made leaves nothing behind for the next', async (t) => {
  const { prototype } = tls.TLSSocket;
  const before = Object.getOwnPropertyDescriptor(prototype, '_init');
  const raw = t.track(new t.clientNet.Socket());
  let name;
  try {
    new tls.TLSSocket(raw, { secureContext: {} });
  } catch (error) {
    ({ name } = error);
  }
  await new Promise((resolve) => setImmediate(resolve));
  raw.destroy();
  const after = Object.getOwnPropertyDescriptor(prototype, '_init');
  return [name, before.value === after.value];
});
