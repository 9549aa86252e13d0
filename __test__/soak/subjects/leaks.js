'use strict';

/**
 * Connections that come and go, in one process that is client and server: descriptors and tasks are
 * back at the start, and memory does not grow.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { cpu, descriptors, now, residentMemory, round, tasks, until } = require('../measure');

/** Connections at a time. */
const WIDTH = 20;

/** A port of the loopback interface on which nobody listens. */
const CLOSED_PORT = 1;

/**
 * Does something many times, some at a time.
 *
 * @param {number} count How often
 * @param {(index: number, done: () => void) => void} one Does it once
 * @returns {Promise<void>}
 */
function times(count, one) {
  return new Promise((resolve) => {
    let started = 0;
    let ended = 0;
    const done = () => {
      if (++ended === count) resolve();
      else if (started < count) one(started++, done);
    };
    while (started < Math.min(count, WIDTH)) one(started++, done);
  });
}

/**
 * @param {any} server A server
 * @param {any} target Where it is to listen
 * @returns {Promise<void>}
 */
function listening(server, target) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(target, resolve);
  });
}

/**
 * The subject over one kind of socket.
 *
 * @param {'TCP' | 'Unix'} transport The kind
 * @returns {import('../soak').Subject}
 */
function over(transport) {
  const isTcp = transport === 'TCP';

  /**
   * @param {import('../soak').Task} task The task
   * @returns {Promise<import('../soak').Figures>}
   */
  async function run({ net, sizes }) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'soak-'));
    let paths = 0;
    const fresh = () =>
      isTcp ? { port: 0, host: '127.0.0.1' } : { path: path.join(folder, `${paths++}`) };

    let accepted = 0;
    const server = net.createServer((socket) => {
      accepted++;
      socket.on('error', () => {});
      socket.on('data', (data) => socket.write(data));
    });
    await listening(server, fresh());
    const address = server.address();
    const target = isTcp ? { port: address.port, host: '127.0.0.1' } : { path: address };
    const nowhere = isTcp
      ? { port: CLOSED_PORT, host: '127.0.0.1' }
      : { path: path.join(folder, 'nobody') };

    let echoed = 0;
    let failed = 0;
    let unexpected = 0;
    const count = () => unexpected++;

    /** Connects, has a line echoed and closes: every second time by a reset, where there is one. */
    const converse = (index, done) => {
      const socket = net.connect(target, () => socket.write('through and back'));
      socket.on('error', count);
      socket.on('data', () => {
        echoed++;
        if (isTcp && index % 2 === 1) socket.resetAndDestroy();
        else socket.end();
      });
      socket.on('close', done);
    };
    /** Gives up at once, or when connect(2) was called and its end is not known. */
    const abort = (index, done) => {
      const socket = net.connect(target);
      socket.on('error', count);
      socket.on('close', done);
      if (index % 2 === 1) process.nextTick(() => socket.destroy());
      else socket.destroy();
    };
    const fail = (_index, done) => {
      const socket = net.connect(nowhere, count);
      socket.on('error', () => failed++);
      socket.on('close', done);
    };
    const cycle = (_index, done) => {
      const other = net.createServer();
      other.on('error', count);
      other.listen(fresh(), () => other.close(done));
    };

    // What is made once for a process is there before anything is counted.
    await times(WIDTH, converse);
    await until(() => server._connections === 0);
    const descriptorsBefore = descriptors();
    echoed = 0;

    const fifth = Math.ceil(sizes.connections / 5);
    await times(fifth, converse);
    const memoryOfFifth = await residentMemory();
    const begun = now();
    const cpuBegun = cpu();
    await times(sizes.connections - fifth, converse);
    const seconds = (now() - begun) / 1000;
    const microseconds = (cpu() - cpuBegun) / (sizes.connections - fifth);
    const memory = await residentMemory();
    await times(sizes.aborted, abort);
    await times(sizes.failed, fail);
    await times(sizes.cycles, cycle);
    const memoryAtEnd = await residentMemory();

    await until(() => server._connections === 0 && descriptors() <= descriptorsBefore);
    const figures = {
      'connections echoed': echoed,
      'connects failed': failed,
      'unexpected events': unexpected,
      'connections/s': round((sizes.connections - fifth) / seconds, 0),
      'CPU µs/connection': round(microseconds),
      'RSS after a fifth, MB': round(memoryOfFifth / 1e6),
      'RSS after all, MB': round(memory / 1e6),
      'RSS growth, %': round((memory / memoryOfFifth - 1) * 100),
      'RSS growth with all else, %': round((memoryAtEnd / memoryOfFifth - 1) * 100),
      'descriptors too many': descriptors() - descriptorsBefore,
      'connections of the server left': server._connections,
    };
    await new Promise((resolve) => server.close(resolve));
    await until(() => tasks() === 0);
    figures['tasks left'] = tasks();
    fs.rmSync(folder, { recursive: true });
    if (accepted < sizes.connections) figures['unexpected events']++;
    return figures;
  }

  return {
    title: `${transport} connections that come and go leave nothing behind`,
    short: { connections: 1500, aborted: 200, failed: 200, cycles: 50, growth: 40 },
    long: { connections: 100_000, aborted: 10_000, failed: 10_000, cycles: 1000, growth: 5 },
    // V8 makes its young generation larger by steps, some of them late: here it is large at once.
    flags: ['--min-semi-space-size=16', '--max-semi-space-size=16'],
    roles: { run },
    check: (ours, _theirs, sizes) => [
      ours['connections echoed'] !== sizes.connections && 'not every connection was served',
      ours['connects failed'] !== sizes.failed && 'a connect to nowhere did not fail',
      ours['unexpected events'] !== 0 && 'there were unexpected events',
      Number(ours['RSS growth, %']) >= sizes.growth && 'memory grew',
      Number(ours['RSS growth with all else, %']) >= sizes.growth && 'memory grew with all else',
      Number(ours['descriptors too many']) > 0 && 'descriptors were left open',
      ours['connections of the server left'] !== 0 && 'the server believes in connections',
      ours['tasks left'] !== 0 && 'tasks were left',
    ],
  };
}

module.exports = { over };
