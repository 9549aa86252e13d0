'use strict';

const tls = require('node:tls');

const { scenario } = require('../harness');

// Anonymous key agreement: encryption without a certificate to keep in the repository.
const ANONYMOUS = { ciphers: 'ADH-AES128-GCM-SHA256:@SECLEVEL=0', maxVersion: 'TLSv1.2' };
const CLIENT = { ...ANONYMOUS, rejectUnauthorized: false, checkServerIdentity: () => undefined };
// 'auto': a group that OpenSSL knows.
const SERVER = { ...ANONYMOUS, dhparam: 'auto' };

/**
 * @param {any} t The scenario's context
 * @param {any} socket A plain socket of the server's side
 * @returns {any} The encrypted end of it
 */
function secureServer(t, socket) {
  const secureContext = tls.createSecureContext(SERVER);
  const secure = new tls.TLSSocket(socket, { isServer: true, secureContext });
  secure.on('error', (error) => t.log('server', error.code));
  return secure;
}

/**
 * @param {any} t The scenario's context
 * @param {any} secure The client's encrypted end
 * @param {any} peer The server's encrypted end
 * @returns {Promise<any>} What both ends read
 */
async function converse(t, secure, peer) {
  const size = 200_000;
  let heard = '';
  const asked = new Promise((resolve) => {
    peer.on('data', (chunk) => {
      heard += chunk;
      if (heard.length === size + 6) resolve();
    });
  });
  const answer = t.collect(secure);
  secure.write('hello ');
  secure.write(Buffer.alloc(size, 's'));
  await asked;
  peer.end('answer');
  return [heard.length, heard.slice(0, 8), String(await answer)];
}

scenario('TLS over a connected socket, on both sides', async (t) => {
  const { client, accepted } = await t.connectPair(
    {},
    { allowHalfOpen: true },
    { allowHalfOpen: true },
  );
  const peer = secureServer(t, accepted);
  const secure = tls.connect({ ...CLIENT, socket: client, allowHalfOpen: true });
  const seen = t.record(secure, ['secureConnect', 'error']);
  const heard = t.collect(peer);
  await t.once(secure, 'secureConnect');
  secure.write('hello ');
  secure.end('secret');
  const text = String(await heard);
  return [text, seen, secure.encrypted, secure.getProtocol()];
});

scenario('TLS over a socket that is still connecting', async (t) => {
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  const accepting = t.once(server, 'connection');
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const secure = tls.connect({ ...CLIENT, socket: client });
  const [accepted] = await accepting;
  const peer = secureServer(t, t.track(accepted));
  return converse(t, secure, peer);
});

scenario('STARTTLS: plain lines first, then encryption on the same socket', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.once('data', () => accepted.write('go\n', () => secureServerReady(accepted)));
  let ready;
  const peerReady = new Promise((resolve) => (ready = resolve));
  const secureServerReady = (socket) => ready(secureServer(t, socket));
  const answer = t.once(client, 'data');
  client.write('starttls\n');
  const line = String((await answer)[0]);
  const peer = await peerReady;
  const secure = tls.connect({ ...CLIENT, socket: client });
  return [line, await converse(t, secure, peer)];
});

scenario('once upgraded, the raw socket shows no ciphertext', async (t) => {
  const { client, accepted } = await t.connectPair();
  const peer = secureServer(t, accepted);
  const secure = tls.connect({ ...CLIENT, socket: client });
  const raw = [];
  await t.once(secure, 'secureConnect');
  client.on('data', (chunk) => raw.push(chunk));
  const text = await converse(t, secure, peer);
  return [text, raw.length];
});

for (const ends of ['client', 'server', 'neither']) {
  scenario(
    `the raw sockets' own events and states, where the end comes from ${ends}`,
    async (t) => {
      const { client, accepted } = await t.connectPair();
      const raw = { client, accepted };
      const events = ['pause', 'resume', 'prefinish', 'finish', 'end', 'error', 'close'];
      const seen = Object.entries(raw).map(([name, socket]) => t.record(socket, events, name));
      const peer = secureServer(t, accepted);
      const secure = tls.connect({ ...CLIENT, socket: client });
      await t.once(secure, 'secureConnect');
      const flow = Object.values(raw).map((socket) => [socket.readableFlowing, socket.isPaused()]);
      peer.resume();
      secure.resume();
      if (ends === 'client') secure.end('last words');
      else if (ends === 'server') peer.end('last words');
      else secure.destroy();
      await Promise.all([secure, peer].map((socket) => t.once(socket, 'close')));
      const states = Object.values(raw).map(({ destroyed, writableEnded, writableFinished }) => [
        destroyed,
        writableEnded,
        writableFinished,
      ]);
      return [flow, seen, states];
    },
  );
}

scenario('a raw socket that is ended under TLS ends both, without an error', async (t) => {
  const { client, accepted } = await t.connectPair();
  const peer = secureServer(t, accepted);
  const secure = tls.connect({ ...CLIENT, socket: client });
  await t.once(secure, 'secureConnect');
  const seen = [client, secure, peer].map((socket) => t.record(socket, ['end', 'error', 'close']));
  seen.push(t.record(client, ['prefinish', 'finish']));
  peer.resume();
  secure.resume();
  const closed = Promise.all([secure, peer].map((socket) => t.once(socket, 'close')));
  client.end();
  await closed;
  return seen;
});

for (const reset of ['client', 'accepted']) {
  scenario(`a reset of the raw socket of ${reset} is an error of the other's TLS`, async (t) => {
    const pair = await t.connectPair();
    const { client, accepted } = pair;
    const peer = secureServer(t, accepted);
    const secure = tls.connect({ ...CLIENT, socket: client });
    await t.once(secure, 'secureConnect');
    const seen = [client, accepted, secure, peer].map((socket) =>
      t.record(socket, ['end', 'finish', 'error', 'close']),
    );
    peer.resume();
    secure.resume();
    // The reset comes when all that was written before is read.
    await Promise.all([
      t.once(secure, 'data'),
      new Promise((resolve) => peer.write('go', resolve)),
    ]);
    const closed = Promise.all([secure, peer].map((socket) => t.once(socket, 'close')));
    pair[reset].resetAndDestroy();
    await closed;
    return seen;
  });
}

scenario('a write that fails under TLS is one error, and that of TLS', async (t) => {
  const { client, accepted } = await t.connectPair();
  const peer = secureServer(t, accepted);
  const secure = tls.connect({ ...CLIENT, socket: client });
  await t.once(secure, 'secureConnect');
  const seen = [client, secure].map((socket) => t.record(socket, ['finish', 'error', 'close']));
  peer.resume();
  secure.resume();
  await Promise.all([t.once(secure, 'data'), new Promise((resolve) => peer.write('go', resolve))]);
  const closed = t.once(secure, 'close');
  accepted.resetAndDestroy();
  secure.write('too late');
  await closed;
  // An I/O thread may see the reset by reading.
  return seen.map((entries) => entries.map(([, event]) => event));
});

scenario('what TLS says first comes after what the raw socket still writes', async (t) => {
  const size = 2 ** 24;
  const { client, accepted } = await t.connectPair();
  client.write(Buffer.alloc(size));
  const secure = tls.connect({ ...CLIENT, socket: client });
  secure.on('error', () => {});
  let count = 0;
  let first;
  accepted.on('data', (chunk) => {
    const start = Math.max(size - count, 0);
    if (chunk.subarray(0, start).some(Boolean)) t.log('too early');
    count += chunk.length;
    if (count > size) first ??= chunk[start];
    if (first !== undefined) client.destroy();
  });
  await t.settle(client);
  return [t.log.entries, first];
});
