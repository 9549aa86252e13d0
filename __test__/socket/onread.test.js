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
