'use strict';

const { once } = require('node:events');
const fs = require('node:fs');

const { scenario } = require('../harness');

const [major, minor] = process.versions.node.split('.').map(Number);
const isOld = major === 20 && minor < 19;

/** Why abstract names are not compared here, or false. */
const skip =
  (process.platform !== 'linux' && 'abstract names are those of Linux') ||
  (isOld && 'built-in net of the first Nodes 20 has no abstract names');

// Built-in net of Node 20 pads an abstract name with NULs to its full length, which is another name.
const pairings = /** @type {const} */ (major === 20 ? ['both'] : ['both', 'server', 'client']);

scenario('a conversation over a path, with half-close', async (t) => {
  const { client, accepted } = await t.connectPair(
    {},
    { listen: { path: `${t.tmp}/s` }, allowHalfOpen: true },
  );
  const heard = t.collect(accepted);
  client.end(Buffer.alloc(300_000, 'u'));
  const bytes = await heard;
  accepted.end('thanks');
  const answer = String(await t.collect(client));
  await t.settle(client, accepted);
  return [bytes.length, answer, client.bytesWritten, client.bytesRead];
});

scenario(
  'the listener hears of a connection before the one who connects, busy or not',
  async (t) => {
    const path = `${t.tmp}/s`;
    const { client } = await t.connectPair({}, { listen: { path } });
    const order = [];
    const server = t.serverNet.createServer((socket) => {
      order.push('connection');
      t.track(socket).resume();
    });
    await t.listen(server, { path: `${path}2` });
    for (let turn = 0; turn < 20; turn++) {
      // What is on its way already must not take the news of the connect along.
      client.write('x');
      const other = t.track(t.clientNet.connect(`${path}2`));
      await once(other, 'connect');
      order.push('connect');
      other.end();
      await t.settle(other);
    }
    return order;
  },
  // I/O threads accept and connect side by side.
  { skip: process.env.TOKIO_NET_EVENT_LOOP !== undefined },
);

scenario(
  'an abstract name',
  async (t) => {
    const path = t.abstractName();
    const server = t.serverNet.createServer((socket) => t.track(socket).end('abstract'));
    t.log(await t.listen(server, { path }));
    const client = t.track(t.clientNet.connect(path));
    t.log(String(await t.collect(client)));
    return t.log.entries;
  },
  { skip, pairings },
);

scenario(
  'an abstract name that nobody listens on, and one that is too long',
  async (t) => {
    const traces = [];
    const names = [t.abstractName()];
    // Built-in net of Node 22 and earlier cuts a longer name off.
    if (major >= 24) names.push(`\0${'l'.repeat(200)}`);
    for (const path of names) {
      const client = t.clientNet.connect({ path });
      traces.push(t.record(client, ['error', 'close']));
      await t.settle(client);
    }
    return traces;
  },
  { skip },
);

scenario('a relative path, and one with other letters than those of ASCII', async (t) => {
  const results = [];
  const directory = process.cwd();
  process.chdir(t.tmp);
  try {
    for (const path of ['relative', './süß €', 'with space']) {
      const server = t.serverNet.createServer((socket) => t.track(socket).end(path));
      const address = await t.listen(server, path);
      const client = t.track(t.clientNet.connect(path));
      results.push([address, String(await t.collect(client)), fs.existsSync(path)]);
      await t.settle(client);
      server.close();
      await t.settle(server);
      results.push(fs.existsSync(path));
    }
  } finally {
    process.chdir(directory);
  }
  return results;
});

scenario('the longest path that fits, and one byte more', async (t) => {
  const results = [];
  for (const length of [107, 108]) {
    const path = `${t.tmp}/`.padEnd(length, 'p');
    const server = t.serverNet.createServer((socket) => t.track(socket).end('fits'));
    try {
      await t.listen(server, path);
    } catch (error) {
      results.push(['listen', error.code, error.syscall]);
    }
    try {
      const client = t.clientNet.connect(path);
      const own = t.record(client, ['connect', 'error', 'close']);
      client.resume();
      await t.settle(client);
      results.push(own.map(([, event, value]) => [event, value?.code ?? value]));
    } catch (error) {
      results.push(['throws', error.code]);
    }
  }
  return results;
});

scenario('TCP options on a Unix socket are harmless', async (t) => {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 };
  const { client } = await t.connectPair(
    {},
    { listen: { path: `${t.tmp}/s` }, ...options },
    options,
  );
  return [
    client.setNoDelay(true) === client,
    client.setKeepAlive(true, 1000) === client,
    client.readyState,
  ];
});
