'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

const { scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');

/** More connections than the serving process may have descriptors. */
const CONNECTIONS = 90;
const DESCRIPTORS = 64;

/** Milliseconds over which the server's CPU is measured while it can accept nothing. */
const WINDOW = 400;

/** Microseconds of CPU that a server which does not spin stays far below in that time. */
const IDLE = 150_000;

const PROGRAM = path.join(__dirname, 'fixtures', 'greeter.js');

/**
 * Starts a server in a process with few descriptors.
 *
 * @param {any} net The module that the server uses
 * @returns {{ask: (question: string) => Promise<any>, ended: Promise<any[]>, kill: () => void}} How
 *   to talk to it
 */
function startServer(net) {
  const child = spawn(
    '/bin/sh',
    ['-c', `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`, process.execPath, PROGRAM, specifierOf(net)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  return {
    ask: (question) =>
      new Promise((resolve) => {
        child.once('message', resolve);
        child.send(question);
      }),
    ended: new Promise((resolve) => child.once('exit', (...args) => resolve(args))),
    kill: () => child.kill('SIGKILL'),
  };
}

scenario(
  'without descriptors, connections are shed, nothing spins, and the server recovers',
  async ({ serverNet, clientNet, track, log, once }) => {
    const server = startServer(serverNet);
    try {
      const { port } = await server.ask('port');
      const greeted = new Set();
      const settled = [];
      const connect = () => {
        const client = track(clientNet.connect(port, '127.0.0.1'));
        client.on('error', () => {});
        client.on('data', () => greeted.add(client));
        settled.push(Promise.race([once(client, 'data'), once(client, 'close')]));
        return client;
      };
      for (let i = 0; i < CONNECTIONS; i++) connect();
      await Promise.all(settled);
      const before = await server.ask('state');
      log('some served', greeted.size > 0 && greeted.size < CONNECTIONS);
      log('all that were served are there', before.live === greeted.size);
      log('errors of the server', before.errors);

      await new Promise((resolve) => setTimeout(resolve, WINDOW));
      const after = await server.ask('state');
      log('idle at the limit', after.cpu - before.cpu < IDLE);

      // Descriptors that come free serve new connections.
      let freed = 0;
      for (const client of greeted) {
        if (freed++ === 10) break;
        client.destroy();
      }
      while ((await server.ask('state')).live > before.live - 10);
      const late = [connect(), connect(), connect()];
      await Promise.all(settled);
      log(
        'served again',
        late.map((client) => greeted.has(client)),
      );
      await server.ask('close');
      log('ended', ...(await server.ended));
      return log.entries;
    } finally {
      server.kill();
    }
  },
);
