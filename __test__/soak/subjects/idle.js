'use strict';

/** Thousands of idle connections between two processes, both with the module under test. */

const {
  cpuOf,
  descriptorLimit,
  descriptors,
  now,
  residentMemory,
  round,
  until,
  wait,
  warmUp,
} = require('../measure');

/** Connects under way at a time. */
const WIDTH = 100;

/** Descriptors that a process needs for everything else. */
const SPARE = 200;

/** Milliseconds over which the CPU of idle processes is measured. */
const WINDOW = 1000;

/**
 * How many connections a process may have.
 *
 * @param {number} wanted As many as that
 * @returns {number}
 */
function affordable(wanted) {
  const limit = descriptorLimit() - SPARE;
  if (limit >= wanted) return wanted;
  console.error(`the limit of descriptors (ulimit -Hn) allows ${limit} instead of ${wanted}`);
  return limit;
}

/**
 * The server's process.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function serveEchoes({ net, serve }) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(data));
  });
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const before = { descriptors: descriptors(), memory: await residentMemory() };
  serve(async (question) => {
    if (question === 'port') return server.address().port;
    if (question === 'closed') {
      await until(() => server._connections === 0 && descriptors() <= before.descriptors);
    }
    return {
      connections: server._connections,
      descriptors: descriptors() - before.descriptors,
      memory: (await residentMemory()) - before.memory,
    };
  });
}

/**
 * The client's process.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function connectMany({ net, sizes, serve, args }) {
  const port = Number(args[0]);
  const wanted = affordable(sizes.connections);
  const sockets = [];
  let errors = 0;
  let echoed = 0;
  await warmUp(net);
  const before = { descriptors: descriptors(), memory: await residentMemory() };

  /** @returns {Promise<void>} Settles when the connection is there, or is not */
  const one = () =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => errors++);
      socket.on('data', () => echoed++);
      socket.once('connect', resolve);
      socket.once('close', resolve);
      sockets.push(socket);
    });
  /** Connects, until there are enough. */
  const several = async () => {
    while (sockets.length < wanted) await one();
  };
  serve(async (question) => {
    if (question === 'connect') {
      await Promise.all(Array.from({ length: WIDTH }, several));
    } else if (question === 'echo') {
      for (const socket of sockets) socket.write('x');
      await until(() => echoed === sockets.length);
    } else if (question === 'close') {
      for (const socket of sockets.splice(0)) socket.destroy();
      await until(() => descriptors() <= before.descriptors);
    }
    return {
      wanted,
      connections: sockets.length,
      errors,
      echoed,
      descriptors: descriptors() - before.descriptors,
      memory: (await residentMemory()) - before.memory,
    };
  });
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ start }) {
  const server = start('serve');
  const port = await server.ask('port');
  const client = start('connect', { args: [port] });
  try {
    const begun = now();
    const opened = await client.ask('connect');
    const seconds = (now() - begun) / 1000;
    const atServer = await server.ask('state');
    await wait(WINDOW);
    const cpuBefore = cpuOf(server.pid) + cpuOf(client.pid);
    await wait(WINDOW);
    const cpu = cpuOf(server.pid) + cpuOf(client.pid) - cpuBefore;
    const echo = await client.ask('echo');
    const closed = await client.ask('close');
    const left = await server.ask('closed');
    return {
      'connections wanted': opened.wanted,
      'connections held': atServer.connections,
      'errors of clients': closed.errors,
      'connections that echo': echo.echoed,
      'seconds to open': round(seconds, 2),
      'server memory, KB/connection': round(atServer.memory / opened.wanted / 1000),
      'client memory, KB/connection': round(opened.memory / opened.wanted / 1000),
      'CPU of both while idle, ms/s': round(cpu / WINDOW),
      'descriptors too many': left.descriptors + closed.descriptors,
    };
  } finally {
    await client.end();
    await server.end();
  }
}

module.exports = {
  title: 'idle connections between two processes cost memory only',
  short: { connections: 500 },
  long: { connections: 8000 },
  roles: { run, serve: serveEchoes, connect: connectMany },
  check: (ours) => [
    ours['connections held'] !== ours['connections wanted'] && 'connections are missing',
    ours['connections that echo'] !== ours['connections wanted'] && 'a connection does not echo',
    ours['errors of clients'] !== 0 && 'clients met errors',
    Number(ours['descriptors too many']) > 0 && 'descriptors were left open',
    Number(ours['CPU of both while idle, ms/s']) > 200 && 'idle connections cost CPU',
  ],
};
