'use strict';

/** Peers that never read, and sockets that nobody reads: bounded, idle, and gone when destroyed. */

const { cpu, descriptors, now, residentMemory, round, until, wait, warmUp } = require('../measure');

/** Bytes of one write. */
const CHUNK = 64 * 1024;

/** KB of memory that a socket may take which nobody reads: its buffer of 64 and a little more. */
const UNREAD = 200;

/** Milliseconds over which the CPU is measured while nothing can move. */
const WINDOW = 500;

/**
 * The process of the sender.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function send({ net, sizes, serve, args }) {
  await warmUp(net);
  const before = descriptors();
  const memory = await residentMemory();
  const chunk = Buffer.alloc(CHUNK, 'x');
  const sockets = [];
  let full = 0;
  let failed = 0;
  let called = 0;
  let written = 0;
  serve(async (question) => {
    if (question === 'pour') {
      for (let i = 0; i < sizes.connections; i++) {
        const socket = net.connect(Number(args[0]), '127.0.0.1');
        socket.on('error', () => {});
        sockets.push(socket);
        const pour = () => {
          let more = true;
          while (more) {
            written++;
            more = socket.write(chunk, (error) => {
              called++;
              if (error) failed++;
            });
          }
        };
        socket.on('connect', pour);
        socket.on('drain', pour);
      }
      const isFull = () => sockets.every((socket) => socket.writableNeedDrain);
      // The kernel's memory for a connection may grow for a while.
      let seen = -1;
      while (seen !== written && (await until(isFull))) {
        seen = written;
        await wait(300);
      }
      full = sockets.filter((socket) => socket.writableNeedDrain).length;
      // One write of each is under way, and one waits behind it.
      for (const socket of sockets) {
        written++;
        socket.write(chunk, (error) => {
          called++;
          if (error) failed++;
        });
      }
    } else if (question === 'idle') {
      const begun = { time: now(), cpu: cpu() };
      await wait(WINDOW);
      return (cpu() - begun.cpu) / (now() - begun.time);
    } else if (question === 'destroy') {
      for (const socket of sockets) socket.destroy();
      await until(() => called === written && descriptors() <= before);
    }
    return {
      full,
      failed,
      uncalled: written - called,
      descriptors: descriptors() - before,
      memory: (await residentMemory()) - memory,
    };
  });
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ net, sizes, start }) {
  let accepted = 0;
  const server = net.createServer((socket) => {
    // Nobody reads it.
    accepted++;
    socket.on('error', () => {});
    socket.on('close', () => closed++);
    sockets.push(socket);
  });
  const sockets = [];
  let closed = 0;
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const before = descriptors();
  const sender = start('send', { args: [server.address().port] });
  const memory = await residentMemory();
  try {
    const poured = await sender.ask('pour');
    const held = (await residentMemory()) - memory;
    const cpuBegun = { time: now(), cpu: cpu() };
    const idleSender = await sender.ask('idle');
    const idle = (cpu() - cpuBegun.cpu) / (now() - cpuBegun.time);
    const gone = await sender.ask('destroy');
    for (const socket of sockets) socket.destroy();
    await until(() => closed === accepted);
    await sender.end();
    await until(() => descriptors() <= before);
    const left = descriptors() - before + gone.descriptors;
    await new Promise((resolve) => server.close(resolve));
    return {
      connections: accepted,
      'senders that wait': poured.full,
      'memory of a socket that nobody reads, KB': round(held / sizes.connections / 1000),
      'memory of its sender, KB': round(poured.memory / sizes.connections / 1000),
      'CPU of the receiver meanwhile, ms/s': round(idle),
      'CPU of the senders meanwhile, ms/s': round(idleSender),
      'writes cut off without a callback': gone.uncalled,
      'writes that failed': gone.failed,
      'descriptors too many': left,
    };
  } finally {
    await sender.end();
  }
}

module.exports = {
  title: 'peers that never read cost bounded memory and no CPU',
  short: { connections: 20 },
  long: { connections: 300 },
  roles: { run, send },
  check: (ours, _theirs, sizes) => [
    ours.connections !== sizes.connections && 'connections are missing',
    ours['senders that wait'] !== sizes.connections && 'a sender is not told to wait',
    Number(ours['memory of a socket that nobody reads, KB']) > UNREAD && 'too much is read ahead',
    Number(ours['CPU of the receiver meanwhile, ms/s']) > 200 && 'the receiver spins',
    Number(ours['CPU of the senders meanwhile, ms/s']) > 200 && 'the senders spin',
    ours['writes cut off without a callback'] !== 0 && 'callbacks of writes are missing',
    Number(ours['writes that failed']) < sizes.connections && 'cut off writes did not fail',
    Number(ours['descriptors too many']) > 0 && 'descriptors were left open',
  ],
};
