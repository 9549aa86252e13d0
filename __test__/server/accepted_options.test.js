'use strict';

const fs = require('node:fs');

const { scenario } = require('../harness');

const noProc = fs.existsSync('/proc/net/tcp') ? false : 'no /proc/net/tcp';

/**
 * Reads from the kernel which timer an IPv4 connection has.
 *
 * @param {number} localPort The port of the end in question
 * @param {number} remotePort The port of the other
 * @returns {{kind: number, seconds: number}} The timer's kind (2: keep-alive) and when it is due
 */
function kernelTimer(localPort, remotePort) {
  const hex = (port) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of fs.readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (!fields[1]?.endsWith(hex(localPort)) || !fields[2].endsWith(hex(remotePort))) continue;
    const [kind, when] = fields[5].split(':');
    return { kind: Number(kind), seconds: Math.round(parseInt(when, 16) / 100) };
  }
  return { kind: -1, seconds: -1 };
}

for (const options of [
  {},
  { keepAlive: true },
  { keepAlive: true, keepAliveInitialDelay: 5000 },
  { keepAlive: true, keepAliveInitialDelay: 120_500 },
  { keepAlive: false, keepAliveInitialDelay: 5000 },
]) {
  scenario(
    `keep-alive of accepted sockets reaches the kernel: ${JSON.stringify(options)}`,
    async ({ connectPair }) => {
      const { accepted } = await connectPair({}, options);
      const { kind, seconds } = kernelTimer(accepted.localPort, accepted.remotePort);
      // A second may go by between the option and the look.
      const due = options.keepAliveInitialDelay
        ? Math.floor(options.keepAliveInitialDelay / 1000)
        : 0;
      return [kind, kind === 2 ? due === 0 || Math.abs(seconds - due) <= 2 : false];
    },
    { skip: noProc },
  );
}

scenario(
  'noDelay of the server is the state of its sockets',
  async ({ serverNet, clientNet, track, listen, once }) => {
    const seen = [];
    for (const noDelay of [true, false]) {
      const server = track(serverNet.createServer({ noDelay }));
      const { port } = await listen(server);
      const connection = once(server, 'connection');
      track(clientNet.connect(port, '127.0.0.1'));
      const [socket] = await connection;
      track(socket);
      // Each returns the socket, whatever the state before was.
      seen.push(socket.setNoDelay(noDelay) === socket, socket.setNoDelay(!noDelay) === socket);
    }
    return seen;
  },
);

for (const highWaterMark of [undefined, 1, 1000, 1_000_000]) {
  scenario(
    `highWaterMark ${highWaterMark} is that of both sides of accepted sockets`,
    async ({ connectPair }) => {
      const { client, accepted } = await connectPair({}, { highWaterMark });
      return [
        accepted.readableHighWaterMark,
        accepted.writableHighWaterMark,
        client.readableHighWaterMark,
        accepted.write('ab'),
        accepted.writableHighWaterMark === 1 ? 'full' : accepted.writableNeedDrain,
      ];
    },
  );
}

scenario(
  'pauseOnConnect: nothing is read until resume, then everything arrives',
  async ({ serverNet, clientNet, track, listen, once, settle, record }) => {
    const server = track(serverNet.createServer({ pauseOnConnect: true }));
    const { port } = await listen(server);
    const connection = once(server, 'connection');
    const client = track(clientNet.connect(port, '127.0.0.1'));
    client.end('early data');
    const [socket] = await connection;
    track(socket);
    const events = record(socket, ['data', 'end', 'close']);
    const state = [socket.isPaused(), socket.readableFlowing, socket.bytesRead];
    // The client's bytes are with the kernel after an exchange over another connection.
    const probed = once(server, 'connection');
    const probe = track(clientNet.connect(port, '127.0.0.1'));
    track((await probed)[0]).resume();
    state.push(events.length, socket.bytesRead, socket.readableLength);
    probe.destroy();
    client.resume();
    socket.resume();
    await settle(socket, client);
    return [state, events, socket.bytesRead];
  },
);

scenario(
  "pauseOnConnect: a 'data' listener alone does not start reading",
  async ({ connectPair, once, mark }) => {
    const { client, accepted } = await connectPair({}, { pauseOnConnect: true });
    let chunks = 0;
    accepted.on('data', () => chunks++);
    client.write('x');
    await mark('later');
    const state = [chunks, accepted.isPaused(), accepted.readableFlowing];
    accepted.resume();
    await once(accepted, 'data');
    return [state, accepted.isPaused(), accepted.readableFlowing];
  },
);

for (const allowHalfOpen of [false, true]) {
  scenario(
    `allowHalfOpen ${allowHalfOpen}: what follows the client's end`,
    async ({ connectPair, record, collect, settle, once }) => {
      const { server, client, accepted } = await connectPair({}, { allowHalfOpen });
      const events = record(accepted, ['end', 'finish', 'close', 'error'], 'accepted');
      const text = collect(client);
      const ended = once(accepted, 'end');
      accepted.resume();
      client.end('request');
      await ended;
      const state = [accepted.allowHalfOpen, accepted.readyState];
      // Only a socket that stays open has an answer left to give.
      if (allowHalfOpen) accepted.end('answer after the end');
      const received = String(await text);
      server.close();
      await settle(accepted, client, server);
      return [state, events, received, accepted.bytesRead, accepted.bytesWritten];
    },
  );
}

scenario(
  'data written in the connection listener before the client reads',
  async ({ serverNet, clientNet, track, listen, collect, settle }) => {
    const server = track(
      serverNet.createServer((socket) => {
        socket.write('one ');
        socket.write(Buffer.from('two '));
        socket.end('three');
      }),
    );
    const { port } = await listen(server);
    const client = track(clientNet.connect(port, '127.0.0.1'));
    const text = String(await collect(client));
    await settle(client);
    return [text, client.bytesRead];
  },
);

scenario(
  'a subclass of Server serves as its parent does',
  async ({ serverNet, clientNet, track, listen, collect, settle }) => {
    class Greeter extends serverNet.Server {
      constructor(text) {
        super({ allowHalfOpen: true });
        this.text = text;
        this.on('connection', (socket) => socket.end(this.text));
      }
    }
    const server = track(new Greeter('from a subclass'));
    const { port } = await listen(server);
    const client = track(clientNet.connect(port, '127.0.0.1'));
    const text = String(await collect(client));
    await settle(client);
    return [text, server instanceof serverNet.Server, server.allowHalfOpen];
  },
);

scenario(
  "'connection' can be emitted by hand with any duplex, as tests and proxies do",
  async ({ net }) => {
    const { PassThrough } = require('node:stream');
    const seen = [];
    const server = net.createServer((socket) => seen.push(socket.constructor.name));
    server.emit('connection', new PassThrough());
    return seen;
  },
  { cross: false },
);

scenario(
  'setKeepAlive() of what the server has set already does nothing',
  async ({ serverNet, clientNet, track, listen, settle }) => {
    const calls = [];
    const server = track(
      serverNet.createServer({ keepAlive: true, keepAliveInitialDelay: 1000 }, (socket) => {
        const { _handle: handle } = socket;
        handle.setKeepAlive = (enable, delay) => calls.push([enable, delay]);
        for (const delay of [1000, 2000, 2000, 3000]) socket.setKeepAlive(true, delay);
        socket.destroy();
      }),
    );
    const { port } = await listen(server);
    const client = track(clientNet.connect(port, '127.0.0.1')).resume();
    await settle(client);
    server.close();
    await settle(server);
    return calls;
  },
  { pairings: ['both', 'server'] },
);
