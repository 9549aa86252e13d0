'use strict';

/** That pipes are native where nobody looks, and that the process ends as it would. */

const assert = require('node:assert');
const { documented, scenario } = require('../harness');
const { relay, warmUp } = require('./relay');

/** Only tokio-net has native pipes: the tests of them look below its sockets. */
const builtin = () => false;

documented(
  'a pipe between two sockets is native after a few chunks',
  async (t) => {
    const { source, destination } = await relay(t);
    assert.ok(source._handle.pump.running);
    assert.strictEqual(source._handle.pump, destination._handle.feed);
  },
  { builtin },
);

for (const [what, join] of Object.entries({
  'a listener of data': ({ source }) => source.on('data', () => {}),
  'a listener of readable': ({ source }) => source.on('readable', () => {}),
  'setEncoding()': ({ source }) => source.setEncoding('utf8'),
  'pause()': ({ source }) => source.pause(),
  'unpipe()': ({ source }) => source.unpipe(),
  'a write': ({ destination }) => destination.write('x'),
  'end()': ({ destination }) => destination.end(),
  'cork()': ({ destination }) => destination.cork(),
  'a listener of drain': ({ destination }) => destination.on('drain', () => {}),
  'destroy() of the source': ({ source }) => source.destroy(),
  'destroy() of the destination': ({ destination }) => destination.destroy(),
  'readStop() of the handle': ({ source }) => source._handle.readStop(),
})) {
  documented(
    `${what} ends a native pipe, and leaves nothing of it on the sockets`,
    async (t) => {
      const ends = await relay(t);
      const { pump } = ends.source._handle;
      assert.ok(pump.running);
      join(ends);
      assert.strictEqual(pump.from.pump, null);
      assert.strictEqual(pump.to.feed, null);
      for (const socket of [ends.source, ends.destination]) {
        assert.ok(!Object.hasOwn(socket, 'unpipe'));
        assert.ok(!Object.hasOwn(socket, 'prependListener'));
      }
    },
    { builtin },
  );
}

documented(
  'a native pipe that a write has ended comes back',
  async (t) => {
    const { input, source, destination, reader } = await relay(t);
    destination.write('x');
    await reader.text(1);
    assert.strictEqual(source._handle.pump, null);
    await warmUp(input, reader, 8);
    assert.ok(source._handle.pump.running);
  },
  { builtin },
);

documented(
  'a native pipe leaves the descriptors that it found',
  async (t) => {
    const { readdirSync } = require('node:fs');
    const count = () => readdirSync('/proc/self/fd').length;
    const { input, output, reader } = await relay(t);
    const before = count();
    const sizes = [];
    for (let round = 0; round < 20; round++) {
      output.pause();
      input.write(Buffer.alloc(1 << 20));
      output.resume();
      await reader.bytes(1 << 20);
      sizes.push(count() - before);
    }
    // A kernel pipe or two stay, for the next one.
    assert.ok(sizes.at(-1) <= 4, String(sizes));
  },
  { builtin },
);

const ENDS = `
  const server = net.createServer((socket) => {
    socket.pipe(socket);
    server.close();
  });
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, '127.0.0.1');
    let rounds = 0;
    client.write('x');
    client.on('data', () => {
      if (++rounds < 10) client.write('x');
      else END;
    });
  });
  process.on('exit', () => console.log('exit'));
`;

for (const [how, end] of Object.entries({
  'the client ends': 'client.end()',
  'the client is destroyed': 'client.destroy()',
  'the client resets': 'client.resetAndDestroy()',
  'the process exits': 'process.exit(3)',
  'both are unreferenced': '(client.unref(), process._getActiveHandles(), process.exitCode = 4)',
})) {
  scenario(
    `the process ends when ${how}`,
    async ({ net, runChild }) => {
      const program = ENDS.replace('END', end);
      const guarded = how.startsWith('both')
        ? program.replace('socket.pipe(socket);', 'socket.pipe(socket); socket.unref();')
        : program.replace(
            'socket.pipe(socket);',
            "socket.pipe(socket); socket.on('error', () => {});",
          );
      const { code, signal, stdout, stderr } = await runChild(net, guarded);
      return { code, signal, stdout, stderr };
    },
    { cross: false },
  );
}
