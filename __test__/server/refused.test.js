'use strict';

const { once } = require('node:events');
const { Worker } = require('node:worker_threads');

const { documented, scenario } = require('../harness');

const [major, minor] = process.versions.node.split('.').map(Number);

/** Milliseconds for which a peer that does not come is waited for. */
const LIMIT = 20_000;

/** The peer, in a thread of its own: writes, says so, and tells how it ended. */
const PEER = `
const { parentPort, workerData: { port, flag } } = require('node:worker_threads');
parentPort.once('message', () => {
  const socket = require('node:net').connect(port, '127.0.0.1');
  socket.resume();
  socket.write('not to be read', () => {
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
  let how = 'nothing';
  socket.on('end', () => (how = 'end'));
  socket.on('error', (error) => (how = error.code));
  socket.on('close', () => parentPort.postMessage(how));
});
parentPort.postMessage('ready');
`;

/**
 * Has a peer write while this thread does nothing, so that its bytes are there when the server first
 * hears of it, and tells how it went on for the peer. A connection that is closed with bytes unread is
 * reset; had they been read, it would end as usual.
 *
 * @param {any} server A server that refuses the peer
 * @returns {Promise<string>} 'ECONNRESET' where no byte was read
 */
async function visit(server) {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(PEER, {
    eval: true,
    workerData: { port: server.address().port, flag },
  });
  await once(worker, 'message');
  worker.postMessage('go');
  const written = Atomics.wait(flag, 0, 0, LIMIT);
  const [how] = await once(worker, 'message');
  await worker.terminate();
  return `${written}: ${how}`;
}

/**
 * @param {any} context The run's context
 * @param {any} server A server that listens
 * @returns {Promise<void>} Settles when it has a connection
 */
async function occupy({ clientNet, track }, server) {
  const connection = once(server, 'connection');
  track(clientNet.connect(server.address().port, '127.0.0.1'));
  const [socket] = await connection;
  track(socket);
}

scenario(
  'maxConnections: not a byte of a peer that is refused is read',
  async (context) => {
    const { serverNet, track, listen, log } = context;
    const server = track(serverNet.createServer());
    server.maxConnections = 1;
    await listen(server);
    await occupy(context, server);
    server.on('drop', () => log('drop'));
    for (let times = 0; times < 3; times++) log(await visit(server));
    return context.entries;
  },
  { pairings: ['server'] },
);

documented(
  'blockList: not a byte of a peer that is refused is read',
  async (context) => {
    const { net, track, listen } = context;
    const blockList = new net.BlockList();
    const server = track(net.createServer({ blockList }));
    await listen(server);
    await occupy(context, server);
    blockList.addAddress('127.0.0.1');
    for (let times = 0; times < 3; times++) {
      const how = await visit(server);
      if (!how.endsWith(': ECONNRESET')) throw new Error(how);
    }
  },
  { builtin: () => major > 23 || (major === 22 && minor >= 13) || (major === 23 && minor >= 4) },
);
