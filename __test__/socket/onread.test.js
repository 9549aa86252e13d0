'use strict';

const { scenario } = require('../harness');

scenario('onread with one buffer: each read fills it from its start', async (t) => {
  const buffer = Buffer.alloc(4);
  let text = '';
  const calls = [];
  const { client, accepted } = await t.connectPair(
    {},
    {},
    {
      onread: {
        buffer,
        callback(length, same) {
          calls.push(length <= 4 && same === buffer);
          text += same.toString('latin1', 0, length);
          return true;
        },
      },
    },
  );
  const own = t.record(client, ['data', 'end', 'close']);
  accepted.end('abcdefghij');
  await t.settle(client);
  return [text, calls.every(Boolean), calls.length >= 3, own, client.bytesRead];
});

scenario('onread with a function: asked for a buffer before each read', async (t) => {
  const given = [];
  let text = '';
  const { client, accepted } = await t.connectPair(
    {},
    {},
    {
      onread: {
        buffer() {
          given.push(Buffer.alloc(3));
          return given.at(-1);
        },
        callback(length, buffer) {
          text += buffer.toString('latin1', 0, length);
          return given.includes(buffer);
        },
      },
    },
  );
  accepted.end('abcdefghij');
  client.resume();
  await t.settle(client);
  return [text, given.length >= 4];
});

/** What a callback does at the first of three reads, and the function that gives memory at its second call. */
const AT_THE_FIRST = {
  nothing: {},
  'return false': { callback: () => false, resumes: true },
  'destroy()': { callback: (client) => void client.destroy() },
  'destroy() in a tick': { callback: (client) => process.nextTick(() => client.destroy()) },
  'pause() in a tick': {
    callback: (client) => process.nextTick(() => client.pause()),
    resumes: true,
  },
  throw: {
    callback() {
      throw new Error('thrown');
    },
  },
  'give nothing': { buffer: () => null },
  'give something else': { buffer: () => 'memory' },
  'throw instead of giving': {
    buffer() {
      throw new Error('thrown');
    },
  },
  'give no room': { buffer: () => Buffer.alloc(0) },
};

for (const [what, { buffer, callback, resumes }] of Object.entries(AT_THE_FIRST)) {
  scenario(
    `onread: each read is an event of its own, also if the first is met with: ${what}`,
    async (t) => {
      const server = t.serverNet.createServer();
      const { port } = await t.listen(server);
      const accepting = t.once(server, 'connection');
      const counts = { asked: 0, read: 0 };
      const note = (...entry) => {
        t.log(...entry, client?.bytesRead);
        process.nextTick(() => t.log('tick after', ...entry));
        queueMicrotask(() => t.log('microtask after', ...entry));
      };
      const onread = {
        buffer() {
          note('asked');
          counts.asked++;
          return counts.asked === 2 && buffer !== undefined ? buffer() : Buffer.alloc(3);
        },
        callback(length, given) {
          note('read', String(given.subarray(0, length)));
          counts.read++;
          if (counts.read === 3) whole();
          return counts.read === 1 ? callback?.(client) : true;
        },
      };
      let client;
      let whole;
      const read = new Promise((resolve) => (whole = resolve));
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', ({ message }) => t.log('uncaught', message));
      try {
        client = t.track(new t.clientNet.Socket({ onread }));
        t.log('made');
        client.connect(port, '127.0.0.1');
        t.log('connecting');
        const closed = t.once(client, 'close');
        t.record(client, ['connect', 'error', 'close']);
        const [[accepted]] = await Promise.all([accepting, t.once(client, 'ready')]);
        t.track(accepted).on('error', () => {});
        await t.mark('connected');
        accepted.write('123456789');
        if (resumes) {
          while (counts.read === 0) await new Promise(setImmediate);
          await t.mark('paused');
          client.resume();
        }
        await Promise.race([read, closed]);
        await t.mark('done');
        return [t.log.entries, client.bytesRead];
      } finally {
        process.removeAllListeners('uncaughtException');
        for (const listener of listeners) process.on('uncaughtException', listener);
      }
    },
    { pairings: ['client'] },
  );
}

scenario(
  'onread whose function never gives memory: bytes count, and are lost',
  async (t) => {
    for (const nothing of [undefined, null, 5, 'memory', {}, new Uint16Array(4)]) {
      const onread = { buffer: () => nothing, callback: (...args) => void t.log(...args) };
      const { client, accepted } = await t.connectPair({}, {}, { onread });
      accepted.end('bytes');
      await t.settle(client);
      t.log(client.bytesRead);
    }
    return t.log.entries;
  },
  { pairings: ['both', 'client'] },
);

scenario('onread with a Uint8Array', async (t) => {
  const buffer = new Uint8Array(16);
  const seen = [];
  const { client, accepted } = await t.connectPair(
    {},
    {},
    {
      onread: {
        buffer,
        callback(length, same) {
          seen.push([length, same === buffer, same.constructor.name, same[0]]);
        },
      },
    },
  );
  accepted.end('A');
  await t.settle(client);
  return seen;
});

scenario('onread whose callback returns false pauses; resume() goes on', async (t) => {
  const seen = [];
  let wake;
  const { client, accepted } = await t.connectPair(
    {},
    {},
    {
      onread: {
        buffer: Buffer.alloc(2),
        callback(length, buffer) {
          seen.push(buffer.toString('latin1', 0, length));
          wake?.();
          return false;
        },
      },
    },
  );
  const own = t.record(client, ['end', 'data']);
  const first = new Promise((resolve) => (wake = resolve));
  accepted.end('abcdef');
  await first;
  await t.mark('paused');
  await t.mark('paused still');
  t.log([...seen], own.length);
  while (own.length === 0) {
    client.resume();
    await new Promise(setImmediate);
  }
  return [t.log.entries, seen, own];
});

scenario('onread and pause(): nothing is delivered until resume()', async (t) => {
  let text = '';
  const { client, accepted } = await t.connectPair(
    {},
    {},
    {
      onread: {
        buffer: Buffer.alloc(64),
        callback(length, buffer) {
          text += buffer.toString('latin1', 0, length);
        },
      },
    },
  );
  client.pause();
  await t.mark('paused');
  accepted.end('quiet');
  await t.once(accepted, 'finish');
  await t.mark('finished');
  const while_ = text;
  client.resume();
  await t.once(client, 'end');
  return [while_, text];
});

scenario('onread and writing side by side', async (t) => {
  let text = '';
  const { client, accepted } = await t.connectPair(
    {},
    {},
    {
      onread: {
        buffer: Buffer.alloc(8),
        callback(length, buffer) {
          text += buffer.toString('latin1', 0, length);
        },
      },
    },
  );
  accepted.pipe(accepted);
  client.write('twenty bytes of text');
  client.end('!');
  await t.settle(client);
  return [text, client.bytesRead, client.bytesWritten];
});

scenario('onread that was accepted though it is incomplete reads as a stream', async (t) => {
  for (const onread of [{}, { buffer: Buffer.alloc(4) }, { callback() {} }, null]) {
    const { client, accepted } = await t.connectPair({}, {}, { onread });
    accepted.end('plain');
    t.log(String(await t.collect(client)));
  }
  return t.log.entries;
});
