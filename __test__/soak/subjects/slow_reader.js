'use strict';

/** Much is written to a peer that reads nothing for a while: the queue holds it once, not twice. */

const { descriptors, now, residentMemory, round, wait, warmUp } = require('../measure');

/** Bytes of one write. */
const CHUNK = 1 << 20;

/** How far what is queued may exceed what is retained. */
const RATIO = 1.1;

/**
 * The reader's process.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function read({ net, serve }) {
  let received = 0;
  let wrong = 0;
  let ended = false;
  /** @type {any} */
  let peer;
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('data', (data) => {
      // Every byte says in which write it was sent.
      const first = Math.floor(received / CHUNK) & 255;
      const last = Math.floor((received + data.length - 1) / CHUNK) & 255;
      if (data[0] !== first || data.at(-1) !== last) wrong++;
      received += data.length;
    });
    socket.on('end', () => (ended = true));
    peer = socket;
  });
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  serve(async (question) => {
    if (question === 'port') return server.address().port;
    peer.resume();
    while (!ended) await wait(1);
    return { received, wrong };
  });
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ net, sizes, start }) {
  const reader = start('read', { module: 'net' });
  try {
    const port = await reader.ask('port');
    await warmUp(net);
    const before = descriptors();
    const socket = net.connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const memory = await residentMemory();
    let called = 0;
    for (let i = 0; i < sizes.chunks; i++) {
      socket.write(Buffer.alloc(CHUNK, i & 255), () => called++);
      if (i % 16 === 0) await wait(0);
    }
    await wait(200);
    const queued = (await residentMemory()) - memory;
    const retained = socket.writableLength;
    const begun = now();
    socket.end();
    const { received, wrong } = await reader.ask('read');
    const seconds = (now() - begun) / 1000;
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    const after = (await residentMemory()) - memory;
    return {
      'bytes written, MB': (sizes.chunks * CHUNK) / 1e6,
      'bytes retained, MB': round(retained / 1e6),
      'memory for them, MB': round(queued / 1e6),
      'memory / retained': round(queued / retained, 3),
      'memory afterwards, MB': round(after / 1e6),
      'seconds to drain': round(seconds, 2),
      'bytes lost': sizes.chunks * CHUNK - received,
      'chunks wrong': wrong,
      'callbacks missing': sizes.chunks - called,
      'descriptors too many': descriptors() - before,
    };
  } finally {
    await reader.end();
  }
}

module.exports = {
  title: 'what a slow reader leaves queued is held once',
  short: { chunks: 200 },
  long: { chunks: 200 },
  roles: { run, read },
  check: (ours) => [
    Number(ours['memory / retained']) > RATIO && 'the queue takes too much memory',
    ours['bytes lost'] !== 0 && 'bytes were lost',
    ours['chunks wrong'] !== 0 && 'bytes were wrong',
    ours['callbacks missing'] !== 0 && 'callbacks of writes are missing',
    Number(ours['descriptors too many']) > 0 && 'descriptors were left open',
  ],
};
