'use strict';

// Who waits for a socket: JavaScript's own event loop as long as few are busy, a task for each of a
// crowd, and the event loop again when that is gone.

const assert = require('node:assert');
const core = require('node:net');
const { test } = require('node:test');
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

    // The others say nothing, and leave with them.
    for (let round = 0; round < 200 && aliveTasks() > 0; round++) await greet(few);
    assert.strictEqual(aliveTasks(), 0);
    await greet(clients);

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
