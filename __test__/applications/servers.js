'use strict';

/** Real servers, each for one test file: in a temporary folder, on a free port. */

const { execFileSync, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

/** Milliseconds until a server must answer. */
const LIMIT = 60_000;

/** @type {Set<import('node:child_process').ChildProcess>} Those that run */
const running = new Set();

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/**
 * Finds a port that nobody uses.
 *
 * @returns {Promise<number>}
 */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Makes a folder that is gone with the process.
 *
 * @param {string} name A part of its name
 * @returns {string} Its path
 */
function makeFolder(name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `tokio-net-${name}-`));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Starts a program and waits until it answers on its port.
 *
 * @param {string} command The program
 * @param {string[]} args Its arguments
 * @param {number} port Where it is to listen on 127.0.0.1
 * @param {import('node:child_process').SpawnOptions} [options] Of `spawn`
 * @returns {Promise<import('node:child_process').ChildProcess>}
 */
async function start(command, args, port, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => (output += text));
  }
  child.once('error', (error) => (output += error.message));
  const deadline = Date.now() + LIMIT;
  while (Date.now() < deadline && child.exitCode === null && child.pid !== undefined) {
    const socket = net.connect(port, '127.0.0.1');
    const answers = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answers) return child;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${command} did not start:\n${output}`);
}

/**
 * Ends a server.
 *
 * @param {import('node:child_process').ChildProcess} child From `start()`
 * @param {NodeJS.Signals} [signal] How it is told, if not by SIGTERM
 */
async function stop(child, signal) {
  if (!running.has(child)) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

/**
 * Starts Redis.
 *
 * @returns {Promise<{ port: number, path: string, restart: () => Promise<void>,
 *   stop: () => Promise<void> }>}
 */
async function startRedis() {
  const folder = makeFolder('redis');
  const port = await freePort();
  const socket = path.join(folder, 'redis.sock');
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--unixsocket', socket];
  args.push('--dir', folder, '--save', '', '--appendonly', 'no', '--daemonize', 'no');
  let started = start('redis-server', args, port);
  await started;
  return {
    port,
    path: socket,
    async restart() {
      started = started.then(stop).then(() => start('redis-server', args, port));
      await started;
    },
    // Also where a program has failed while it waited for the restart.
    stop: async () => stop(await started),
  };
}

/** @returns {string} The folder of PostgreSQL's programs */
function postgresFolder() {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root) : [];
  versions.sort((a, b) => Number(b) - Number(a));
  return versions.length > 0 ? path.join(root, versions[0], 'bin') : '';
}

/**
 * PostgreSQL does not run as root.
 *
 * @returns {{ uid?: number, gid?: number }} As whom it does
 */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const users = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
  const user = users.find((line) => line.startsWith('postgres:'));
  if (user === undefined) throw new Error('there is no user postgres');
  const [, , uid, gid] = user.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Starts PostgreSQL, with TLS by a certificate of its own.
 *
 * @returns {Promise<{ port: number, host: string, stop: () => Promise<void> }>} `host` is the folder
 *   of its Unix socket
 */
async function startPostgres() {
  const bin = postgresFolder();
  const folder = makeFolder('postgres');
  const owner = unprivileged();
  const data = path.join(folder, 'data');
  const options = { cwd: folder, ...owner };
  if (owner.uid !== undefined) fs.chownSync(folder, owner.uid, Number(owner.gid));
  const initdb = ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync', '-E', 'UTF8'];
  execFileSync(path.join(bin, 'initdb'), [...initdb, '--locale=C'], { ...options, stdio: 'pipe' });
  const [key, certificate] = [path.join(data, 'server.key'), path.join(data, 'server.crt')];
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', certificate];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject];
  execFileSync('openssl', request, { ...options, stdio: 'pipe' });
  fs.chmodSync(key, 0o600);
  const port = await freePort();
  const settings = ['ssl=on', 'fsync=off', 'max_connections=120', 'listen_addresses=127.0.0.1'];
  const args = ['-D', data, '-k', folder, '-p', `${port}`, ...settings.flatMap((s) => ['-c', s])];
  const child = await start(path.join(bin, 'postgres'), args, port, options);
  // SIGINT is PostgreSQL's "fast": clients that are left are disconnected.
  return { port, host: folder, stop: () => stop(child, 'SIGINT') };
}

module.exports = { startPostgres, startRedis };
