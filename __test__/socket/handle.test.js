'use strict';

const assert = require('node:assert');
const { constants } = require('node:buffer');
const fs = require('node:fs');
const { Worker } = require('node:worker_threads');

const { documented, scenario } = require('../harness');

scenario('_handle through the life of a connection', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket).resume());
  const { port } = await t.listen(server);
  const client = t.track(new t.clientNet.Socket());
  t.log('new', client._handle);
  client.connect(port, '127.0.0.1');
  t.log('connecting', typeof client._handle);
  await t.once(client, 'connect');
  const { _handle: handle } = client;
  t.log('connected', typeof handle, handle.fd > 2, typeof handle.getAsyncId());
  t.log(handle.fd === handle.fd, Number.isInteger(handle.fd), handle.getAsyncId() > 0);
  for (const name of ['close', 'ref', 'unref', 'hasRef', 'getAsyncId', 'getProviderType']) {
    t.log(name, typeof handle[name]);
  }
  t.log(handle.hasRef());
  client.unref();
  t.log(handle.hasRef());
  client.ref();
  t.log(handle.hasRef());
  client.destroy();
  t.log('destroyed', client._handle);
  await t.settle(client);
  t.log('closed', client._handle);
  return t.log.entries;
});

scenario(
  '_handle.fd is the descriptor of the socket',
  async (t) => {
    const { client, accepted } = await t.connectPair();
    const targets = [client, accepted].map(({ _handle: { fd } }) =>
      fs.readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/, '<inode>'),
    );
    return [targets, client._handle.fd !== accepted._handle.fd];
  },
  { skip: process.platform === 'linux' ? false : 'there is no /proc' },
);

scenario('_handle of a Unix socket', async (t) => {
  const { client } = await t.connectPair({}, { listen: { path: `${t.tmp}/s` } });
  return [client._handle.fd > 2, typeof client._handle.getAsyncId(), client._handle.hasRef()];
});

scenario('socket.ref() and unref() before there is a handle', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket).resume());
  const { port } = await t.listen(server);
  const client = t.track(new t.clientNet.Socket());
  client.unref();
  client.connect(port, '127.0.0.1');
  await t.once(client, 'connect');
  await t.mark('connected');
  return [client._handle.hasRef(), client.ref()._handle.hasRef()];
});

scenario('the handle option: a socket takes over the handle of another', async (t) => {
  const server = t.serverNet.createServer({ pauseOnConnect: true });
  const { port } = await t.listen(server);
  const accepting = t.once(server, 'connection');
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  client.write('hello');
  const [accepted] = await accepting;
  const { _handle: handle } = accepted;
  accepted._handle = null;
  const options = { handle, readable: true, writable: true, allowHalfOpen: true };
  const taker = t.track(new t.serverNet.Socket(options));
  const state = [taker.readyState, taker.connecting, taker.remoteAddress, taker._handle === handle];
  taker.on('data', (chunk) => taker.end(`echo of ${chunk}`));
  taker.resume();
  const text = String(await t.collect(client));
  await t.settle(client, taker);
  return [state, text, taker.bytesRead, taker.bytesWritten];
});

/** Reads in a thread of its own, so that a write that waits for it ends. */
const READER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => {
    let count = 0;
    socket.on('data', ({ length }) => (count += length));
    socket.on('end', () => server.close(() => parentPort.postMessage(count)));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

scenario(
  'after _handle.setBlocking() a write is with the kernel when it returns',
  async (t) => {
    const size = 32 * 1024 * 1024;
    const worker = new Worker(READER, { eval: true });
    const [port] = await t.once(worker, 'message');
    const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
    await t.once(client, 'connect');
    const { _handle: handle } = client;
    t.log(handle.setBlocking(true));
    client.write(Buffer.alloc(size - 5), () => t.log('written'));
    t.log(handle.writeQueueSize, client.bytesWritten);
    client.write('small');
    t.log(handle.writeQueueSize, client.bytesWritten);
    client.end(() => {
      client.destroy();
      t.log(handle.setBlocking(true));
    });
    t.log(await t.once(worker, 'message'));
    return t.log.entries;
  },
  { pairings: ['client'] },
);

documented(
  '_handle.hasPendingRead() says whether bytes wait that were not told',
  async (t) => {
    const { client, accepted } = await t.connectPair();
    const { _handle: handle } = client;
    await new Promise((resolve) => setImmediate(resolve));
    assert.strictEqual(handle.hasPendingRead(), false);
    client.on('data', () => {});
    await new Promise((resolve) => setImmediate(resolve));
    // Whoever reads: where that is another thread, the byte may be on its way from the kernel to us.
    for (let round = 0; round < 2000; round++) {
      const arrival = t.once(client, 'data');
      accepted._handle.setBlocking(true);
      accepted.write('x');
      assert.strictEqual(handle.hasPendingRead(), true);
      await arrival;
    }
    assert.strictEqual(handle.hasPendingRead(), false);
  },
  {
    builtin: (net) => {
      const server = net.createServer().listen(0);
      const { hasPendingRead } = server._handle;
      server.close();
      return hasPendingRead !== undefined;
    },
  },
);

// Built-in's handles take requests of their own kind only, so there is no reference.
documented('_handle.writeBuffer() sends the bytes of views of any width', async (t) => {
  const { client, accepted } = await t.connectPair({ serverNet: t.net, clientNet: t.net });
  const words = new Uint16Array([0x0102, 0xffff]);
  for (const view of [words, new DataView(words.buffer, 1, 2)]) {
    const request = { oncomplete() {} };
    assert.strictEqual(client._handle.writeBuffer(request, view), 0);
    assert.strictEqual(request.bytes, view.byteLength);
  }
  client.end();
  const all = Buffer.from(words.buffer);
  assert.deepStrictEqual(await t.collect(accepted), Buffer.concat([all, all.subarray(1, 3)]));
});

/** Has a task send the last bytes of a buffer of which the kernel is said to have the first 4 GiB. */
const HUGE = `
  process.env.TOKIO_NET_EVENT_LOOP = 'off';
  // Nobody touches what is in between, so that it needs no memory.
  const first = 2 ** 32;
  const chunk = Buffer.allocUnsafeSlow(first + 4);
  chunk.write('last', first);
  const server = net.createServer((socket) => socket.pipe(process.stdout));
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, '127.0.0.1', () => {
      const oncomplete = () => client.end(() => server.close());
      client._handle.queueWrite({ oncomplete, bytes: chunk.byteLength }, [chunk], first);
    });
  });
`;

documented(
  'the last bytes of a write of more than 4 GiB are its last ones',
  async (t) => {
    const { code, stdout, stderr } = await t.runChild(t.net, HUGE);
    assert.deepStrictEqual([code, stdout, stderr], [0, 'last', '']);
  },
  { skip: constants.MAX_LENGTH > 2 ** 32 + 4 ? false : 'Buffers are no larger than 4 GiB' },
);
