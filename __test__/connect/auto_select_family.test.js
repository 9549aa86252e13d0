'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const os = require('node:os');
const { Worker } = require('node:worker_threads');

const { builtin, documented, scenario } = require('../harness');

const hasIPv6 = Object.values(os.networkInterfaces())
  .flat()
  .some((entry) => entry?.address === '::1');
const skip = hasIPv6 ? false : 'no ::1 here';

const EVENTS = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
  'connect',
  'ready',
  'error',
  'close',
];

const SIX = { address: '::1', family: 6 };
const FOUR = { address: '127.0.0.1', family: 4 };
// Nothing answers here: TEST-NET-1 of RFC 5737.
const SILENT = { address: '192.0.2.254', family: 4 };

/** Milliseconds for an attempt that is answered at once: an answer may be late on a slow machine. */
const PATIENCE = 10_000;

/**
 * @param {any} t The scenario's context
 * @param {object[]} addresses What the lookup answers
 * @param {object} [options] More options of `connect`
 * @returns {Promise<any>} The trace of the socket, and what it says it has tried
 */
async function attempt(t, addresses, options = {}) {
  const socket = t.track(
    t.clientNet.connect({
      host: 'host.test',
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: PATIENCE,
      lookup: (host, { all }, callback) => callback(null, all ? addresses : addresses[0].address),
      ...options,
    }),
  );
  const own = t.record(socket, EVENTS);
  socket.once('connect', () => socket.destroy());
  await t.settle(socket);
  const attempted = socket.autoSelectFamilyAttemptedAddresses?.map((address) =>
    address.replace(`:${options.port}`, ':<port>'),
  );
  return [own, attempted];
}

/**
 * @param {any} t The scenario's context
 * @returns {Promise<any>} A port of 127.0.0.1 that is listened on; the same of ::1 is not
 */
async function onlyFour(t) {
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('error', () => {});
    socket.resume();
  });
  return (await t.listen(server)).port;
}

scenario(
  'the second family is tried when the first refuses',
  async (t) => {
    const port = await onlyFour(t);
    return attempt(t, [SIX, FOUR], { port });
  },
  { skip },
);

scenario(
  'the first family that answers is kept',
  async (t) => {
    const port = await onlyFour(t);
    return attempt(t, [FOUR, SIX], { port });
  },
  { skip },
);

scenario(
  'families take turns, beginning with the first address',
  async (t) => {
    const port = await onlyFour(t);
    const addresses = [
      SIX,
      { address: '::1', family: 6 },
      FOUR,
      { address: '127.0.0.2', family: 4 },
    ];
    return attempt(t, addresses, { port });
  },
  { skip },
);

scenario(
  'AggregateError when all fail',
  async (t) => {
    const server = t.serverNet.createServer();
    const { port } = await t.listen(server);
    server.close();
    await t.settle(server);
    return attempt(t, [SIX, FOUR, { address: '127.0.0.2', family: 4 }], { port });
  },
  { skip },
);

scenario('one address only is connected to without the algorithm', async (t) => {
  const port = await onlyFour(t);
  const closed = t.serverNet.createServer();
  const { port: dead } = await t.listen(closed);
  closed.close();
  await t.settle(closed);
  return [await attempt(t, [FOUR], { port }), await attempt(t, [FOUR], { port: dead })];
});

scenario(
  'family and localAddress restrict the attempts',
  async (t) => {
    const port = await onlyFour(t);
    return [
      await attempt(t, [FOUR, SIX], { port, family: 4 }),
      await attempt(t, [FOUR, SIX], { port, localAddress: '127.0.0.1' }),
    ];
  },
  { skip },
);

scenario('autoSelectFamily: false takes the one address that lookup gives', async (t) => {
  const port = await onlyFour(t);
  return attempt(t, [FOUR, SIX], { port, autoSelectFamily: false });
});

scenario('an address as the host needs no lookup and no attempts of others', async (t) => {
  const port = await onlyFour(t);
  return [
    await attempt(t, [FOUR], { port, host: '127.0.0.1' }),
    await attempt(t, [FOUR], { port, host: '127.0.0.1', autoSelectFamily: false }),
  ];
});

scenario(
  'an attempt that does not answer times out, and the next is made',
  async (t) => {
    const port = await onlyFour(t);
    const [own, attempted] = await attempt(t, [SILENT, SIX, FOUR], {
      port,
      autoSelectFamilyAttemptTimeout: 50,
    });
    // Whether the silent address is silent or unreachable is the network's; what follows is not.
    const failed = own.filter(([, event]) => /Failed|Timeout/.test(event)).map((entry) => entry[2]);
    return [failed, own.slice(-3), attempted];
  },
  { skip },
);

/** A listener on 127.0.0.1 that never accepts: its thread stands still until it is told to end. */
const DEAF = `const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen(0, '127.0.0.1', 1, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
    process.exit();
  });`;

for (const localPort of [undefined, 0]) {
  scenario(
    `what is said of an attempt that has timed out, localPort ${localPort}`,
    async (t) => {
      const word = new Int32Array(new SharedArrayBuffer(4));
      const worker = new Worker(DEAF, { eval: true, workerData: word });
      const [port] = await once(worker, 'message');
      const fillers = [];
      try {
        // The kernel takes two, and is silent from then on.
        for (let i = 0; i < 2; i++) {
          fillers.push(builtin.connect(port, '127.0.0.1').on('error', () => {}));
          await once(fillers[i], 'connect');
        }
        const options = { port, localPort, autoSelectFamilyAttemptTimeout: 50 };
        const socket = t.track(
          t.clientNet.connect({
            host: 'host.test',
            autoSelectFamily: true,
            lookup: (host, _, callback) => callback(null, [FOUR, SIX]),
            ...options,
          }),
        );
        const [error] = await t.once(socket, 'error');
        return error.errors.map(({ code, message }) => [
          code,
          message.replaceAll(String(port), '<port>'),
        ]);
      } finally {
        for (const filler of fillers) filler.destroy();
        Atomics.store(word, 0, 1);
        Atomics.notify(word, 0);
        await once(worker, 'exit');
      }
    },
    { skip },
  );
}

// Built-in net throws, goes on, or never closes, so it is no reference here.
for (const event of ['lookup', 'connectionAttempt', 'connectionAttemptFailed']) {
  documented(
    `destroy() in the '${event}' listener ends the attempts`,
    async (t) => {
      const socket = t.track(
        t.net.connect({
          port: await onlyFour(t),
          host: 'host.test',
          autoSelectFamily: true,
          autoSelectFamilyAttemptTimeout: PATIENCE,
          // Later, as that of `dns` answers: by then the listeners are there.
          lookup: (host, options, callback) => setImmediate(callback, null, [SIX, FOUR]),
        }),
      );
      const own = t.record(socket, EVENTS);
      socket.once(event, () => socket.destroy());
      await t.settle(socket);
      const names = own.map(([, name]) => name);
      assert.ok(!names.includes('connect'));
      assert.strictEqual(names.at(-1), 'close');
    },
    { skip },
  );
}

scenario(
  'bytes written before the connection go to the address that was kept',
  async (t) => {
    const server = t.serverNet.createServer();
    const { port } = await t.listen(server);
    const accepting = t.once(server, 'connection');
    const socket = t.track(
      t.clientNet.connect({
        port,
        host: 'host.test',
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: PATIENCE,
        lookup: (host, options, callback) => callback(null, [SIX, FOUR]),
      }),
    );
    socket.resume();
    socket.write('queued ', () => t.log('written'));
    socket.write('bytes');
    socket.once('connect', () => socket.end());
    socket.setNoDelay(true).setKeepAlive(true, 1000);
    const [accepted] = await accepting;
    const text = String(await t.collect(t.track(accepted)));
    await t.settle(socket);
    return [text, socket.bytesWritten, t.log.entries];
  },
  { skip },
);

scenario('localhost, with the lookup of the system', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket).end('x'));
  const { port } = await t.listen(server, { port: 0, host: 'localhost' });
  const socket = t.track(t.clientNet.connect({ port, host: 'localhost' }));
  const own = t.record(socket, ['lookup', 'connect', 'ready', 'error', 'end', 'close']);
  socket.resume();
  await t.settle(socket);
  return own;
});

scenario(
  'the defaults: getters, setters, and what they refuse',
  async ({ net, log }) => {
    const family = net.getDefaultAutoSelectFamily();
    const timeout = net.getDefaultAutoSelectFamilyAttemptTimeout();
    log(family, timeout);
    try {
      for (const value of [false, true, 'yes', 1, null, undefined]) {
        try {
          log('family', value, net.setDefaultAutoSelectFamily(value));
        } catch (error) {
          log('family', value, error);
        }
        log(net.getDefaultAutoSelectFamily());
      }
      for (const value of [1000, 10, 9, 1, 0, -1, 1.5, '5', NaN, null, undefined, 2 ** 32]) {
        try {
          log('timeout', value, net.setDefaultAutoSelectFamilyAttemptTimeout(value));
        } catch (error) {
          log('timeout', value, error);
        }
        log(net.getDefaultAutoSelectFamilyAttemptTimeout());
      }
    } finally {
      net.setDefaultAutoSelectFamily(family);
      net.setDefaultAutoSelectFamilyAttemptTimeout(timeout);
    }
    return log.entries;
  },
  { cross: false },
);

scenario('setDefaultAutoSelectFamily(false) counts for the next connection', async (t) => {
  const port = await onlyFour(t);
  const before = t.clientNet.getDefaultAutoSelectFamily();
  t.clientNet.setDefaultAutoSelectFamily(false);
  try {
    return await attempt(t, [FOUR, SIX], { port, autoSelectFamily: undefined });
  } finally {
    t.clientNet.setDefaultAutoSelectFamily(before);
  }
});

for (const flags of [
  [],
  ['--no-network-family-autoselection'],
  ['--network-family-autoselection-attempt-timeout=333'],
  ['--network-family-autoselection-attempt-timeout=1'],
]) {
  scenario(
    `the defaults under ${flags[0] ?? 'no flag'}`,
    async (t) => {
      const program = `console.log(
      net.getDefaultAutoSelectFamily(),
      net.getDefaultAutoSelectFamilyAttemptTimeout(),
    );`;
      return t.runChild(t.net, program, { flags });
    },
    { cross: false },
  );
}

documented(
  'autoSelectFamilyAttemptedAddresses ends with the address in use',
  async (t) => {
    const port = await onlyFour(t);
    const [, attempted] = await attempt(t, [FOUR, { address: '127.0.0.2', family: 4 }], { port });
    assert.deepStrictEqual(attempted, ['127.0.0.1:<port>']);
  },
  { builtin: () => true },
);
