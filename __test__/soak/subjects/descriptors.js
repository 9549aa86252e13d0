'use strict';

/**
 * A server that may have too few descriptors for those who come: it turns the others away at once,
 * does not spin, and serves again when there are descriptors. All clients use built-in net.
 */

const { cpu, descriptors, now, round, until, wait } = require('../measure');

/** Descriptors that the server's process may have. */
const DESCRIPTORS = 200;

/** Milliseconds over which the CPU is measured while there are no descriptors. */
const WINDOW = 1000;

/** Milliseconds of CPU that are within the noise of the measurement. */
const NOISE = 50;

/**
 * The server's process.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function serveFew({ net, serve }) {
  let errors = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
    socket.write('welcome');
  });
  server.on('error', () => errors++);
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const { port } = server.address();
  // What a process opens at the first answer is there before descriptors are counted.
  let before = 0;
  serve(async (question) => {
    if (question === 'port') {
      before = descriptors();
      return port;
    }
    if (question === 'connect') {
      // No part of the module needs a descriptor to be loaded, but for the two that need built-in net.
      const late = ['BlockList', 'SocketAddress'];
      for (const name of Object.keys(net)) if (!late.includes(name)) void net[name];
      return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => {
          socket.destroy();
          resolve('connected');
        });
        socket.on('error', ({ code, syscall, address }) =>
          resolve(`${syscall} ${code} ${address}`),
        );
      });
    }
    if (question === 'empty') {
      await until(() => server._connections === 0 && descriptors() <= before);
      return { left: server._connections, descriptors: descriptors() - before };
    }
    return { live: server._connections, errors, cpu: cpu() };
  });
}

/**
 * @param {number} port Where to
 * @param {number} count How many clients
 * @returns {Promise<{ served: any[], refused: number, longest: number }>} The clients that were
 *   served, how many were turned away, and the milliseconds until the last of them knew
 */
async function visit(port, count) {
  const net = require('node:net');
  const served = [];
  let refused = 0;
  const begun = now();
  await Promise.all(
    Array.from({ length: count }, () => {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {});
      return new Promise((resolve) => {
        socket.once('data', () => {
          served.push(socket);
          resolve(undefined);
        });
        socket.once('close', () => {
          if (!served.includes(socket)) refused++;
          resolve(undefined);
        });
      });
    }),
  );
  return { served, refused, longest: now() - begun };
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ sizes, start }) {
  const server = start('serve', { descriptors: DESCRIPTORS });
  try {
    const port = await server.ask('port');
    const begun = await server.ask('state');
    let served = 0;
    let refused = 0;
    let recovered = 0;
    let longest = 0;
    let error = '';
    let left = { left: 0, descriptors: 0 };
    for (let round_ = 0; round_ < sizes.rounds; round_++) {
      const crowd = await visit(port, sizes.clients);
      served += crowd.served.length;
      refused += crowd.refused;
      longest = Math.max(longest, crowd.longest);
      error = await server.ask('connect');
      if (round_ === sizes.rounds - 1) await wait(WINDOW);
      for (const socket of crowd.served) socket.destroy();
      await server.ask('empty');
      // As many as there is room for, at once.
      const few = await visit(port, sizes.recovered);
      recovered += few.served.length;
      for (const socket of few.served) socket.destroy();
      left = await server.ask('empty');
    }
    const ended = await server.ask('state');
    return {
      'clients served': served,
      'clients turned away': refused,
      'ms until the last knew': round(longest, 0),
      'error of a connect without descriptors': error,
      'clients served afterwards': recovered,
      "'error' events of the server": ended.errors,
      'CPU of the server, ms': round((ended.cpu - begun.cpu) / 1000, 0),
      'connections of the server left': left.left,
      'descriptors too many': left.descriptors,
    };
  } finally {
    await server.end();
  }
}

module.exports = {
  title: `400 clients of a server that may have ${DESCRIPTORS} descriptors`,
  short: { clients: 400, recovered: 100, rounds: 1, prompt: 20_000 },
  long: { clients: 400, recovered: 100, rounds: 20, prompt: 2000 },
  roles: { run, serve: serveFew },
  check: (ours, theirs, sizes) => [
    Number(ours['clients served']) + Number(ours['clients turned away']) !==
      sizes.clients * sizes.rounds && 'clients were left to wait',
    (ours['clients served'] === 0 || ours['clients turned away'] === 0) && 'there was no shortage',
    Number(ours['ms until the last knew']) > sizes.prompt && 'a client waited for long',
    ours['error of a connect without descriptors'] !== 'connect EMFILE 127.0.0.1' &&
      'connect without descriptors has another error',
    ours['clients served afterwards'] !== sizes.recovered * sizes.rounds && 'it did not recover',
    ours["'error' events of the server"] !== 0 && "the server emitted 'error'",
    theirs !== undefined &&
      Number(ours['CPU of the server, ms']) > 2 * Number(theirs['CPU of the server, ms']) + NOISE &&
      'it costs more than twice the CPU',
    ours['connections of the server left'] !== 0 && 'the server believes in connections',
    Number(ours['descriptors too many']) > 0 && 'descriptors were left open',
  ],
};
