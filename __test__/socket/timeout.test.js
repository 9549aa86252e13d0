'use strict';

const { scenario } = require('../harness');

/**
 * Measures how steadily something goes on. Where the machine itself pauses, a socket is idle, and
 * times out as it should: what is seen then says nothing, and is tried again with longer times.
 */
class Pauses {
  /** Milliseconds */
  longest = 0;
  total = 0;
  #last = Date.now();

  /**
   * Something went on.
   *
   * @returns {void}
   */
  end() {
    const now = Date.now();
    this.longest = Math.max(this.longest, now - this.#last);
    this.total += now - this.#last;
    this.#last = now;
  }
}

scenario(
  'setTimeout(): property, return value, and what it refuses',
  async ({ net, track, log }) => {
    const socket = track(new net.Socket());
    const callback = () => {};
    for (const value of [0, 1, 1000, 1.5, 2 ** 31 - 1, 0]) {
      log(value, socket.setTimeout(value) === socket, socket.timeout);
    }
    for (const value of [-1, NaN, Infinity, '100', null, undefined, {}, true, 1n]) {
      try {
        log('accepted', socket.setTimeout(value) === socket, socket.timeout);
      } catch (error) {
        log(error, socket.timeout);
      }
    }
    for (const listener of ['x', 1, {}, null, undefined]) {
      try {
        log('accepted', socket.setTimeout(1000, listener) === socket);
      } catch (error) {
        log(error);
      }
    }
    socket.setTimeout(1000, callback);
    const added = socket.listenerCount('timeout');
    socket.setTimeout(0, callback);
    log(added, socket.listenerCount('timeout'));
    return log.entries;
  },
  { cross: false },
);

scenario(
  'a timeout that is too long is cut with a warning',
  async (t) => {
    const result = await t.runChild(
      t.net,
      `const socket = new net.Socket();
    process.on('warning', ({ name, message }) => console.log(name, message));
    socket.setTimeout(2 ** 32);
    console.log(socket.timeout);
    socket.setTimeout(0);`,
      { flags: ['--no-warnings'] },
    );
    return [result.code, result.stdout];
  },
  { cross: false },
);

scenario('an idle connection times out, and lives on', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = t.record(client, ['timeout', 'close', 'data']);
  client.setTimeout(20);
  await t.once(client, 'timeout');
  t.log(client.destroyed, client.timeout);
  accepted.write('still there');
  await t.once(client, 'data');
  await t.once(client, 'timeout');
  client.setTimeout(0);
  return [t.log.entries, own.filter(([, event]) => event === 'data'), client.timeout];
});

scenario('the callback of setTimeout() is called once; the event goes on', async (t) => {
  const { client } = await t.connectPair();
  let calls = 0;
  client.setTimeout(10, () => calls++);
  await t.once(client, 'timeout');
  client.setTimeout(10);
  await t.once(client, 'timeout');
  client.setTimeout(0);
  return calls;
});

scenario('reads and writes of either side put the timeout off', async (t) => {
  const { client, accepted } = await t.connectPair();
  client.resume();
  accepted.resume();
  let timeouts;
  client.on('timeout', () => timeouts++);
  const round = async (timeout) => {
    const pauses = new Pauses();
    timeouts = 0;
    client.setTimeout(timeout);
    for (let i = 0; pauses.total < 2.25 * timeout; i++) {
      if (i % 2) client.write('x');
      else accepted.write('y');
      await new Promise((resolve) => setTimeout(resolve, timeout / 13));
      pauses.end();
    }
    return pauses.longest < timeout / 4;
  };
  for (let timeout = 400; !(await round(timeout)); timeout *= 2);
  const active = timeouts;
  await t.once(client, 'timeout');
  return [active, timeouts];
});

scenario('a timeout set before connect() runs from the connection on', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket));
  const { port } = await t.listen(server);
  const client = t.track(new t.clientNet.Socket());
  client.setTimeout(1000);
  const own = t.record(client, ['connect', 'timeout']);
  client.connect(port, '127.0.0.1');
  await t.once(client, 'timeout');
  client.setTimeout(0);
  return [client.timeout, own];
});

scenario('the timeout option of connect()', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket));
  const { port } = await t.listen(server);
  const client = t.track(t.clientNet.connect({ port, host: '127.0.0.1', timeout: 1000 }));
  t.log(client.timeout);
  const own = t.record(client, ['connect', 'timeout']);
  await t.once(client, 'timeout');
  client.setTimeout(0);
  return [t.log.entries, own];
});

scenario(
  'invalid values of the timeout option',
  async (t) => {
    const { port } = await t.listen(t.serverNet.createServer((socket) => t.track(socket)));
    for (const timeout of [-1, '5', NaN, null, 0]) {
      try {
        const client = t.clientNet.connect({ port, host: '127.0.0.1', timeout });
        t.log('accepted', client.timeout);
        t.track(client).destroy();
        await t.settle(client);
      } catch (error) {
        t.log(error);
      }
    }
    return t.log.entries;
  },
  { cross: false },
);

scenario('no timeout after destroy(), nor after close', async (t) => {
  const { client } = await t.connectPair();
  let timeouts = 0;
  client.on('timeout', () => timeouts++);
  client.setTimeout(10);
  client.destroy();
  await t.settle(client);
  await new Promise((resolve) => setTimeout(resolve, 40));
  return [timeouts, client.timeout];
});

scenario('a paused socket times out as well', async (t) => {
  const { client, accepted } = await t.connectPair();
  client.pause();
  accepted.write('waiting');
  client.setTimeout(20);
  await t.once(client, 'timeout');
  return client.isPaused();
});

scenario(
  'a large write to a slow but moving reader does not time out',
  async (t) => {
    const round = async (timeout) => {
      const { client, accepted } = await t.connectPair();
      const pauses = new Pauses();
      let timeouts = 0;
      client.setTimeout(timeout);
      client.on('timeout', () => timeouts++);
      accepted.on('data', () => {
        pauses.end();
        accepted.pause();
        setTimeout(() => accepted.resume(), timeout / 160);
      });
      client.end(Buffer.alloc(16 << 20));
      // After that the kernel has the rest, and the socket is idle.
      client.once('finish', () => client.setTimeout(0));
      await t.once(accepted, 'end');
      await t.settle(client);
      const steady = pauses.longest < timeout / 8 && pauses.total < 4 * timeout;
      return steady && [timeouts, accepted.bytesRead];
    };
    let result;
    for (let timeout = 800; !(result = await round(timeout)); timeout *= 2);
    return result;
  },
  { timeout: 120_000 },
);

scenario(
  'the idle timer alone does not keep the process',
  async (t) => {
    const result = await t.runChild(
      t.net,
      `const socket = new net.Socket();
    socket.setTimeout(60_000, () => console.log('timeout'));
    console.log('end of program');`,
    );
    return result;
  },
  { cross: false },
);

scenario('a server socket with setTimeout() and destroy() ends both sides', async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = t.record(client, ['end', 'close']);
  client.resume();
  accepted.setTimeout(15, () => accepted.destroy());
  await t.settle(client, accepted);
  return own;
});
