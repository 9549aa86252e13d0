'use strict';

const { AsyncLocalStorage, AsyncResource, executionAsyncId } = require('node:async_hooks');

const { scenario } = require('../harness');

scenario(
  'the context in every callback of a server and of both sockets',
  async ({ serverNet, clientNet, track, settle }) => {
    const storage = new AsyncLocalStorage();
    const seen = { __proto__: null };
    const note = (name) => () => (seen[name] = storage.getStore() ?? 'none');
    const within = (name, run) => storage.run(name, run);

    const server = track(within('createServer', () => serverNet.createServer()));
    let accepted;
    within('server.on', () => {
      server.on('listening', note('listening'));
      server.on('close', note('server close'));
      server.on('connection', (socket) => {
        note('connection')();
        accepted = track(socket);
        socket.on('data', () => {
          note('accepted data')();
          within('end', () => socket.end('bye', note('accepted end callback')));
        });
        socket.on('end', note('accepted end'));
        socket.on('finish', note('accepted finish'));
        socket.on('close', note('accepted close'));
      });
    });
    await new Promise((resolve) => {
      within('listen', () => {
        server.listen(0, '127.0.0.1', () => {
          note('listen callback')();
          resolve();
        });
      });
    });
    within('getConnections', () => server.getConnections(note('getConnections callback')));
    const client = within('connect', () => {
      const socket = clientNet.connect(server.address().port, '127.0.0.1', () => {
        note('connect callback')();
        within('write', () => socket.write('x', note('write callback')));
      });
      return track(socket);
    });
    within('client.on', () => {
      for (const event of ['connect', 'ready', 'data', 'end', 'finish', 'close']) {
        client.on(event, note(event));
      }
    });
    await settle(client);
    await settle(accepted);
    within('close', () => server.close(note('close callback')));
    await settle(server);
    return Object.entries(seen).sort();
  },
);

scenario(
  "the context of 'error', 'timeout', 'lookup' and 'drain'",
  async ({ serverNet, clientNet, track, listen, once, settle }) => {
    const storage = new AsyncLocalStorage();
    const seen = [];
    const note = (name) => () => seen.push([name, storage.getStore() ?? 'none']);
    const server = track(serverNet.createServer());
    const { port } = await listen(server);
    const connection = once(server, 'connection');

    const refused = storage.run('refused', () => clientNet.connect(1, '127.0.0.1'));
    refused.on('error', note('error')).on('close', note('error close'));
    await settle(track(refused));

    const client = storage.run('connect', () => {
      const lookup = (host, options, callback) => {
        const found = [{ address: '127.0.0.1', family: 4 }];
        setImmediate(() => (options.all ? callback(null, found) : callback(null, '127.0.0.1', 4)));
      };
      return track(clientNet.connect({ port, host: 'name.invalid', lookup }));
    });
    client.once('lookup', note('lookup'));
    const [[accepted]] = await Promise.all([connection, once(client, 'connect')]);
    track(accepted).on('error', () => {});
    client.once('drain', note('drain'));
    const drained = once(client, 'drain');
    // More than the kernel takes at once from a client whose server does not read: else write()
    // may say true, and no 'drain' is due.
    storage.run('write', () => client.write(Buffer.alloc(16 << 20)));
    accepted.resume();
    await drained;
    storage.run('setTimeout', () => client.setTimeout(10));
    client.once('timeout', note('timeout'));
    await once(client, 'timeout');
    client.destroy();
    await settle(client);
    return seen;
  },
);

scenario(
  'sockets of different contexts do not mix theirs',
  async ({ serverNet, clientNet, track, listen, settle }) => {
    const storage = new AsyncLocalStorage();
    const server = track(serverNet.createServer((socket) => socket.pipe(socket)));
    const { port } = await listen(server);
    const wrong = [];
    const clients = [];
    for (let i = 0; i < 20; i++) {
      storage.run(i, () => {
        const client = track(clientNet.connect(port, '127.0.0.1'));
        clients.push(client);
        let rounds = 0;
        client.on('connect', () => client.write('x'));
        client.on('data', () => {
          if (storage.getStore() !== i) wrong.push(['data', i, storage.getStore()]);
          if (++rounds === 5) client.end();
          else client.write('x');
        });
        client.on('close', () => {
          if (storage.getStore() !== i) wrong.push(['close', i, storage.getStore()]);
        });
      });
    }
    await settle(...clients);
    return wrong;
  },
);

scenario(
  'each socket has an async id of its own, in all its events',
  async ({ serverNet, clientNet, track, listen, settle }) => {
    const server = track(serverNet.createServer((socket) => socket.pipe(socket)));
    const { port } = await listen(server);
    const ids = [];
    const clients = [];
    for (let i = 0; i < 5; i++) {
      const client = track(clientNet.connect(port, '127.0.0.1'));
      clients.push(client);
      ids[i] = new Set();
      let rounds = 0;
      client.on('connect', () => client.write('x'));
      client.on('data', () => {
        ids[i].add(executionAsyncId());
        if (++rounds === 3) client.end();
        else client.write('x');
      });
    }
    await settle(...clients);
    const all = new Set(ids.flatMap((set) => [...set]));
    return [ids.map((set) => set.size), all.size, !all.has(0)];
  },
);

scenario(
  'a listener that is bound by AsyncResource keeps its own context',
  async ({ connectPair, once }) => {
    const storage = new AsyncLocalStorage();
    const { client, accepted } = await connectPair();
    const seen = [];
    storage.run('bound', () => {
      client.on(
        'data',
        AsyncResource.bind(() => seen.push(storage.getStore())),
      );
    });
    accepted.write('x');
    await once(client, 'data');
    return seen;
  },
);

scenario(
  'enterWith inside one event does not reach the next event of another socket',
  async ({ serverNet, clientNet, track, listen, once }) => {
    const storage = new AsyncLocalStorage();
    const server = track(serverNet.createServer((socket) => track(socket).pipe(socket)));
    const { port } = await listen(server);
    const first = track(clientNet.connect(port, '127.0.0.1'));
    const second = track(clientNet.connect(port, '127.0.0.1'));
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    const seen = [];
    first.on('data', () => storage.enterWith('first'));
    second.on('data', () => seen.push(storage.getStore() ?? 'none'));
    for (let round = 0; round < 3; round++) {
      first.write('x');
      await once(first, 'data');
      second.write('x');
      await once(second, 'data');
    }
    return seen;
  },
);

scenario("the context of a listener of 'uncaughtException'", async (t) => {
  const { serverNet, clientNet, track, listen, settle } = t;
  const storage = new AsyncLocalStorage();
  const server = serverNet.createServer((socket) => {
    track(socket)
      .on('error', () => {})
      .end('x');
  });
  const { port } = await listen(server);
  // The test runner's own listeners are not for these.
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => t.log(error.message, storage.getStore()));
  try {
    for (const event of ['connect', 'data', 'end', 'finish', 'close']) {
      const client = storage.run(event, () => track(clientNet.connect(port, '127.0.0.1')));
      client.resume();
      const settled = settle(client);
      client.once(event, () => {
        // Of what the exception keeps from happening there may be the end.
        setImmediate(() => client.destroy());
        throw new Error(`thrown in '${event}'`);
      });
      await settled;
    }
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
  return t.log.entries;
});
