'use strict';

/**
 * Many connections arrive at once while JavaScript is blocked. All clients use built-in net; those
 * that the kernel makes wait try again by themselves.
 */

const { descriptors, now, round, until } = require('../measure');

/** Connections that may wait in the kernel; as many as come. */
const BACKLOG = 1000;

/**
 * The server's process.
 *
 * @param {import('../soak').Task} task The task
 * @returns {Promise<void>}
 */
async function serveBlocked({ net, sizes, serve }) {
  let accepted = 0;
  const server = net.createServer((socket) => {
    accepted++;
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(data));
  });
  const listen = { port: 0, host: '127.0.0.1', backlog: BACKLOG };
  await new Promise((resolve) => server.listen(listen, resolve));
  const before = descriptors();
  serve(async (question) => {
    if (question === 'port') return server.address().port;
    if (question === 'block') {
      // After the answer has left.
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, sizes.block));
      return null;
    }
    await until(() => server._connections === 0 && descriptors() <= before);
    return { accepted, left: server._connections, descriptors: descriptors() - before };
  });
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ sizes, start }) {
  const net = require('node:net');
  const server = start('serve');
  try {
    const port = await server.ask('port');
    await server.ask('block');
    const begun = now();
    let served = 0;
    let errors = 0;
    await Promise.all(
      Array.from({ length: sizes.connections }, (_, index) => {
        const socket = net.connect(port, '127.0.0.1', () => socket.write(`${index}`));
        socket.on('error', () => errors++);
        socket.on('data', (data) => {
          if (String(data) === `${index}`) served++;
          socket.destroy();
        });
        return new Promise((resolve) => socket.once('close', resolve));
      }),
    );
    const seconds = (now() - begun) / 1000;
    const { accepted, left, descriptors: open } = await server.ask('state');
    return {
      'connections served': served,
      'connections accepted': accepted,
      'errors of clients': errors,
      'seconds until the last': round(seconds, 2),
      'connections of the server left': left,
      'descriptors too many': open,
    };
  } finally {
    await server.end();
  }
}

module.exports = {
  title: 'connections that arrive while JavaScript is blocked are served',
  short: { connections: 1000, block: 500 },
  long: { connections: 1000, block: 500 },
  roles: { run, serve: serveBlocked },
  check: (ours, _theirs, sizes) => [
    ours['connections served'] !== sizes.connections && 'connections were lost',
    ours['errors of clients'] !== 0 && 'clients met errors',
    ours['connections of the server left'] !== 0 && 'the server believes in connections',
    Number(ours['descriptors too many']) > 0 && 'descriptors were left open',
  ],
};
