'use strict';

const { scenario } = require('../harness');

const EVENTS = [
  'lookup',
  'connect',
  'ready',
  'data',
  'end',
  'prefinish',
  'finish',
  'timeout',
  'drain',
  'error',
  'close',
];

scenario('a request and its answer: the whole trace of both sides', async (t) => {
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  const accepting = new Promise((resolve) => {
    server.on('connection', (socket) => {
      const own = t.record(t.track(socket), EVENTS);
      socket.on('data', (chunk) => socket.end(`answer to ${chunk}`));
      resolve([socket, own]);
    });
  });
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  const own = t.record(client, EVENTS);
  client.write('request');
  const [accepted, acceptedOwn] = await accepting;
  await t.settle(client, accepted);
  return { client: own, accepted: acceptedOwn };
});

scenario('the client ends first', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = [t.record(client, EVENTS), t.record(accepted, EVENTS)];
  client.end('all');
  await t.settle(client, accepted);
  return own;
});

scenario(
  "'connect' before 'ready', in one turn, and before data that is there already",
  async (t) => {
    const server = t.serverNet.createServer((socket) => t.track(socket).end('greeting'));
    const { port } = await t.listen(server);
    const client = t.track(t.clientNet.connect(port, '127.0.0.1', () => t.log('connect listener')));
    for (const event of ['connect', 'ready', 'data']) {
      client.on(event, () => {
        t.log(event);
        process.nextTick(() => t.log(event, 'nextTick'));
        Promise.resolve().then(() => t.log(event, 'microtask'));
      });
    }
    await t.settle(client);
    return t.log.entries;
  },
);

scenario('a refused connection: one error, then close with true', async (t) => {
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  server.close();
  await t.settle(server);
  const client = t.clientNet.connect(port, '127.0.0.1', () => t.log('connected'));
  t.record(client, EVENTS, 'client');
  t.log('returned', client.connecting, client.readyState);
  client.on('error', () => {
    t.log('in error', client.destroyed, client.connecting, client.readyState, client._hadError);
    process.nextTick(() => t.log('nextTick'));
    Promise.resolve().then(() => t.log('microtask'));
  });
  await t.settle(client);
  t.log('closed', client.errored, client.connecting, client.readyState);
  return t.log.entries;
});

scenario('a host that does not resolve: lookup, error, close', async (t) => {
  const client = t.clientNet.connect({
    port: 80,
    host: 'name.invalid',
    lookup(host, options, callback) {
      const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
        code: 'ENOTFOUND',
        errno: -3008,
        syscall: 'getaddrinfo',
        hostname: host,
      });
      setImmediate(callback, error);
    },
  });
  t.record(client, EVENTS, 'client');
  await t.settle(client);
  return t.log.entries;
});

scenario(
  'an error without a listener is an uncaught exception',
  async (t) => {
    const result = await t.runChild(
      t.clientNet,
      `process.on('uncaughtException', (error, origin) => {
      console.log(origin, error.code, error.syscall, error.message);
    });
    const socket = net.connect({ path: '/nowhere/at/all' });
    socket.on('close', (hadError) => console.log('close', hadError));`,
    );
    return result;
  },
  { cross: false },
);

scenario("'close' comes after 'end' and 'finish' whichever was first", async (t) => {
  const { client, accepted } = await t.connectPair({}, { allowHalfOpen: true });
  const own = t.record(client, ['end', 'finish', 'close']);
  client.resume();
  accepted.resume();
  client.end();
  await t.once(client, 'finish');
  accepted.end();
  await t.settle(client, accepted);
  return own;
});

scenario(
  "a throw in a 'data' listener is an uncaught exception, and the socket goes on",
  async (t) => {
    const result = await t.runChild(
      t.net,
      `const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      let count = 0;
      client.on('data', () => {
        if (++count === 1) throw new Error('thrown');
        client.end();
        server.close();
      });
      client.on('close', (hadError) => console.log('close', hadError));
      client.write('one');
      process.on('uncaughtException', (error) => {
        console.log('uncaught', error.message);
        client.write('two');
      });
    });`,
    );
    return result;
  },
  { cross: false },
);

scenario('emitter methods: listener counts of a fresh and of a connected socket', async (t) => {
  const { client, accepted } = await t.connectPair();
  const fresh = new t.net.Socket();
  const result = [fresh, client, accepted].map((socket) =>
    EVENTS.map((event) => [event, socket.listenerCount(event)]),
  );
  fresh.destroy();
  await t.once(fresh, 'close');
  return result;
});

scenario('finished() and pipeline() of node:stream see the end and the error', async (t) => {
  const { finished, pipeline, PassThrough } = require('node:stream');
  const good = await t.connectPair();
  const done = new Promise((resolve) => finished(good.client, resolve));
  good.accepted.end('x');
  good.client.resume();
  t.log('finished', await done);
  const bad = await t.connectPair();
  const failed = new Promise((resolve) => pipeline(bad.client, new PassThrough(), resolve));
  bad.accepted.resetAndDestroy();
  t.log('pipeline', await failed);
  const early = await t.connectPair();
  const closed = new Promise((resolve) => finished(early.client, resolve));
  early.client.destroy();
  t.log('premature', await closed);
  return t.log.entries;
});
