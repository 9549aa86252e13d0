'use strict';

const assert = require('node:assert');

const { builtin, documented, scenario } = require('../harness');

const hasOption = Number(process.versions.node.split('.')[0]) >= 24;

/**
 * Asserts what the documentation says of the `blockList` option, which connects to no address of it.
 *
 * @param {any} t The test's context
 * @param {any} blockList A list
 * @returns {Promise<void>} Settles when asserted
 */
async function blocked(t, blockList) {
  blockList.addAddress('127.0.0.1');
  const server = t.serverNet.createServer((socket) => t.track(socket));
  const { port } = await t.listen(server);
  const socket = t.clientNet.connect({ port, host: '127.0.0.1', blockList });
  const own = t.record(socket, ['connect', 'error', 'close']);
  await t.settle(socket);
  assert.deepStrictEqual(
    own.map(([, event, value]) => [event, value?.code ?? value]),
    [
      ['error', 'ERR_IP_BLOCKED'],
      ['close', true],
    ],
  );
}

documented('blockList: a blocked address is refused', (t) => blocked(t, new t.net.BlockList()), {
  builtin: () => hasOption,
});

documented("blockList takes core's BlockList too", (t) => blocked(t, new builtin.BlockList()), {
  builtin: () => hasOption,
});

documented(
  'blockList rules over looked-up addresses, and lets others through',
  async (t) => {
    const blockList = new t.net.BlockList();
    blockList.addSubnet('10.0.0.0', 8);
    const server = t.serverNet.createServer((socket) => t.track(socket).end('through'));
    const { port } = await t.listen(server);
    const good = t.track(t.clientNet.connect({ port, host: '127.0.0.1', blockList }));
    assert.strictEqual(String(await t.collect(good)), 'through');
    const lookup = (host, options, callback) => callback(null, '10.1.2.3', 4);
    const bad = t.clientNet.connect({
      port,
      host: 'inside.test',
      blockList,
      autoSelectFamily: false,
      lookup,
    });
    const [error] = await t.once(bad, 'error');
    assert.strictEqual(error.code, 'ERR_IP_BLOCKED');
    await t.settle(t.track(bad));
  },
  { builtin: () => hasOption },
);

documented(
  'blockList of another type is refused',
  async ({ net }) => {
    for (const blockList of ['x', 5, {}, []]) {
      assert.throws(() => new net.Socket({ blockList }), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  },
  { builtin: () => hasOption },
);

scenario('without blockList nothing is refused', async (t) => {
  const { client } = await t.connectPair({}, {}, { blockList: undefined });
  return client.readyState;
});
