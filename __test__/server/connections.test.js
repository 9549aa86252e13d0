'use strict';

const { scenario } = require('../harness');

/**
 * Asks a server for the number of its connections.
 *
 * @param {any} server The server
 * @returns {Promise<[unknown, unknown]>} The callback's two arguments
 */
function count(server) {
  return new Promise((resolve) => {
    server.getConnections((error, number) => resolve([error, number]));
  });
}

scenario(
  'getConnections before listen, while connections come and go, and after close',
  async ({ serverNet, clientNet, track, listen, once, settle }) => {
    const server = track(serverNet.createServer());
    const seen = [await count(server)];
    const { port } = await listen(server);
    seen.push(await count(server));
    const pairs = [];
    for (let i = 0; i < 3; i++) {
      const connection = once(server, 'connection');
      const client = track(clientNet.connect(port, '127.0.0.1'));
      const [accepted] = await connection;
      track(accepted).resume();
      pairs.push({ client, accepted });
      seen.push(await count(server));
    }
    pairs[0].client.destroy();
    await settle(pairs[0].accepted);
    seen.push(await count(server));
    const closed = once(server, 'close');
    server.close();
    seen.push(await count(server));
    pairs[1].client.destroy();
    await settle(pairs[1].accepted);
    seen.push(await count(server));
    pairs[2].accepted.destroy();
    await closed;
    seen.push(await count(server));
    return seen;
  },
);

scenario(
  'the callback of getConnections is asynchronous',
  async ({ net, track, listen, log, mark }) => {
    const server = track(net.createServer());
    await listen(server);
    server.getConnections((error, number) => log('callback', error, number));
    log('returned');
    await mark('queues');
    return log.entries;
  },
  { cross: false },
);

scenario(
  "a socket's server property, and that of a socket that nobody accepted",
  async ({ connectPair, settle }) => {
    const { server, client, accepted } = await connectPair();
    const seen = [accepted.server === server, accepted._server === server, client.server];
    client.destroy();
    accepted.resume();
    await settle(client, accepted);
    seen.push(accepted.server === server, accepted._server === null, client.server);
    return seen;
  },
);

for (const limit of [1, 2]) {
  scenario(
    `maxConnections = ${limit}: one more is dropped, with its data; a place set free is used`,
    async ({ serverNet, clientNet, track, listen, once, settle }) => {
      const server = track(serverNet.createServer());
      server.maxConnections = limit;
      const { port } = await listen(server);
      const kept = [];
      for (let i = 0; i < limit; i++) {
        const connection = once(server, 'connection');
        const client = track(clientNet.connect(port, '127.0.0.1'));
        const [accepted] = await connection;
        kept.push({ client, accepted: track(accepted).resume() });
      }
      const drop = once(server, 'drop');
      const extra = track(clientNet.connect(port, '127.0.0.1'));
      const connected = once(extra, 'connect');
      extra.resume();
      const [data] = await drop;
      await connected;
      const seen = [
        Object.keys(data).sort(),
        [data.localAddress, data.localPort === port, data.localFamily],
        [data.remoteAddress, data.remotePort > 0, data.remoteFamily],
        data.remotePort !== port,
        Object.getPrototypeOf(data) === null,
      ];
      await settle(extra);
      seen.push(await count(server));

      kept[0].client.destroy();
      await settle(kept[0].accepted);
      const connection = once(server, 'connection');
      const next = track(clientNet.connect(port, '127.0.0.1'));
      track((await connection)[0]);
      seen.push(await count(server), next.destroyed);
      return seen;
    },
  );
}

scenario('maxConnections = 0', async ({ serverNet, clientNet, track, listen, once }) => {
  const server = track(serverNet.createServer((socket) => track(socket)));
  server.maxConnections = 0;
  const { port } = await listen(server);
  const outcome = Promise.race([
    once(server, 'connection').then(() => 'connection'),
    once(server, 'drop').then(() => 'drop'),
  ]);
  track(clientNet.connect(port, '127.0.0.1'));
  return [await outcome];
});

scenario(
  "'drop' of a server with a path has no data",
  async ({ serverNet, clientNet, track, listen, once, settle, tmp }) => {
    const server = track(serverNet.createServer((socket) => track(socket)));
    server.maxConnections = 1;
    await listen(server, `${tmp}/s`);
    const connection = once(server, 'connection');
    track(clientNet.connect(`${tmp}/s`));
    await connection;
    const drop = once(server, 'drop');
    const extra = track(clientNet.connect(`${tmp}/s`));
    extra.resume();
    const args = await drop;
    await settle(extra);
    return [args.length, args];
  },
);

scenario(
  'maxConnections changes while connections are there: the next one is judged by it',
  async ({ serverNet, clientNet, track, listen, once }) => {
    const server = track(serverNet.createServer((socket) => track(socket)));
    const { port } = await listen(server);
    const seen = [];
    for (const limit of [undefined, 1, 3, Infinity, null, -1]) {
      server.maxConnections = limit;
      const outcome = Promise.race([
        once(server, 'connection').then(() => 'connection'),
        once(server, 'drop').then(() => 'drop'),
      ]);
      track(clientNet.connect(port, '127.0.0.1')).on('error', () => {});
      seen.push([limit, await outcome, server._connections]);
    }
    return seen;
  },
);

scenario(
  'dropMaxConnection is a property like any other outside a cluster',
  async ({ serverNet, clientNet, track, listen, once }) => {
    const server = track(serverNet.createServer((socket) => track(socket)));
    server.maxConnections = 1;
    server.dropMaxConnection = true;
    const { port } = await listen(server);
    const connection = once(server, 'connection');
    track(clientNet.connect(port, '127.0.0.1'));
    await connection;
    const drop = once(server, 'drop');
    track(clientNet.connect(port, '127.0.0.1'));
    const [data] = await drop;
    return [data.remoteAddress, server.dropMaxConnection];
  },
);

scenario(
  "the events of a connection: 'connection' of the server before anything of the socket",
  async ({ serverNet, clientNet, track, listen, record, log, settle }) => {
    const server = track(serverNet.createServer());
    let accepted;
    server.on('connection', (socket) => {
      accepted = track(socket);
      log(
        'connection',
        socket.readyState,
        socket.connecting,
        socket.pending,
        socket.readableFlowing,
      );
      record(socket, ['connect', 'ready', 'end', 'finish', 'close'], 'accepted');
      process.nextTick(() => log('nextTick'));
      socket.resume();
    });
    const { port } = await listen(server);
    const client = track(clientNet.connect(port, '127.0.0.1'));
    client.end();
    client.resume();
    await settle(client);
    await settle(accepted);
    return log.entries;
  },
);

scenario(
  'connections that come at once are announced one by one, in the order of their arrival',
  async ({ serverNet, clientNet, track, listen, once }) => {
    const server = track(serverNet.createServer());
    const { port } = await listen(server);
    const ports = [];
    const ticks = [];
    const all = new Promise((resolve) => {
      server.on('connection', (socket) => {
        track(socket);
        ports.push(socket.remotePort);
        ticks.push('connection');
        // Between two events the queues are drained.
        process.nextTick(() => ticks.push('nextTick'));
        if (ports.length === 10) setImmediate(resolve);
      });
    });
    const clients = [];
    for (let i = 0; i < 10; i++) {
      const client = track(clientNet.connect(port, '127.0.0.1'));
      // The kernel answers one after the other only when it is asked so.
      await once(client, 'connect');
      clients.push(client.localPort);
    }
    await all;
    return [ports.every((value, index) => value === clients[index]), ticks];
  },
);

// I/O threads accept as many as there are.
const skip = process.env.TOKIO_NET_EVENT_LOOP !== undefined;

for (const kind of ['TCP', 'Unix']) {
  scenario(
    `one connection is accepted in each round of the event loop, ${kind}`,
    async (t) => {
      const server = t.serverNet.createServer((socket) => {
        t.log('connection');
        setImmediate(() => t.log('immediate'));
        t.track(socket).end();
      });
      const path = `${t.tmp}/s`;
      const { port } = await (kind === 'TCP' ? t.listen(server) : t.listen(server, path));
      const target = kind === 'TCP' ? { port, host: '127.0.0.1' } : { path };
      const clients = [0, 1, 2].map(() => t.track(t.clientNet.connect(target)).resume());
      await t.settle(...clients);
      return t.log.entries;
    },
    { skip },
  );
}

scenario(
  'who waits when a server is closed in an immediate is turned away',
  async (t) => {
    const server = t.serverNet.createServer((socket) => {
      t.log('connection');
      t.track(socket).end();
      setImmediate(() => server.close());
    });
    const { port } = await t.listen(server);
    const clients = [0, 1, 2].map(() => {
      const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
      client.on('error', ({ code }) => t.log('error', code));
      return client.resume();
    });
    await t.settle(...clients);
    return t.log.entries;
  },
  { skip },
);
