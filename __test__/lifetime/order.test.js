'use strict';

const { scenario } = require('../harness');

/** Phases of the event loop are kept where it is what waits for sockets. */
const skip = process.env.TOKIO_NET_EVENT_LOOP === 'off';

/**
 * Blocks the thread until the kernel has what the peers sent, so that several sockets have their
 * events due in the same turn of the loop.
 *
 * @param {number} milliseconds How long
 * @returns {void}
 */
function block(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * @param {any} t The scenario's context
 * @param {number} count How many
 * @returns {Promise<{ accepted: any[], clients: any[] }>} Both ends of connections to one server
 */
async function connections({ serverNet, clientNet, track, listen, once }, count) {
  const accepted = [];
  const server = track(serverNet.createServer((socket) => accepted.push(track(socket))));
  const { port } = await listen(server);
  const clients = [];
  for (let i = 0; i < count; i++) {
    const arrived = once(server, 'connection');
    const client = track(clientNet.connect(port, '127.0.0.1'));
    clients.push(client);
    await Promise.all([arrived, once(client, 'connect')]);
  }
  return { accepted, clients };
}

scenario(
  "ticks and microtasks run between the 'data' events of two sockets that are due together",
  async (t) => {
    const { accepted, clients } = await connections(t, 4);
    const log = [];
    const all = clients.map(
      (client) =>
        new Promise((resolve) => {
          client.once('data', () => {
            log.push('data');
            process.nextTick(() => {
              log.push('nextTick');
              Promise.resolve().then(() => log.push('microtask of the tick'));
            });
            Promise.resolve().then(() => log.push('microtask'));
            setImmediate(resolve);
          });
        }),
    );
    for (const socket of accepted) socket.write('x');
    block(30);
    await Promise.all(all);
    return log;
  },
);

scenario(
  "ticks and microtasks run between 'connection' events that are due together",
  async ({ serverNet, clientNet, track, listen }) => {
    const server = track(serverNet.createServer());
    const { port } = await listen(server);
    const log = [];
    const done = new Promise((resolve) => {
      let count = 0;
      server.on('connection', (socket) => {
        track(socket);
        log.push('connection');
        process.nextTick(() => log.push('nextTick'));
        queueMicrotask(() => log.push('microtask'));
        if (++count === 4) setImmediate(resolve);
      });
    });
    for (let i = 0; i < 4; i++) track(clientNet.connect(port, '127.0.0.1'));
    block(30);
    await done;
    return log;
  },
);

scenario(
  "one socket's 'data' and 'end' that are due together, and the queues between them",
  async ({ connectPair, settle, log }) => {
    const { client, accepted } = await connectPair();
    for (const event of ['data', 'end', 'close']) {
      client.on(event, () => {
        log(event);
        process.nextTick(() => log(`tick of ${event}`));
        queueMicrotask(() => log(`microtask of ${event}`));
      });
    }
    accepted.resume();
    accepted.end('x');
    block(30);
    await settle(client, accepted);
    return log.entries;
  },
);

scenario(
  'destroying one socket in the event of another: the destroyed one emits nothing of what was due',
  async (t) => {
    const { once, settle } = t;
    const { accepted, clients } = await connections(t, 2);
    let events = 0;
    for (const [index, client] of clients.entries()) {
      client.on('data', () => {
        events++;
        clients[1 - index].destroy();
      });
    }
    for (const socket of accepted) socket.on('error', () => {}).write('x');
    block(30);
    await Promise.race(clients.map((client) => once(client, 'close')));
    for (const client of clients) client.destroy();
    await settle(...clients);
    return [events];
  },
);

scenario('pausing one socket in the event of another withholds what was due', async (t) => {
  const { accepted, clients } = await connections(t, 2);
  let events = 0;
  const some = clients.map(
    (client, index) =>
      new Promise((resolve) => {
        client.on('data', () => {
          events++;
          clients[1 - index].pause();
          resolve();
        });
      }),
  );
  for (const socket of accepted) socket.write('x');
  block(30);
  await Promise.race(some);
  await t.mark('later');
  const before = events;
  for (const client of clients) client.resume();
  await Promise.all(some);
  return [before, events];
});

scenario(
  'a write callback, the tick after the write and the immediate: their order',
  async ({ connectPair, log, mark }) => {
    const { client, accepted } = await connectPair();
    accepted.resume();
    client.write('x', () => log('callback'));
    log('returned');
    await mark('queues');
    return log.entries;
  },
);

/**
 * @param {any} t The scenario's context
 * @param {number} count How many
 * @returns {Promise<any[]>} Connected sockets that expect nothing more
 */
async function connectSeveral({ serverNet, clientNet, track, listen, once }, count) {
  const server = track(serverNet.createServer((socket) => track(socket).on('error', () => {})));
  const { port } = await listen(server);
  const clients = [];
  for (let i = 0; i < count; i++) {
    const arrived = once(server, 'connection');
    const client = track(clientNet.connect(port, '127.0.0.1'));
    await Promise.all([arrived, once(client, 'connect')]);
    clients.push(client);
  }
  return clients;
}

for (const [from, schedule] of Object.entries({
  'a timer': (run) => setTimeout(run, 1),
  'an immediate': (run) => setImmediate(run),
  "an event's tick": (run) => process.nextTick(run),
})) {
  scenario(
    `'close' of sockets that are destroyed in ${from}, and immediates`,
    async (t) => {
      const clients = await connectSeveral(t, 3);
      for (const [index, client] of clients.entries()) {
        client.on('close', () => {
          t.log('close', index);
          process.nextTick(() => t.log('tick of close', index));
          setImmediate(() => t.log('immediate of close', index));
        });
      }
      schedule(() => {
        for (const client of clients) client.destroy();
        setImmediate(() => t.log('immediate'));
      });
      await t.settle(...clients);
      await new Promise((resolve) => setImmediate(resolve));
      return t.log.entries;
    },
    { skip },
  );

  scenario(
    `'finish' of sockets that end in ${from}, and immediates`,
    async (t) => {
      const clients = await connectSeveral(t, 3);
      const finished = clients.map((client, index) => {
        client.on('finish', () => {
          t.log('finish', index);
          process.nextTick(() => t.log('tick of finish', index));
        });
        return t.once(client, 'finish');
      });
      schedule(() => {
        for (const client of clients) client.end();
        setImmediate(() => t.log('immediate'));
      });
      await Promise.all(finished);
      await new Promise((resolve) => setImmediate(resolve));
      return t.log.entries;
    },
    { skip },
  );
}

scenario(
  "'close' of sockets that were destroyed before they had a descriptor",
  async (t) => {
    const { port } = await t.listen(t.serverNet.createServer());
    const clients = [0, 1, 2].map(() => t.track(t.clientNet.connect(port, '127.0.0.1')));
    for (const [index, client] of clients.entries()) {
      client.on('close', () => t.log('close', index));
      client.destroy();
    }
    setImmediate(() => t.log('immediate'));
    await t.settle(...clients);
    return t.log.entries;
  },
  { skip },
);

scenario(
  'the failed connect to a path comes before immediates',
  async (t) => {
    const client = t.track(t.clientNet.connect(`${t.tmp}/none`));
    client.on('error', ({ code }) => t.log(code));
    await new Promise((resolve) => setImmediate(resolve));
    t.log('immediate');
    await t.settle(client);
    return t.log.entries;
  },
  { skip },
);

scenario(
  'what a peer in the same thread answers is for the next round of the event loop',
  async (t) => {
    const server = t.track(
      t.serverNet.createServer((socket) => {
        t.track(socket).on('data', () => {
          t.log('asked');
          setImmediate(() => t.log('immediate'));
          socket.end('answer');
        });
        socket.on('finish', () => t.log('finish'));
      }),
    );
    const { port } = await t.listen(server);
    // Its first look for events is the one in which the server hears of it.
    const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
    client.on('data', () => t.log('answered'));
    client.write('question');
    await t.once(client, 'end');
    return t.log.entries;
  },
  { skip },
);

/** A tick after those in which a socket begins to read. */
const later = (run) => process.nextTick(() => process.nextTick(run));

for (const [what, act] of Object.entries({
  'a half-close, and a read of the same socket': (one) => {
    one.end();
    one.resume();
  },
  'a half-close, and a read': (one, other) => {
    one.end();
    other.resume();
  },
  'a read, and then a half-close': (one, other) => {
    other.resume();
    later(() => one.end());
  },
  'a read, and then a write': (one, other) => {
    other.resume();
    // One that is not gathered.
    later(() => one.write('y', () => {}));
  },
})) {
  scenario(
    `what others see of a turn comes before what a read finds that it began: ${what}`,
    async (t) => {
      const options = { pauseOnConnect: true, allowHalfOpen: true };
      const pairs = [await t.connectPair({}, options), await t.connectPair({}, options)];
      for (const [index, { client, accepted }] of pairs.entries()) {
        for (const event of ['data', 'end']) client.on(event, () => t.log('client', index, event));
        accepted.on('data', () => t.log('server', index, 'data')).pause();
        client.write('x');
      }
      block(30);
      // Between two looks for events that find nothing.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      act(pairs[0].accepted, pairs[1].accepted);
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      return t.log.entries;
    },
    { skip },
  );
}

for (const kind of ['TCP', 'Unix']) {
  scenario(
    `what has connected in a round is served before what was accepted in it, ${kind}`,
    async (t) => {
      const server = t.serverNet.createServer((socket) => {
        socket.on('data', () => t.log('server', 'data'));
        t.track(socket).write('a');
      });
      const path = `${t.tmp}/s`;
      const { port } = await (kind === 'TCP' ? t.listen(server) : t.listen(server, path));
      const target = kind === 'TCP' ? { port, host: '127.0.0.1' } : { path };
      const client = t.track(t.clientNet.connect(target));
      client.on('connect', () => client.write('b'));
      client.on('data', () => t.log('client', 'data'));
      const [accepted] = await t.once(server, 'connection');
      await Promise.all([t.once(client, 'data'), t.once(accepted, 'data')]);
      return t.log.entries;
    },
    { skip: process.env.TOKIO_NET_EVENT_LOOP !== undefined },
  );
}

scenario(
  'where both sides have ended, the end comes behind the last bytes when libuv tells of it',
  async (t) => {
    const server = t.serverNet.createServer((socket) => {
      for (const event of ['data', 'end']) socket.on(event, () => t.log('server', event));
      t.track(socket).end('a');
    });
    const { port } = await t.listen(server);
    const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
    for (const event of ['data', 'end']) client.on(event, () => t.log('client', event));
    client.on('connect', () => client.end('b'));
    const [accepted] = await t.once(server, 'connection');
    await t.settle(client, accepted);
    return t.log.entries;
  },
  { skip: process.env.TOKIO_NET_EVENT_LOOP !== undefined },
);

scenario(
  'who became ready first comes first, on either side of several connections',
  async (t) => {
    const sockets = [];
    for (let pair = 0; pair < 4; pair++) {
      // Over TCP, what a busy system delivers later may come in another order.
      const options = { pauseOnConnect: true, listen: { path: `${t.tmp}/${pair}` } };
      const { client, accepted } = await t.connectPair({}, options);
      sockets.push({ name: `client ${pair}`, socket: client, peer: accepted });
      sockets.push({ name: `server ${pair}`, socket: accepted.resume(), peer: client });
    }
    for (const { name, socket } of sockets) {
      socket.on('data', (chunk) => t.log(name, String(chunk)));
    }
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (const order of [
      [0, 1, 2, 3, 4, 5, 6, 7],
      [7, 2, 5, 0, 3, 6, 1, 4],
      [3, 0, 6, 5],
    ]) {
      // With a callback, so that none is gathered.
      for (const index of order) sockets[index].peer.write(`after ${order}`, () => {});
      block(30);
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    return t.log.entries;
  },
  { skip: process.env.TOKIO_NET_EVENT_LOOP !== undefined },
);
