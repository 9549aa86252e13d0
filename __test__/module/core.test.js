'use strict';

const assert = require('node:assert');

const { documented, scenario } = require('../harness');
const { isBuiltin, ours, specifierOf } = require('../harness/implementations');
const { runProgram } = require('../lifetime/program');

const [major] = process.versions.node.split('.').map(Number);

documented(
  'neither loading nor a connection loads built-in net',
  async (context) => {
    const { code, stdout } = await runProgram(
      context,
      ours,
      (net) => {
        const server = net.createServer((socket) => socket.end());
        server.listen(0, '127.0.0.1', () => {
          const client = net.connect(server.address().port, '127.0.0.1');
          client.resume().on('close', () => {
            server.close();
            console.log(process.moduleLoadList.includes('NativeModule net'));
          });
        });
      },
      { args: [specifierOf(context.net)] },
    );
    assert.deepStrictEqual([code, stdout], [0, ['false']]);
  },
  { skip: isBuiltin(ours) ? 'is about tokio-net' : false },
);

scenario(
  'what _normalizeArgs makes can be handed to either module',
  async ({ serverNet, clientNet, net, track, listen, once, settle }) => {
    const server = track(serverNet.createServer((socket) => socket.end('x')));
    const { port } = await listen(server);
    const seen = [];
    for (const maker of [serverNet, clientNet]) {
      const args = maker._normalizeArgs([port, '127.0.0.1', () => seen.push('connected')]);
      const client = track(new net.Socket().connect(args));
      client.resume();
      await once(client, 'close');
    }
    server.close();
    await settle(server);
    return seen;
  },
);

scenario(
  '_setSimultaneousAccepts is there, and deprecated, where the running Node has it',
  async ({ net }) => {
    const { _setSimultaneousAccepts: accepts } = net;
    return [typeof accepts, accepts?.name, accepts?.length, accepts?.(), major < 24];
  },
  { cross: false },
);
