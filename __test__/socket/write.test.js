'use strict';

const path = require('node:path');

const { scenario } = require('../harness');

const ENCODINGS = [
  ['utf8', 'grüße €😀'],
  ['UTF-8', 'grüße'],
  ['utf-8', 'é'],
  ['latin1', 'grüße €'],
  ['binary', 'ÿ\u0100'],
  ['ascii', 'abcé'],
  ['ucs2', 'aé😀'],
  ['ucs-2', 'aé'],
  ['utf16le', 'b€'],
  ['UTF-16LE', 'b€'],
  ['hex', '00ff10'],
  ['hex', 'abc'],
  ['HEX', 'ABCD'],
  ['base64', 'aGVsbG8='],
  ['base64', 'aGVs bG8'],
  ['base64url', '-_-_'],
  [undefined, 'ünset'],
  [null, 'nüll'],
  ['', 'empty'],
];

scenario('strings go out in every encoding, with their bytes counted', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  for (const [encoding, text] of ENCODINGS) {
    const before = client.bytesWritten;
    const flushed = client.write(text, encoding);
    t.log(encoding, flushed, client.bytesWritten - before);
  }
  client.end('61', 'hex');
  return [t.log.entries, t.summarise(await received)];
});

scenario('setDefaultEncoding rules where no encoding is given', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  t.log(client.setDefaultEncoding('hex') === client);
  client.write('616263');
  client.write('616263', 'latin1');
  client.end('64');
  return [t.log.entries, String(await received)];
});

scenario('bytes go out from every kind of view, also from the middle of a buffer', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  const memory = new ArrayBuffer(16);
  new Uint8Array(memory).set(Array.from({ length: 16 }, (_, i) => i + 0x41));
  const views = [
    Buffer.from('buffer'),
    Buffer.from(memory, 2, 3),
    new Uint8Array(memory, 4, 4),
    new Uint8Array([]),
    Buffer.alloc(0),
    new Uint8Array(new SharedArrayBuffer(3)).fill(0x7a),
  ];
  for (const view of views) t.log(client.write(view), client.bytesWritten);
  client.end(new Uint8Array(memory, 15));
  return [t.log.entries, String(await received)];
});

scenario('typed arrays of other kinds and DataView: taken or refused as by net', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  const memory = new ArrayBuffer(8);
  new Uint8Array(memory).fill(0x61);
  const values = {
    uint8Clamped: new Uint8ClampedArray(memory, 0, 2),
    int8: new Int8Array(memory, 0, 2),
    uint16: new Uint16Array(memory, 2, 2),
    float64: new Float64Array(memory),
    bigint64: new BigInt64Array(memory),
    dataView: new DataView(memory, 1, 3),
    arrayBuffer: memory,
  };
  for (const [name, value] of Object.entries(values)) {
    try {
      t.log(name, client.write(value), client.bytesWritten);
    } catch (error) {
      t.log(name, error);
    }
  }
  client.end();
  return [t.log.entries, t.summarise(await received)];
});

scenario('what is not bytes or text is refused at once', async (t) => {
  const { client } = await t.connectPair();
  t.record(client, ['error', 'close'], 'client');
  for (const value of [null, undefined, 1, true, {}, [], () => {}, Symbol('s'), 1n]) {
    try {
      t.log(value === 1n ? '1n' : value, client.write(value));
    } catch (error) {
      t.log(value === 1n ? '1n' : value, error);
    }
  }
  for (const encoding of ['nonsense', 'utf9', 5, {}]) {
    try {
      t.log(encoding, client.write('x', encoding));
    } catch (error) {
      t.log(encoding, error);
    }
  }
  return [t.log.entries, client.destroyed, client.bytesWritten];
});

scenario(
  'write callbacks: once each, in order, after the write and without an argument',
  async (t) => {
    const { client, accepted } = await t.connectPair();
    accepted.resume();
    const done = new Promise((resolve) => {
      client.write('first', (...args) => t.log('first', args));
      client.write('second', 'latin1', (...args) => t.log('second', args));
      client.write(Buffer.from('third'), (...args) => t.log('third', args));
      client.write('', (...args) => t.log('empty text', args));
      client.write(Buffer.alloc(0), (...args) => t.log('empty bytes', args));
      client.end('last', (...args) => {
        t.log('end', args, client.writableFinished);
        resolve();
      });
      t.log('all written');
    });
    await done;
    return t.log.entries;
  },
);

scenario('a write callback of one write that fits runs in the same turn', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.resume();
  client.write('x', () => t.log('written'));
  t.log('returned', client.writableLength, client.bytesWritten);
  await t.mark('mark');
  return t.log.entries;
});

scenario('empty writes reach nobody, and end() after them still ends', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  for (let i = 0; i < 5; i++) client.write(i % 2 ? '' : Buffer.alloc(0));
  t.log(client.bytesWritten, client.writableLength);
  client.end('');
  return [t.log.entries, (await received).length];
});

scenario('a buffer whose memory is detached after write() returned does no harm', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  const small = new Uint8Array(8).fill(0x61);
  client.write(small);
  structuredClone(small.buffer, { transfer: [small.buffer] });
  await t.mark('detached');
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  try {
    t.log(client.write(detached), client.bytesWritten);
  } catch (error) {
    t.log(error);
  }
  client.end('after');
  return [t.log.entries, String(await received)];
});

scenario('cork() and uncork() gather writes; end() uncorks', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  client.cork();
  client.write('a', () => t.log('a written'));
  client.write('62', 'hex', () => t.log('b written'));
  client.write(Buffer.from('c'), () => t.log('c written'));
  t.log(client.writableCorked, client.writableLength, client.bytesWritten, client.bufferSize);
  client.uncork();
  t.log(client.writableCorked, client.writableLength, client.bytesWritten);
  client.cork();
  client.cork();
  client.write('d');
  client.uncork();
  t.log(client.writableCorked, client.bytesWritten);
  client.end('e');
  return [String(await received), t.log.entries];
});

scenario('corked writes of nothing do not ask whether the peer is there', async (t) => {
  const { client, accepted } = await t.connectPair(
    {},
    { allowHalfOpen: true, listen: { path: path.join(t.tmp, 'socket') } },
  );
  accepted.resume();
  accepted.on('error', (error) => t.log('error', error.code));
  accepted.on('close', (hadError) => t.log('close', hadError));
  const ended = t.once(accepted, 'end');
  client.destroy();
  await ended;
  const write = (chunk) =>
    new Promise((resolve) => {
      accepted.write(chunk, (error) => resolve(t.log('written', error?.code)));
    });
  accepted.cork();
  const nothing = [write(''), write(Buffer.alloc(0))];
  accepted.uncork();
  await Promise.all(nothing);
  t.log(accepted.destroyed, accepted.bytesWritten);
  accepted.cork();
  const something = [write(''), write('x')];
  accepted.uncork();
  await Promise.all(something);
  await t.settle(accepted);
  return t.log.entries;
});

scenario('corked writes arrive as one segment', async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { noDelay: true });
  const chunks = [];
  accepted.on('data', (chunk) => chunks.push(String(chunk)));
  client.cork();
  for (const text of ['one', 'two', 'three']) client.write(text);
  client.write(Buffer.from('four'));
  client.uncork();
  await t.once(accepted, 'data');
  const first = chunks.join('|');
  client.end();
  await t.once(accepted, 'end');
  return first;
});

scenario('many pieces of many kinds arrive in their order', async (t) => {
  const { client, accepted } = await t.connectPair();
  const received = t.collect(accepted);
  for (let i = 0; i < 3000; i++) {
    if (i % 3 === 0) client.write(`text ${i}\n`);
    else if (i % 3 === 1) client.write(Buffer.alloc(700, i));
    else client.write(`é${i}`, 'latin1');
  }
  const written = client.bytesWritten;
  client.end();
  return [written, t.summarise(await received), client.bytesWritten];
});

scenario('writes made inside a write callback and inside data listeners', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.on('data', (chunk) => accepted.write(chunk));
  accepted.on('end', () => accepted.end());
  let left = 50;
  const next = () => {
    if (left-- > 0) client.write(`${left},`, next);
    else client.end();
  };
  next();
  return String(await t.collect(client));
});

scenario(
  'the tail of a large buffer is sent as it was when write() was called with it',
  async (t) => {
    const { client, accepted } = await t.connectPair();
    const large = Buffer.alloc(8 << 20);
    for (let i = 0; i < large.length; i += 4) large.writeUInt32LE(i, i);
    const expected = t.summarise(large);
    const received = t.collect(accepted);
    t.log(client.write(large), client.bytesWritten);
    client.end();
    const bytes = await received;
    return [t.log.entries, t.summarise(bytes) === expected, bytes.length];
  },
);
