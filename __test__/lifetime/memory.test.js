'use strict';

const assert = require('node:assert');

const { builtin, documented, isBuiltin, scenario } = require('../harness');
const { runProgram } = require('./program');

const SOCKETS = 10_000;

/** Bytes of V8's heap that a handle may take. Of a built-in one, most is elsewhere. */
const HANDLE = 280;

scenario(
  `${SOCKETS} sockets that were destroyed are all collected`,
  async (context) => {
    const { code, signal, stdout } = await runProgram(
      context,
      context.net,
      (net, total) => {
        let collected = 0;
        let made = 0;
        let registered = total;
        const registry = new FinalizationRegistry(() => collected++);
        const server = net.createServer((socket) => {
          // A connection that is reset before it is accepted is none for the server.
          registered++;
          registry.register(socket);
          socket.on('error', () => {});
          socket.on('data', () => {});
        });
        const settleDown = async () => {
          // The last few may be held by the event that is being handled.
          const deadline = Date.now() + 10_000;
          while (collected < registered - 20 && Date.now() < deadline) {
            globalThis.gc();
            await new Promise((resolve) => setImmediate(resolve));
          }
          console.log('all but a few are collected', collected >= registered - 20);
          server.close(() => console.log('closed'));
        };
        const one = () => {
          if (made === total) return;
          made++;
          const client = net.connect(port, '127.0.0.1', () => {
            client.write('x');
            // A reset leaves no port in TIME_WAIT.
            client.resetAndDestroy();
          });
          registry.register(client);
          client.on('data', () => {});
          client.on('close', () => {
            if (made < total) one();
            else if (--running === 0) setTimeout(settleDown, 50);
          });
        };
        let running = 50;
        let port;
        server.listen(0, '127.0.0.1', () => {
          port = server.address().port;
          for (let i = 0; i < 50; i++) one();
        });
      },
      { flags: ['--expose-gc'], args: [SOCKETS] },
    );
    return [code, signal, stdout];
  },
  { cross: false, timeout: 60_000 },
);

scenario(
  'sockets that were never connected are collected, their listeners and handles with them',
  async (context) =>
    runProgram(
      context,
      context.net,
      async (net) => {
        let collected = 0;
        const registry = new FinalizationRegistry(() => collected++);
        // Compiled code forgets a variable after its last use, and a registry that is collected
        // calls nobody.
        globalThis.registry = registry;
        for (let i = 0; i < 1000; i++) {
          const socket = new net.Socket();
          const listener = () => socket;
          socket.on('close', listener);
          registry.register(socket);
          registry.register(listener);
          if (i % 2) socket.destroy();
          const server = net.createServer(listener);
          registry.register(server);
        }
        const deadline = Date.now() + 10_000;
        while (collected < 2990 && Date.now() < deadline) {
          globalThis.gc();
          await new Promise((resolve) => setImmediate(resolve));
        }
        console.log(collected >= 2990);
      },
      { flags: ['--expose-gc'] },
    ),
  { cross: false },
);

scenario(
  'a closed server is collected, with those that were refused an address',
  async (context) =>
    runProgram(
      context,
      context.net,
      async (net) => {
        let collected = 0;
        const registry = new FinalizationRegistry(() => collected++);
        const holder = net.createServer().listen(0, '127.0.0.1');
        await new Promise((resolve) => holder.once('listening', resolve));
        const { port } = holder.address();
        for (let i = 0; i < 100; i++) {
          await new Promise((resolve) => {
            const server = net.createServer();
            registry.register(server);
            server.listen(0, '127.0.0.1', () => server.close(resolve));
          });
          await new Promise((resolve) => {
            const server = net.createServer();
            registry.register(server);
            server.on('error', resolve);
            server.listen(port, '127.0.0.1');
          });
        }
        const deadline = Date.now() + 10_000;
        while (collected < 195 && Date.now() < deadline) {
          globalThis.gc();
          await new Promise((resolve) => setImmediate(resolve));
        }
        console.log(collected >= 195);
        holder.close();
      },
      { flags: ['--expose-gc'] },
    ),
  { cross: false },
);

scenario('small reads that are kept do not keep large memory', async ({ connectPair, once }) => {
  const { client, accepted } = await connectPair();
  client.setNoDelay(true);
  const chunks = [];
  accepted.on('data', (data) => chunks.push(data));
  for (let i = 0; i < 200; i++) {
    client.write('0123456789');
    await once(accepted, 'data');
  }
  const memory = new Set(chunks.map((chunk) => chunk.buffer));
  let bytes = 0;
  for (const { byteLength } of memory) bytes += byteLength;
  // Two kilobytes were read: by the pool's piece at most 64 KiB, not 64 KiB a read.
  return [chunks.length, Buffer.concat(chunks).length, bytes <= 200 * 1024];
});

scenario(
  'chunks of two sockets never share writable memory',
  async ({ serverNet, clientNet, track, listen, once }) => {
    const owners = new Map();
    const shared = [];
    const server = track(
      serverNet.createServer((socket) => {
        track(socket).on('data', (data) => {
          const owner = owners.get(data.buffer);
          if (owner !== undefined && owner !== socket) shared.push(data.length);
          owners.set(data.buffer, socket);
          // A user who writes into what he got must not reach anybody else's bytes.
          const text = data.toString('latin1');
          new Uint8Array(data.buffer, data.byteOffset, data.length).fill(0);
          socket.write(text, 'latin1');
        });
      }),
    );
    const { port } = await listen(server);
    const clients = [];
    for (let i = 0; i < 8; i++) clients.push(track(clientNet.connect(port, '127.0.0.1')));
    await Promise.all(clients.map((client) => once(client, 'connect')));
    const wrong = [];
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        clients.map(async (client, index) => {
          const text = `${index}-${round}-`.padEnd(32, String(index));
          client.write(text);
          const [data] = await once(client, 'data');
          if (String(data) !== text) wrong.push([index, round]);
        }),
      );
    }
    return [shared.length, wrong];
  },
);

scenario(
  'many connections one after the other do not let memory grow without bound',
  async (context) => {
    const { code, signal, stdout } = await runProgram(
      context,
      context.net,
      async (net) => {
        const server = net.createServer((socket) => socket.on('error', () => {}).pipe(socket));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address();
        const one = () =>
          new Promise((resolve) => {
            const client = net.connect(port, '127.0.0.1');
            client.write(Buffer.alloc(32768));
            let received = 0;
            client.on('data', (data) => {
              received += data.length;
              if (received === 32768) client.resetAndDestroy();
            });
            client.on('close', resolve);
          });
        const measure = async (count) => {
          for (let i = 0; i < count; i++) await one();
          globalThis.gc();
          await new Promise((resolve) => setImmediate(resolve));
          globalThis.gc();
          return process.memoryUsage();
        };
        await measure(150);
        const before = await measure(10);
        const after = await measure(300);
        console.log(
          'heap',
          after.heapUsed - before.heapUsed < 4 << 20,
          'external',
          after.external - before.external < 4 << 20,
          'rss',
          after.rss - before.rss < 64 << 20,
        );
        server.close();
      },
      { flags: ['--expose-gc'] },
    );
    return [code, signal, stdout];
  },
  { cross: false },
);

documented('sockets and their handles take little of the heap', async (context) => {
  /** Bytes of a socket; and of a handle, which cannot be made of built-in net's class. */
  const measure = async (/** @type {any} */ net) => {
    const { code, stdout, stderr } = await runProgram(
      context,
      net,
      (net, total, isBuiltin) => {
        const { getHeapStatistics } = require('node:v8');
        const used = () => {
          globalThis.gc();
          return getHeapStatistics().used_heap_size;
        };
        const sizeOf = (make) => {
          const made = new Array(total).fill(null);
          // Some first: what is compiled and made once is no part of it.
          for (let i = 0; i < 100; i++) made[i] = make();
          const before = used();
          for (let i = 0; i < total; i++) made[i] ??= make();
          return (used() - before) / (made.length - 100);
        };
        const server = net.createServer().listen(0, () => {
          const Handle = server._handle.constructor;
          console.log(sizeOf(() => new net.Socket()));
          if (!isBuiltin) console.log(sizeOf(() => new Handle()));
          process.exit();
        });
      },
      { flags: ['--expose-gc'], args: [SOCKETS, isBuiltin(net)] },
    );
    assert.deepStrictEqual([code, stderr], [0, []]);
    return stdout.map(Number);
  };
  const [expected] = await measure(builtin);
  const [socket, handle = 0] = await measure(context.net);
  assert.ok(socket <= expected, `a socket: ${socket} B; of built-in net: ${expected} B`);
  assert.ok(handle <= HANDLE, `a handle: ${handle} B`);
});
