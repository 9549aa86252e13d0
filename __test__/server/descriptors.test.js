'use strict';

const { execFileSync, spawn } = require('node:child_process');
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

/** Has the first attempts to accept fail; the process is not to know. */
const FAILING = [
  'strace',
  '-f',
  '-o',
  '/dev/null',
  '-e',
  'trace=accept4',
  '-e',
  'inject=accept4:error=ENOBUFS:when=1..3',
];

/** @returns {boolean} Whether strace is here and may do that */
function canInject() {
  try {
    execFileSync(FAILING[0], [...FAILING.slice(1), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a server in a process with few descriptors.
 *
 * @param {any} net The module that the server uses
 * @param {string[]} [wrapper] A command that runs the process
 * @returns {{ask: (question: string) => Promise<any>, ended: Promise<any[]>, kill: () => void}} How
 *   to talk to it
 */
function startServer(net, wrapper = []) {
  const command = [...wrapper, process.execPath, PROGRAM, specifierOf(net)];
  const child = spawn('/bin/sh', ['-c', `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`, ...command], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
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

scenario(
  'where accept(2) fails for a while, nobody is told, and who waits is served afterwards',
  async ({ serverNet, clientNet, track, log, once }) => {
    const server = startServer(serverNet, FAILING);
    try {
      const { port } = await server.ask('port');
      const client = track(clientNet.connect(port, '127.0.0.1'));
      log(String(await once(client, 'data')));
      log('errors of the server', (await server.ask('state')).errors);
      await server.ask('close');
      log('ended', ...(await server.ended));
      return log.entries;
    } finally {
      server.kill();
    }
  },
  { skip: canInject() ? false : 'strace is not here, or may not change system calls' },
);
