'use strict';

/** Sockets that were destroyed are garbage, all of them. */

const { collect, until } = require('../measure');

/** Connections at a time. */
const WIDTH = 50;

/**
 * Opens and destroys connections.
 *
 * @param {any} net The module
 * @param {number} port Where to
 * @param {number} count How many
 * @param {(socket: any) => void} register Told of each
 * @returns {Promise<void>}
 */
function comeAndGo(net, port, count, register) {
  return new Promise((resolve) => {
    let started = 0;
    let ended = 0;
    /** Opens one more. */
    function next() {
      started++;
      const socket = net.connect(port, '127.0.0.1');
      register(socket);
      socket.on('data', () => socket.destroy());
      socket.on('close', () => {
        if (++ended === count) resolve();
        else if (started < count) next();
      });
    }
    for (let i = 0; i < WIDTH; i++) next();
  });
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ net, sizes }) {
  let made = 0;
  let collected = 0;
  let registering = true;
  const registry = new FinalizationRegistry(() => collected++);
  const register = (socket) => {
    if (!registering) return;
    made++;
    registry.register(socket, undefined);
  };
  const server = net.createServer((socket) => {
    register(socket);
    socket.on('error', () => {});
    socket.resume();
    socket.write('hello');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await comeAndGo(net, port, sizes.sockets / 2, register);
  await until(() => server._connections === 0);
  registering = false;
  // What the last events hold, later ones let go of.
  await comeAndGo(net, port, WIDTH, register);
  await new Promise((resolve) => server.close(resolve));
  const deadline = Date.now() + 20_000;
  while (collected < made && Date.now() < deadline) await collect();
  return {
    'sockets destroyed': made,
    'sockets not collected': Math.max(0, made - collected),
    // Also what keeps the registry itself from being collected.
    'registry is': typeof registry,
  };
}

module.exports = {
  title: 'destroyed sockets are collected',
  short: { sockets: 2000 },
  long: { sockets: 10_000 },
  roles: { run },
  check: (ours, _theirs, sizes) => [
    Number(ours['sockets destroyed']) < sizes.sockets && 'there were too few sockets',
    ours['sockets not collected'] !== 0 && 'sockets were not collected',
  ],
};
