'use strict';

// Who waits for a socket: JavaScript's own event loop as long as few are busy, a task for each of a
// crowd, and the event loop again when that is gone.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const core = require('node:net');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { aliveTasks } = require('../../binding.js');
const net = require('../..');

const SOCKETS = 64;

// The environment variable by which other runs of these tests say who waits would answer first.
const skip = process.env.TOKIO_NET_EVENT_LOOP !== undefined;

/**
 * Says hello on each socket at once, and waits for all answers.
 *
 * @param {import('node:net').Socket[]} clients
 * @returns {Promise<unknown>}
 */
function greet(clients) {
  const answers = clients.map(
    (client) =>
      /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          client.once('data', (chunk) => {
            assert.strictEqual(chunk.toString(), 'hello');
            resolve();
          });
        })
      ),
  );
  for (const client of clients) client.write('hello');
  return Promise.all(answers);
}

/**
 * A server that echoes, and clients of it.
 *
 * @param {import('node:test').TestContext} context Where they are let go of
 * @returns {Promise<{ server: import('node:net').Server, clients: import('node:net').Socket[] }>}
 */
async function crowd(context) {
  const server = net.createServer((socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const clients = await Promise.all(
    Array.from(
      { length: SOCKETS },
      () =>
        /** @type {Promise<import('node:net').Socket>} */ (
          new Promise((resolve) => {
            const client = core.connect(port, '127.0.0.1', () => resolve(client));
          })
        ),
    ),
  );
  context.after(() => clients.forEach((client) => client.destroy()));
  return { server, clients };
}

test(
  'few sockets have no tasks, a crowd has, and what is left of it has none again',
  { skip },
  async (context) => {
    const { server, clients } = await crowd(context);
    const few = clients.slice(0, 8);
    for (let round = 0; round < 50; round++) await greet(few);
    assert.strictEqual(aliveTasks(), 0);

    for (let round = 0; round < 50; round++) await greet(clients);
    const tasks = aliveTasks();
    assert.ok(tasks > SOCKETS / 2, `${tasks} tasks for ${SOCKETS} sockets`);

    for (let round = 0; round < 200; round++) await greet(few);
    assert.ok(aliveTasks() <= tasks - few.length, `${aliveTasks()} tasks are left of ${tasks}`);

    for (const client of clients) client.destroy();
    await new Promise((resolve) => server.close(resolve));
  },
);

test(
  'many sockets that say little, one after the other, are no crowd',
  { skip },
  async (context) => {
    const { server, clients } = await crowd(context);

    for (let round = 0; round < 50; round++) await greet(clients);
    const tasks = aliveTasks();
    assert.ok(tasks > SOCKETS / 2, `${tasks} tasks for ${SOCKETS} sockets`);

    for (let round = 0; round < 16; round++) for (const client of clients) await greet([client]);
    assert.ok(aliveTasks() <= tasks / 2, `${aliveTasks()} tasks are left of ${tasks}`);

    for (const client of clients) client.destroy();
    await new Promise((resolve) => server.close(resolve));
  },
);

test(
  'where another thread waits for the event loop, a socket is watched at once',
  { skip },
  async () => {
    const program = (/** @type {object} */ versions) => `
    Object.defineProperty(process, 'versions', { value: ${JSON.stringify(versions)} });
    const net = require(${JSON.stringify(require.resolve('../..'))});
    const seen = [];
    const server = net.createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.on('end', () => seen.push('end')).resume();
      client.on('close', () => console.log(seen.join()));
      server.once('connection', (socket) => {
        socket.on('data', () => seen.push('data')).pause();
        client.write('x', () => setImmediate(setImmediate, () => {
          socket.resume();
          process.nextTick(() => process.nextTick(() => socket.end()));
          server.close();
        }));
      });
    });`;
    const run = promisify(execFile);
    const { versions } = process;
    const seen = async (/** @type {object} */ said) =>
      (await run(process.execPath, ['-e', program(said)])).stdout.trim();
    assert.strictEqual(await seen(versions), 'end,data');
    assert.strictEqual(await seen({ ...versions, electron: '1.0.0' }), 'data,end');
  },
);
