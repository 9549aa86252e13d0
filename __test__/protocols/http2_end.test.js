'use strict';

// How a session of HTTP/2 and the socket below it end, seen at both of them.

const http2 = require('node:http2');

const { scenario } = require('../harness');

const SOCKET = ['end', 'prefinish', 'finish', 'error', 'close'];
const SESSION = ['goaway', 'error', 'close'];
const STREAM = ['response', 'data', 'end', 'aborted', 'error', 'close'];

/**
 * @param {number} type The frame's
 * @param {number} flags
 * @param {number} stream
 * @param {number[]} payload
 * @returns {Buffer} A frame
 */
const frame = (type, flags, stream, payload) =>
  Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload]);

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = frame(4, 0, 0, []);
const ACKNOWLEDGED = frame(4, 1, 0, []);
const GOAWAY = frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
/** `:method: GET`, `:path: /`, `:scheme: http`; that is all. */
const REQUEST = frame(1, 5, 1, [0x82, 0x84, 0x86]);
/** `:status: 200`. */
const RESPONSE = frame(1, 4, 1, [0x88]);
const BODY = Buffer.from('abc');

/**
 * @param {any} peer A socket
 * @param {Buffer} bytes
 * @returns {Promise<void>} Settles when it has got them
 */
function hears(peer, bytes) {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0);
    peer.on('data', (/** @type {Buffer} */ chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.includes(bytes)) resolve();
    });
  });
}

/**
 * Makes a session of a client, with a peer that knows nothing of HTTP/2, and records what happens to it.
 *
 * @param {any} t The scenario's context
 * @returns {Promise<{ peer: any, socket: any, session: any, stream: any }>} When the peer has heard of it
 */
async function makeClient(t) {
  const server = t.serverNet.createServer({ allowHalfOpen: true });
  const { port } = await t.listen(server);
  const accepting = t.once(server, 'connection');
  const socket = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const session = http2.connect('http://localhost', { createConnection: () => socket });
  const stream = session.request({ ':path': '/' });
  t.record(socket, SOCKET, 'socket');
  t.record(session, SESSION, 'session');
  t.record(stream, STREAM, 'stream');
  const [peer] = await accepting;
  t.track(peer).on('error', () => {});
  await t.once(peer, 'data');
  return { peer, socket, session, stream };
}

for (const [what, ...bytes] of [
  ['ends'],
  ['ends after its settings', SETTINGS],
  ['ends in the middle of an answer', SETTINGS, RESPONSE, frame(0, 0, 1, [...BODY])],
  ['ends after an answer', SETTINGS, RESPONSE, frame(0, 1, 1, [...BODY])],
  ['says that it goes away, and ends', SETTINGS, GOAWAY],
  ['speaks HTTP/1, and ends', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
]) {
  scenario(`the peer of a client ${what}`, async (t) => {
    const { peer, socket, session } = await makeClient(t);
    const closed = t.once(session, 'close');
    peer.end(Buffer.concat(bytes));
    await Promise.all([t.settle(socket), closed]);
    return [t.log.entries, socket.readableEnded, socket.writableFinished, socket.errored?.code];
  });
}

for (const [what, act] of [
  ['the peer resets the connection', ({ peer }) => peer.resetAndDestroy()],
  ['the peer is destroyed', ({ peer }) => peer.destroy()],
  ['its socket is ended', ({ socket }) => socket.end()],
  ['its socket is destroyed', ({ socket }) => socket.destroy()],
  ['its socket is destroyed with an error', ({ socket }) => socket.destroy(new Error('mine'))],
  ['it is destroyed', ({ session }) => session.destroy()],
  ['it is destroyed with an error', ({ session }) => session.destroy(new Error('mine'))],
]) {
  scenario(`a session of a client ends: ${what}`, async (t) => {
    const client = await makeClient(t);
    const { peer, socket, session } = client;
    peer.on('end', () => peer.end());
    const settled = hears(peer, ACKNOWLEDGED);
    peer.write(SETTINGS);
    await settled;
    const closed = t.once(session, 'close');
    act(client);
    await Promise.all([t.settle(socket), closed]);
    return [t.log.entries, socket.readableEnded, socket.writableFinished, socket.errored?.message];
  });
}

/**
 * Makes a session of a server, with a peer that knows nothing of HTTP/2, and records what happens to it.
 *
 * @param {any} t The scenario's context
 * @param {boolean} allowHalfOpen Of its socket; true where it is a server of core's that listens
 * @returns {Promise<{ peer: any, socket: any, session: any }>}
 */
async function makeServer(t, allowHalfOpen) {
  const core = http2.createServer();
  core.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('the answer');
    t.record(stream, STREAM, 'stream');
  });
  core.on('session', (session) => t.record(session, SESSION, 'session'));
  t.record(core, ['sessionError'], 'server');
  const server = t.serverNet.createServer({ allowHalfOpen });
  const { port } = await t.listen(server);
  const accepting = t.once(server, 'connection');
  const peer = t.track(t.clientNet.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
  peer.on('error', () => {}).resume();
  const [socket] = await accepting;
  t.record(t.track(socket), SOCKET, 'socket');
  const starting = t.once(core, 'session');
  core.emit('connection', socket);
  const [session] = await starting;
  return { peer, socket, session };
}

for (const [what, ...bytes] of [
  ['ends'],
  ['ends in the middle of the preface', PREFACE.subarray(0, 10)],
  ['ends after its settings', PREFACE, SETTINGS],
  ['ends after a request', PREFACE, SETTINGS, REQUEST],
]) {
  for (const allowHalfOpen of [true, false]) {
    const which = allowHalfOpen ? ' that may be half-open' : '';
    scenario(`the peer of a server's connection${which} ${what}`, async (t) => {
      const { peer, socket, session } = await makeServer(t, allowHalfOpen);
      const ended = t.once(socket, 'end');
      peer.end(Buffer.concat(bytes));
      await ended;
      if (allowHalfOpen) {
        // It lives on, and answers.
        await t.mark('end');
        t.log('state', socket.destroyed, session.destroyed, session.closed);
        socket.destroy();
      }
      await Promise.all([t.settle(socket), session.destroyed || t.once(session, 'close')]);
      return [t.log.entries, socket.readableEnded, socket.writableFinished];
    });
  }
}

for (const [what, act, greets = true] of [
  ['the peer speaks HTTP/1', ({ peer }) => peer.write('GET / HTTP/1.1\r\n\r\n'), false],
  ['the peer speaks HTTP/1, and ends', ({ peer }) => peer.end('GET / HTTP/1.1\r\n\r\n'), false],
  ['the peer resets the connection', ({ peer }) => peer.resetAndDestroy()],
  ['its socket is destroyed', ({ socket }) => socket.destroy()],
  ['it is destroyed with an error', ({ session }) => session.destroy(new Error('mine'))],
]) {
  scenario(`a session of a server ends: ${what}`, async (t) => {
    const server = await makeServer(t, true);
    const { peer, socket, session } = server;
    if (greets) {
      const settled = hears(peer, ACKNOWLEDGED);
      peer.write(Buffer.concat([PREFACE, SETTINGS]));
      await settled;
    }
    const closed = t.once(session, 'close');
    act(server);
    await Promise.all([t.settle(socket), closed]);
    return [t.log.entries, socket.readableEnded, socket.writableFinished, socket.errored?.code];
  });
}
