'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');

const { documented } = require('../harness');
const { specifierOf } = require('../harness/implementations');
const { readSome } = require('./read_some');

const THREAD = path.join(__dirname, 'thread.js');

/**
 * @param {any} net The module
 * @param {string} task What the thread does
 * @returns {any} The thread; `exited` settles when it has ended
 */
function thread(net, task) {
  const worker = new Worker(THREAD, { workerData: { specifier: specifierOf(net), task } });
  return Object.assign(worker, { exited: new Promise((resolve) => worker.once('exit', resolve)) });
}

/** What an error of a used or expired ticket looks like. */
const VOID = { code: 'ERR_INVALID_STATE', message: /ticket was used before, or has expired/ };

documented('a connection goes to another thread with all that was read', async (context) => {
  const { net, collect, connectPair, once } = context;
  const { client, accepted } = await connectPair();
  const worker = thread(net, 'read');
  const sent = crypto.randomBytes(300_000);
  // Some of it is read and taken, some is read and buffered, some is on its way.
  client.write(sent.subarray(0, 1000));
  await once(accepted, 'readable');
  const first = accepted.read(10);
  client.write(sent.subarray(1000, 200_000));
  await once(accepted, 'readable');
  const ticket = accepted.detach();
  assert.strictEqual(accepted.destroyed, true);
  assert.strictEqual(accepted.bytesRead, 10);
  worker.postMessage({ ticket });
  client.end(sent.subarray(200_000));
  const [answer, [{ bytes, bytesRead }]] = await Promise.all([
    collect(client),
    once(worker, 'message'),
  ]);
  assert.strictEqual(String(answer), 'thread');
  assert.strictEqual(Buffer.concat([first, Buffer.from(bytes)]).equals(sent), true);
  assert.strictEqual(bytesRead, sent.length);
  await worker.terminate();
});

documented('a stream that hops from thread to thread loses nothing', async (context) => {
  const { net, connectPair, once } = context;
  const { client, accepted } = await connectPair();
  const worker = thread(net, 'hop');
  const sent = crypto.randomBytes(2_000_000);
  const chunks = [];
  client.end(sent);
  let ticket = accepted.detach();
  for (let hop = 0; ticket !== undefined; hop++) {
    let message;
    if (hop % 2 === 0) {
      worker.postMessage({ ticket, bytes: 70_000 });
      [message] = await once(worker, 'message');
    } else {
      const socket = net.Socket.attach(ticket);
      message = await new Promise((resolve) => readSome(socket, 50_000, resolve));
    }
    chunks.push(Buffer.from(message.bytes));
    ticket = message.ticket;
  }
  assert.strictEqual(Buffer.concat(chunks).equals(sent), true);
  assert.ok(chunks.length > 10, `${chunks.length} hops`);
  await worker.terminate();
});

documented('a ticket is good once, and in this process', async (context) => {
  const { net, connectPair, track } = context;
  const { accepted } = await connectPair();
  const ticket = accepted.detach();
  const foreign = { ...ticket, pid: ticket.pid + 1 };
  assert.throws(() => net.Socket.attach(foreign), { code: 'ERR_INVALID_ARG_VALUE' });
  assert.throws(() => net.Server.attach(ticket), { code: 'ERR_INVALID_ARG_VALUE' });
  assert.throws(() => net.Socket.attach('ticket'), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => net.Socket.attach({}), { code: 'ERR_INVALID_ARG_VALUE' });
  const socket = track(net.Socket.attach(structuredClone(ticket)));
  assert.throws(() => net.Socket.attach(ticket), VOID);
  assert.throws(() => net.Socket.attach({ ...ticket, key: 1_000_000 }), VOID);
  assert.strictEqual(socket.readyState, 'open');
});

documented('a connection whose options are refused is closed', async (context) => {
  const { net, connectPair, collect } = context;
  const { client, accepted } = await connectPair();
  const end = collect(client);
  const ticket = accepted.detach();
  assert.throws(() => net.Socket.attach(ticket, { objectMode: true }), {
    code: 'ERR_INVALID_ARG_VALUE',
  });
  assert.strictEqual(String(await end), '');
});

documented('a ticket that nobody uses in time closes the connection', async (context) => {
  const { net, connectPair, collect } = context;
  const { client, accepted } = await connectPair();
  const end = collect(client);
  const ticket = accepted.detach({ timeout: 20 });
  assert.strictEqual(String(await end), '');
  assert.throws(() => net.Socket.attach(ticket), VOID);
  for (const timeout of [0, -1, 0.5, Infinity]) {
    assert.throws(() => accepted.detach({ timeout }), { code: 'ERR_OUT_OF_RANGE' });
  }
  assert.throws(() => accepted.detach({ timeout: '20' }), { code: 'ERR_INVALID_ARG_TYPE' });
});

documented('what a socket is goes with it', async (context) => {
  const { net, connectPair, collect, once, track } = context;
  const { client, accepted } = await connectPair({}, { allowHalfOpen: true });
  accepted.setTimeout(120_000);
  accepted.setNoDelay(true);
  await new Promise((resolve) => accepted.end('all', resolve));
  const ends = [accepted.localPort, accepted.remotePort];
  const socket = track(net.Socket.attach(accepted.detach()));
  assert.strictEqual(socket.timeout, 120_000);
  assert.strictEqual(socket.allowHalfOpen, true);
  assert.strictEqual(socket.bytesWritten, 3);
  assert.strictEqual(socket.writableEnded, true);
  assert.deepStrictEqual([socket.localPort, socket.remotePort], ends);
  const text = collect(socket);
  client.end('question');
  assert.strictEqual(String(await collect(client)), 'all');
  assert.strictEqual(String(await text), 'question');
  if (!socket.destroyed) await once(socket, 'close');
});

documented('half a character goes on in the other socket', async (context) => {
  const { net, connectPair, once, track } = context;
  const { client, accepted } = await connectPair();
  accepted.setEncoding('utf8');
  const euro = Buffer.from('a€');
  client.write(euro.subarray(0, 2));
  const [text] = await once(accepted, 'data');
  const socket = track(net.Socket.attach(accepted.detach())).setEncoding('utf8');
  client.write(euro.subarray(2));
  const [rest] = await once(socket, 'data');
  assert.strictEqual(text + rest, 'a€');
});

documented('what cannot be detached says so, and goes on', async (context) => {
  const { net, connectPair, once, track } = context;
  const fresh = track(new net.Socket());
  assert.throws(() => fresh.detach(), { code: 'ERR_SOCKET_CLOSED' });
  const { server, client, accepted } = await connectPair();
  const connecting = track(net.connect(server.address()));
  assert.throws(() => connecting.detach(), { code: 'ERR_INVALID_STATE' });
  await once(connecting, 'connect');
  // More than the kernel takes.
  const size = 32 * 1024 * 1024;
  accepted.write(Buffer.alloc(size));
  assert.throws(() => accepted.detach(), { code: 'ERR_INVALID_STATE' });
  let seen = 0;
  client.on('data', ({ length }) => (seen += length));
  await once(accepted, 'drain');
  const socket = track(net.Socket.attach(accepted.detach()));
  assert.throws(() => accepted.detach(), { code: 'ERR_SOCKET_CLOSED' });
  socket.end();
  await once(client, 'end');
  assert.strictEqual(seen, size);
});

documented('small writes that were gathered arrive first', async (context) => {
  const { net, connectPair, collect, once, track } = context;
  const { client, accepted } = await connectPair();
  const text = collect(client);
  let socket;
  accepted.once('data', () => {
    for (let i = 0; i < 10; i++) accepted.write(String(i));
    socket = track(net.Socket.attach(accepted.detach()));
    socket.end('!');
  });
  client.write('go');
  assert.strictEqual(String(await text), '0123456789!');
  if (!socket.destroyed) await once(socket, 'close');
});

documented('an error that was on its way goes along', async (context) => {
  const { net, connectPair, once, track } = context;
  const { client, accepted } = await connectPair();
  const closed = once(client, 'close');
  client.resetAndDestroy();
  // In the same turn: whoever waits for the connection has not said a word of it.
  const socket = track(net.Socket.attach(accepted.detach()));
  const [error] = await once(socket.resume(), 'error');
  assert.strictEqual(error.code, 'ECONNRESET');
  await closed;
});

documented('a server counts a detached connection no more', async (context) => {
  const { net, connectPair, once, track } = context;
  const { server, client, accepted } = await connectPair();
  const socket = track(net.Socket.attach(accepted.detach()));
  server.close();
  await once(server, 'close');
  client.end();
  await once(socket.resume(), 'close');
});

documented('a listener goes to another thread', async (context) => {
  const { net, listen, once, collect, track } = context;
  const server = net.createServer();
  const { port } = await listen(server);
  const worker = thread(net, 'serve');
  const closed = once(server, 'close');
  worker.postMessage({ ticket: server.detach() });
  assert.strictEqual(server.listening, false);
  assert.throws(() => server.detach(), { code: 'ERR_SERVER_NOT_RUNNING' });
  const [address] = await once(worker, 'message');
  assert.strictEqual(address.port, port);
  await closed;
  const client = track(net.connect(port, '127.0.0.1'));
  assert.strictEqual(String(await collect(client)), 'thread');
  worker.postMessage('close');
  await worker.exited;
  const refused = track(net.connect(port, '127.0.0.1'));
  const [error] = await once(refused, 'error');
  assert.strictEqual(error.code, 'ECONNREFUSED');
});

documented('connections that nobody has seen yet are answered', async (context) => {
  const { net, listen, collect, track, once } = context;
  const server = net.createServer((socket) => socket.end('first'));
  const { port } = await listen(server);
  const clients = [];
  for (let i = 0; i < 20; i++) clients.push(track(net.connect(port, '127.0.0.1')));
  const answers = Promise.all(clients.map(collect));
  await once(clients[0], 'connect');
  const next = track(net.Server.attach(server.detach(), (socket) => socket.end('next')));
  const texts = (await answers).map(String);
  assert.deepStrictEqual(
    texts.filter((text) => text !== 'first' && text !== 'next'),
    [],
  );
  next.close();
  await once(next, 'close');
});

documented('a path is removed by who listens last', async (context) => {
  const { net, listen, once, tmp, track } = context;
  const file = path.join(tmp, 'socket');
  const server = net.createServer();
  await listen(server, file);
  const next = track(net.Server.attach(server.detach()));
  await once(next, 'listening');
  assert.strictEqual(next.address(), file);
  assert.strictEqual(fs.existsSync(file), true);
  next.close();
  await once(next, 'close');
  assert.strictEqual(fs.existsSync(file), false);
});

for (const attach of [true, false]) {
  documented(
    `a thread is terminated ${attach ? 'with the connection' : 'before it takes the connection'}`,
    async (context) => {
      const { net, connectPair, collect, once } = context;
      const { client, accepted } = await connectPair();
      const end = collect(client);
      const worker = thread(net, 'hold');
      // A thread may take long to start.
      const timeout = attach ? 60_000 : 500;
      worker.postMessage({ ticket: accepted.detach({ timeout }), attach });
      await once(worker, 'message');
      await worker.terminate();
      assert.strictEqual(String(await end), '');
    },
  );
}

documented('a ticket outlives the thread that it comes from', async (context) => {
  const { net, once, track } = context;
  const worker = thread(net, 'accept');
  const [port] = await once(worker, 'message');
  const client = track(net.connect(port, '127.0.0.1'));
  client.write('hello');
  const [ticket] = await once(worker, 'message');
  await worker.exited;
  const socket = track(net.Socket.attach(ticket));
  const [data] = await once(socket, 'data');
  assert.strictEqual(String(data), 'hello');
});
