'use strict';

/**
 * Clients that send a byte now and then, thousands of them, beside one that wants its echo: it does
 * not wait much longer for them. All clients use built-in net.
 */

const { cpuOf, descriptorLimit, now, percentile, round, wait } = require('../measure');

/** Descriptors that a process needs for everything else. */
const SPARE = 200;

/** Connects under way at a time. */
const WIDTH = 100;

/** Milliseconds between two bytes of a slow client. */
const PERIOD = 5000;

/**
 * The server's process.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function serveEchoes({ net, serve }) {
  let slowBytes = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      // A slow one never ends its request.
      if (data[0] === 115) slowBytes += data.length;
      else socket.write(data);
    });
  });
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  serve((question) =>
    question === 'port' ? server.address().port : { slowBytes, connections: server._connections },
  );
}

/**
 * The process of the slow clients.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function trickle({ net, sizes, serve, args }) {
  const port = Number(args[0]);
  const allowed = descriptorLimit() - SPARE;
  const wanted = Math.min(sizes.connections, allowed);
  if (wanted < sizes.connections) {
    console.error(`the limit of descriptors (ulimit -Hn) allows ${allowed} slow clients only`);
  }
  const sockets = [];
  let errors = 0;
  let sent = 0;
  const several = async () => {
    while (sockets.length < wanted) {
      await new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('error', () => errors++);
        socket.once('connect', resolve);
        socket.once('close', resolve);
        sockets.push(socket);
      });
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, several));
  // A few at a time, so that the bytes arrive evenly.
  let position = 0;
  let due = 0;
  let last = now();
  const timer = setInterval(() => {
    due += ((now() - last) / PERIOD) * sockets.length;
    last = now();
    for (; due >= 1; due--) {
      sockets[position++ % sockets.length].write('s');
      sent++;
    }
  }, 5);
  serve((question) => {
    if (question === 'stop') clearInterval(timer);
    return { wanted, errors, sent };
  });
}

/**
 * The process of the client that measures.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function echo({ net, sizes, serve, args }) {
  const socket = net.connect(Number(args[0]), '127.0.0.1');
  socket.setNoDelay(true);
  await new Promise((resolve) => socket.once('connect', resolve));
  serve(async () => {
    const times = [];
    const end = now() + sizes.milliseconds;
    while (now() < end) {
      const begun = now();
      socket.write('echo');
      await new Promise((resolve) => socket.once('data', resolve));
      times.push(now() - begun);
      await wait(1);
    }
    return { count: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  });
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ start }) {
  const server = start('serve');
  const port = await server.ask('port');
  const client = start('echo', { module: 'net', args: [port] });
  /** @type {import('../soak').Peer | undefined} */
  let slow;
  try {
    await client.ask('warm up');
    const alone = await client.ask('alone');
    slow = start('trickle', { module: 'net', args: [port] });
    const { wanted } = await slow.ask('ready');
    // What connecting has left behind is over.
    await client.ask('settle');
    const cpuBefore = cpuOf(server.pid);
    const begun = now();
    const beside = await client.ask('beside');
    const cpu = (cpuOf(server.pid) - cpuBefore) / (now() - begun);
    const { sent, errors } = await slow.ask('stop');
    let state = await server.ask('state');
    const deadline = now() + 5000;
    while (state.slowBytes < sent && now() < deadline) state = await server.ask('state');
    return {
      'slow connections wanted': wanted,
      'slow connections held': state.connections - 1,
      'errors of slow clients': errors,
      'bytes of slow clients lost': sent - state.slowBytes,
      'echoes beside': beside.count,
      'echo alone, p50 ms': round(alone.p50, 3),
      'echo alone, p99 ms': round(alone.p99, 3),
      'echo beside, p50 ms': round(beside.p50, 3),
      'echo beside, p99 ms': round(beside.p99, 3),
      'p99 beside / alone': round(beside.p99 / alone.p99, 2),
      'server CPU beside, ms/s': round(cpu),
    };
  } finally {
    await slow?.end();
    await client.end();
    await server.end();
  }
}

module.exports = {
  title: 'slow clients do not hold up others',
  short: { connections: 300, milliseconds: 300 },
  long: { connections: 5000, milliseconds: 5000, ratio: 2 },
  roles: { run, serve: serveEchoes, trickle, echo },
  check: (ours, _theirs, sizes) => [
    ours['slow connections held'] !== ours['slow connections wanted'] && 'slow clients were lost',
    ours['errors of slow clients'] !== 0 && 'slow clients met errors',
    ours['bytes of slow clients lost'] !== 0 && 'bytes of slow clients were lost',
    Number(ours['p99 beside / alone']) > (sizes.ratio ?? Infinity) && 'the echo waits for others',
  ],
};
