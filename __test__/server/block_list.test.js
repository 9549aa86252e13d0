'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const builtin = require('node:net');

const { documented, isBuiltin, ours } = require('../harness');

const [major, minor] = process.versions.node.split('.').map(Number);

// The option came with 22.13 and 23.4.
const has = major > 23 || (major === 22 && minor >= 13) || (major === 23 && minor >= 4);
const options = {
  builtin: () => has,
  skip: isBuiltin(ours) && !has ? 'this Node has no such option' : false,
};

/**
 * Makes one connection to a server and says what became of it.
 *
 * @param {any} context The run's context
 * @param {any} server A listening server
 * @returns {Promise<string>} 'connection', or 'closed' when the server had none
 */
async function visit({ net, track }, server) {
  let accepted = false;
  server.once('connection', (socket) => {
    accepted = true;
    track(socket).end();
  });
  const client = track(net.connect(server.address().port, '127.0.0.1'));
  client.on('error', () => {});
  client.resume();
  if (!client.closed) await once(client, 'close');
  server.removeAllListeners('connection');
  return accepted ? 'connection' : 'closed';
}

documented(
  "blockList keeps an address out: no 'connection', the connection is ended, there is no 'drop'",
  async (context) => {
    const { net, track, listen } = context;
    const blockList = new net.BlockList();
    const server = track(net.createServer({ blockList }));
    const drops = [];
    server.on('drop', (data) => drops.push(data));
    await listen(server);
    assert.strictEqual(await visit(context, server), 'connection');
    blockList.addAddress('127.0.0.1');
    assert.strictEqual(await visit(context, server), 'closed');
    assert.deepStrictEqual(drops, []);
    assert.strictEqual(server._connections, 0);
  },
  options,
);

documented(
  'a dual-stack server sees an IPv4 rule behind its mapped address',
  async (context) => {
    const { net, track, listen } = context;
    const blockList = new net.BlockList();
    blockList.addSubnet('127.0.0.0', 8);
    const server = track(net.createServer({ blockList }));
    await listen(server, { port: 0, host: '::' });
    assert.strictEqual(await visit(context, server), 'closed');
  },
  options,
);

documented(
  "a list of core's own class is taken too",
  async (context) => {
    const { net, track, listen } = context;
    const blockList = new builtin.BlockList();
    blockList.addRange('127.0.0.1', '127.0.0.9');
    const server = track(net.createServer({ blockList }));
    await listen(server);
    assert.strictEqual(await visit(context, server), 'closed');
  },
  options,
);

documented(
  'the list is not asked for connections over a path',
  async ({ net, track, listen, tmp }) => {
    const blockList = new net.BlockList();
    blockList.addSubnet('0.0.0.0', 0);
    blockList.addSubnet('::', 0, 'ipv6');
    const server = track(net.createServer({ blockList }, (socket) => socket.end('in')));
    await listen(server, `${tmp}/s`);
    const client = track(net.connect(`${tmp}/s`));
    const [data] = await once(client, 'data');
    assert.strictEqual(String(data), 'in');
  },
  options,
);

documented(
  'what is no list is refused',
  async ({ net }) => {
    for (const blockList of [{}, [], 'x', 1, true]) {
      assert.throws(() => net.createServer({ blockList }), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
    net.createServer({ blockList: undefined });
    net.createServer({ blockList: null });
  },
  options,
);
