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

test(
  'few sockets have no tasks, a crowd has, and what is left of it has none again',
  { skip },
  async (context) => {
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

    const few = clients.slice(0, 8);
    for (let round = 0; round < 50; round++) await greet(few);
    assert.strictEqual(aliveTasks(), 0);

    for (let round = 0; round < 50; round++) await greet(clients);
    const crowd = aliveTasks();
    assert.ok(crowd > SOCKETS / 2, `${crowd} tasks for ${SOCKETS} sockets`);

    for (let round = 0; round < 200; round++) await greet(few);
    assert.ok(aliveTasks() <= crowd - few.length, `${aliveTasks()} tasks are left of ${crowd}`);

    for (const client of clients) client.destroy();
    await new Promise((resolve) => server.close(resolve));
  },
);
