'use strict';

const { scenario } = require('../harness');

scenario('the memory of a read is never shared with another socket', async (t) => {
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => {});
  });
  const { port } = await t.listen(server);
  const kept = [];
  await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
      for (let round = 0; round < 20; round++) {
        const size = round % 4 === 3 ? 40_000 : 100;
        client.write(Buffer.alloc(size, 0x41 + index));
        let length = 0;
        await new Promise((resolve) => {
          client.on('data', function onData(chunk) {
            kept.push([0x41 + index, chunk]);
            length += chunk.length;
            if (length < size) return;
            client.removeListener('data', onData);
            resolve();
          });
        });
      }
      client.destroy();
    }),
  );
  return kept.every(([byte, chunk]) => chunk.every((value) => value === byte));
});

scenario('a reader that overwrites its chunk changes nobody else', async (t) => {
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('error', () => {});
    socket.on('data', () => socket.write('y'.repeat(50)));
  });
  const { port } = await t.listen(server);
  const [a, b] = [0, 1].map(() => t.track(t.clientNet.connect(port, '127.0.0.1')));
  const ask = (socket) => {
    const answer = t.once(socket, 'data');
    socket.write('?');
    return answer;
  };
  const [first] = await ask(a);
  const [second] = await ask(b);
  first.fill(0);
  new Uint8Array(first.buffer, first.byteOffset, first.byteLength).fill(1);
  const text = String(second);
  const [third] = await ask(b);
  return [text, String(third), first.every((value) => value === 1)];
});

scenario('small chunks that are kept do not pin large blocks', async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { noDelay: true });
  accepted.setNoDelay(true);
  client.on('data', (chunk) => client.write(chunk));
  const kept = [];
  // Each round trip is a read of its own.
  for (let i = 0; i < 200; i++) {
    const echo = t.once(accepted, 'data');
    accepted.write(`message ${i}`);
    kept.push((await echo)[0]);
  }
  const blocks = new Set(kept.map((chunk) => chunk.buffer));
  const bytes = [...blocks].reduce((sum, block) => sum + block.byteLength, 0);
  return [kept.length, bytes < 200 * 65536 * 0.2];
});

scenario('chunks are Buffers that can be transferred or sliced', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.end('chunk');
  const [chunk] = await t.once(client, 'data');
  return [
    Buffer.isBuffer(chunk),
    Object.getPrototypeOf(chunk) === Buffer.prototype,
    chunk.subarray(1, 3).toString(),
    Object.prototype.toString.call(chunk.buffer),
  ];
});

scenario('interleaved large transfers in both directions are not mixed up', async (t) => {
  const sizes = [1, 70_000, 1_000_003, 2_500_001];
  const server = t.serverNet.createServer({ allowHalfOpen: true }, (socket) => {
    t.track(socket).pipe(socket);
  });
  const { port } = await t.listen(server);
  return Promise.all(
    sizes.map(async (size, index) => {
      const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
      const bytes = Buffer.alloc(size);
      for (let i = 0; i < size; i++) bytes[i] = (i * (index + 3)) >> 3;
      client.end(bytes);
      return (await t.collect(client)).equals(bytes);
    }),
  );
});
