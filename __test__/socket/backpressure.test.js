'use strict';

const { scenario } = require('../harness');

scenario('write() says false past the high-water mark, and drain comes once', async (t) => {
  const { client, accepted } = await t.connectPair();
  const events = t.record(client, ['drain', 'finish', 'close']);
  client.setTimeout(0);
  accepted.pause();
  const size = 1 << 20;
  let writes = 0;
  while (client.write(Buffer.alloc(size))) writes++;
  for (let i = 0; i < 16; i++) client.write(Buffer.alloc(size));
  const { writableNeedDrain, writableLength, bufferSize, bytesWritten } = client;
  const total = (writes + 17) * size;
  accepted.resume();
  await t.once(client, 'drain');
  const drained = [client.writableLength, client.writableNeedDrain];
  client.end();
  await t.once(client, 'finish');
  return {
    writableNeedDrain,
    some: writableLength > 0,
    bufferSizeIsLength: bufferSize === writableLength,
    all: bytesWritten === total,
    drained,
    received: client.bytesWritten === total,
    drains: events.filter(([, event]) => event === 'drain').length,
  };
});

scenario('writableLength and the boolean while connecting', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket).resume());
  const { port } = await t.listen(server);
  const client = t.track(t.clientNet.connect({ port, host: '127.0.0.1', highWaterMark: 10 }));
  const counts = () => [client.writableLength, client.bufferSize, client.bytesWritten];
  t.log('new', ...counts());
  t.log(client.write('12345'), ...counts());
  t.log(client.write('é6', 'latin1'), ...counts());
  t.log(client.write('789'), client.writableNeedDrain, ...counts());
  t.log(client.write(Buffer.from('abc')), ...counts());
  await t.once(client, 'drain');
  t.log('drain', ...counts());
  return t.log.entries;
});

scenario('a paused reader fills the kernel, then only its high-water mark in memory', async (t) => {
  const { client, accepted } = await t.connectPair({}, { highWaterMark: 4096 });
  accepted.pause();
  client.end(Buffer.alloc(1 << 20, 'x'));
  await t.once(accepted, 'readable');
  const mark = accepted.readableHighWaterMark;
  const bounded = accepted.readableLength <= mark + 65536;
  const received = t.collect(accepted);
  accepted.removeAllListeners('readable');
  accepted.resume();
  return [mark, bounded, t.summarise(await received)];
});

scenario(
  'bytesWritten counts what is queued before the connection, strings by their bytes',
  async (t) => {
    const server = t.serverNet.createServer((socket) => t.track(socket).resume());
    const { port } = await t.listen(server);
    const client = t.track(new t.clientNet.Socket());
    client.connect(port, '127.0.0.1');
    client.write('é');
    t.log(client.bytesWritten);
    client.write('é', 'latin1');
    t.log(client.bytesWritten);
    client.write('6162', 'hex');
    t.log(client.bytesWritten);
    client.write(Buffer.alloc(7));
    t.log(client.bytesWritten);
    client.cork();
    client.write('€');
    t.log(client.bytesWritten);
    client.uncork();
    await t.once(client, 'connect');
    t.log('connect', client.bytesWritten);
    client.end('x');
    await t.once(client, 'finish');
    t.log('finish', client.bytesWritten, client.bytesRead);
    await t.settle(client);
    t.log('close', client.bytesWritten, client.bytesRead);
    return t.log.entries;
  },
);

scenario('callbacks of queued writes each run when their own bytes are gone', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.pause();
  const order = [];
  for (let i = 0; i < 12; i++) client.write(Buffer.alloc(1 << 20), () => order.push(i));
  client.end(() => order.push('end'));
  await t.mark('queued');
  const early = order.length < 12;
  accepted.resume();
  await t.once(client, 'finish');
  await t.mark('finished');
  return [early, order];
});

scenario('pipe() between a fast writer and a slow reader loses nothing', async (t) => {
  const { Readable } = require('node:stream');
  const { client, accepted } = await t.connectPair({}, {}, { highWaterMark: 1000 });
  const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i * 37, i));
  Readable.from(pieces).pipe(client);
  const received = [];
  accepted.on('data', (chunk) => {
    received.push(chunk);
    accepted.pause();
    setImmediate(() => accepted.resume());
  });
  await t.once(accepted, 'end');
  const all = Buffer.concat(received);
  return [all.equals(Buffer.concat(pieces)), all.length];
});

scenario('highWaterMark of both sides', async (t) => {
  const { client, accepted } = await t.connectPair(
    {},
    { highWaterMark: 33 },
    { readableHighWaterMark: 11, writableHighWaterMark: 22 },
  );
  return [client, accepted].map((socket) => [
    socket.readableHighWaterMark,
    socket.writableHighWaterMark,
    socket.write(Buffer.alloc(21)),
    socket.write(Buffer.alloc(40)),
  ]);
});
