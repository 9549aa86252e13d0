'use strict';

const { MessageChannel, Worker } = require('node:worker_threads');

const { builtin, scenario } = require('../harness');

/** Only Nodes whose own sockets can be transferred take ours. */
const skip = Object.getOwnPropertySymbols(builtin.Socket.prototype).some(
  ({ description }) => description === 'messaging_transfer_symbol',
)
  ? false
  : 'sockets of this Node cannot be transferred';

/** A thread that answers on what it is sent, and ends with the first connection. */
const THREAD = `const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ socket, server }) => {
    const answer = (peer) => {
      peer.once('data', (bytes) => peer.end('thread: ' + bytes));
      peer.on('close', () => {
        server?.close();
        parentPort.close();
      });
    };
    if (socket) answer(socket);
    if (server) server.on('connection', answer);
    parentPort.postMessage([socket?.allowHalfOpen, server?.listening]);
  });`;

/**
 * @param {any} value What is transferred
 * @param {any} [message] What is sent
 * @param {any} [transfer] And with what list
 * @returns {any} What became of that
 */
function tryTo(value, message = value, transfer = [value]) {
  const { port1, port2 } = new MessageChannel();
  port2.on('message', (sent) => sent.destroy?.());
  try {
    port1.postMessage(message, transfer);
    return 'sent';
  } catch ({ name, code, message: text }) {
    return [name, code, text];
  } finally {
    port1.close();
  }
}

for (const pauseOnConnect of [false, true]) {
  scenario(
    `an accepted connection goes to a thread by transferList (paused: ${pauseOnConnect})`,
    async (context) => {
      const { serverNet, clientNet, track, listen, once, collect, settle } = context;
      const worker = new Worker(THREAD, { eval: true });
      const server = track(serverNet.createServer({ pauseOnConnect, allowHalfOpen: true }));
      const { port } = await listen(server);
      const client = track(clientNet.connect(port, '127.0.0.1'));
      client.write('bytes');
      const seen = once(worker, 'message');
      const [after, closing] = await new Promise((resolve) => {
        server.once('connection', (socket) => {
          const message = { socket, list: [1, new Map([['same', socket]])] };
          worker.postMessage(message, [socket]);
          const { destroyed, _handle: handle, readyState } = socket;
          resolve([[destroyed, handle, readyState, server._connections], once(socket, 'close')]);
        });
      });
      const closed = await closing;
      const [told] = await seen;
      const answer = String(await collect(client));
      server.close();
      await settle(server);
      await worker.terminate();
      return { after, closed, told, answer };
    },
    { skip },
  );
}

scenario(
  'a listener goes to a thread by transferList',
  async (context) => {
    const { serverNet, clientNet, track, listen, once, collect } = context;
    const worker = new Worker(THREAD, { eval: true });
    const server = track(serverNet.createServer());
    const { port } = await listen(server);
    worker.postMessage({ server }, [server]);
    const after = [server.listening, server.address()];
    const [told] = await once(worker, 'message');
    const client = track(clientNet.connect(port, '127.0.0.1'));
    client.write('bytes');
    const answer = String(await collect(client));
    await worker.terminate();
    return { after, told, answer };
  },
  { skip },
);

scenario(
  'what cannot be transferred',
  async ({ net, track, connectPair, once, tmp }) => {
    const seen = [];
    const server = track(net.createServer());
    seen.push(['a server that does not listen', tryTo(server)]);
    seen.push(['a new socket', tryTo(track(new net.Socket()))]);
    server.listen(`${tmp}/s`);
    await once(server, 'listening');
    seen.push(['a Unix server', tryTo(server), server.listening]);
    const { client, accepted } = await connectPair();
    client.write('x');
    seen.push(['a written socket', tryTo(client)]);
    await once(accepted, 'data');
    seen.push(['a read socket', tryTo(accepted)]);
    accepted.destroy();
    seen.push(['a destroyed socket', tryTo(accepted)]);
    return seen;
  },
  { skip, cross: false },
);

scenario(
  'a socket that is refused goes on as before',
  async ({ serverNet, clientNet, track, listen, collect, once }) => {
    const server = track(serverNet.createServer());
    const { port } = await listen(server);
    const client = track(clientNet.connect(port, '127.0.0.1'));
    client.end('bytes');
    const outcome = await new Promise((resolve) => {
      server.once('connection', (accepted) => {
        const [name] = tryTo(accepted, { accepted, method() {} });
        resolve([accepted, name]);
      });
    });
    const [accepted, name] = outcome;
    const states = [name, accepted.destroyed, accepted.readyState, accepted.bytesRead];
    const bytes = String(await collect(accepted));
    if (!client.destroyed) await once(client, 'close');
    server.close();
    return [states, bytes, accepted.bytesRead];
  },
  { skip, pairings: ['both', 'server'] },
);

scenario(
  'messages of other things are as they were',
  async ({ net, once }) => {
    net.createServer();
    const { port1, port2 } = new MessageChannel();
    const buffer = new ArrayBuffer(8);
    port1.postMessage({ buffer, at: new Date(0) }, [buffer]);
    port1.postMessage([1], { transfer: [] });
    const [first] = await once(port2, 'message');
    const [second] = await once(port2, 'message');
    const wrong = [1, 'x', {}, [1], [buffer], { transfer: 1 }].map((list) => {
      try {
        port1.postMessage(1, /** @type {any} */ (list));
        return 'sent';
      } catch ({ name, code, message }) {
        return [name, code, message];
      }
    });
    port1.close();
    const { length, name } = MessageChannel.prototype.constructor;
    return [
      first.buffer.byteLength,
      buffer.byteLength,
      Number(first.at),
      second,
      wrong,
      length,
      name,
    ];
  },
  { cross: false },
);
