'use strict';

const { scenario } = require('../harness');
const { runProgram } = require('../lifetime/program');

/** What a socket's or a server's life shows of itself. */
const TYPES = /^(TCP|PIPE)|^(SHUTDOWN|WRITE)WRAP$/;

for (const kind of ['TCP', 'Unix']) {
  scenario(
    `types, triggers and ends of the resources of a conversation (${kind})`,
    async (context) => {
      const path = kind === 'TCP' ? '' : `${context.tmp}/s`;
      return runProgram(
        context,
        context.net,
        (net, target, pattern) => {
          const { createHook } = require('node:async_hooks');
          // It may be a pipe, which is none of the conversation's.
          process.stdout.writable;
          const types = new RegExp(pattern);
          const seen = new Map();
          const strays = new Set();
          createHook({
            init(id, type, trigger) {
              const known = seen.get(trigger)?.type;
              seen.set(id, { type, trigger: known, ends: 0, runs: false });
            },
            before(id) {
              if (seen.has(id)) seen.get(id).runs = true;
              else if (id !== 1) strays.add(id);
            },
            destroy(id) {
              if (seen.has(id)) seen.get(id).ends++;
            },
          }).enable();
          const server = net.createServer((socket) => {
            socket.end('bye');
            server.close();
          });
          server.listen(target || { port: 0, host: '127.0.0.1' });
          const where = target || server.address();
          const client = net.connect(target ? where : { port: where.port, host: '127.0.0.1' });
          client.resume();
          process.once('exit', () => report());
          const report = () => {
            // Core makes a handle that it never uses for a Unix client.
            const entries = [...seen.values()].filter(({ type, runs }) => runs && types.test(type));
            const lines = entries.map(({ type, trigger, ends }) => {
              const from = types.test(trigger) ? trigger : 'other';
              return `${type} by ${from}, ended ${ends}`;
            });
            for (const line of lines.sort()) console.log(line);
            console.log('strays', strays.size);
          };
        },
        { args: [path, TYPES.source] },
      );
    },
    { cross: false },
  );
}

scenario(
  "what runs in 'listening' is triggered by the listening handle",
  async (context) =>
    runProgram(context, context.net, (net) => {
      const { createHook, triggerAsyncId } = require('node:async_hooks');
      const types = new Map();
      createHook({ init: (id, type) => types.set(id, type) }).enable();
      const server = net.createServer().listen(0, () => {
        console.log(types.get(triggerAsyncId()));
        server.close();
      });
    }),
  { cross: false },
);

scenario(
  'the resources that callbacks run in are named as those of built-in net',
  async (t) => {
    const { executionAsyncResource } = require('node:async_hooks');
    const name = () => executionAsyncResource().constructor.name;
    for (const listen of [{ port: 0, host: '127.0.0.1' }, { path: `${t.tmp}/s` }]) {
      const server = t.serverNet.createServer();
      const address = await t.listen(server, listen);
      const accepting = t.once(server, 'connection');
      server.once('connection', () => t.log('connection', name()));
      const target = listen.path ?? { port: address.port, host: address.address };
      const client = t.track(t.clientNet.connect(target));
      client.once('connect', () => t.log('connect', name()));
      const [accepted] = await accepting;
      t.track(accepted).once('data', () => t.log('data', name()));
      // More than the kernel takes at once.
      await new Promise((resolve) => {
        client.write(Buffer.alloc(2 ** 25), () => resolve(t.log('written', name())));
        accepted.resume();
      });
      client.once('close', () => t.log('close', name()));
      client.destroy();
      await t.settle(client);
    }
    return t.log.entries.map((entry) => entry.join(' ')).sort();
  },
  { cross: false },
);
