'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');
const { promisify } = require('node:util');

const root = path.resolve(__dirname, '../..');

/** Prints how many I/O threads there are with no, with a few and with many connections. */
async function program(specifier) {
  const fs = require('node:fs');
  const { once } = require('node:events');
  const net = require(specifier);
  const count = () =>
    fs
      .readdirSync('/proc/self/task')
      .map((id) => fs.readFileSync(`/proc/self/task/${id}/comm`, 'utf8'))
      .filter((name) => name.startsWith('tokio-net')).length;

  const counts = [count()];
  const server = net.createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clients = [];
  for (const wanted of [3, 100]) {
    while (clients.length < wanted) {
      const client = net.connect(server.address().port, '127.0.0.1');
      clients.push(client);
      client.write(`${clients.length}`);
      // Each is served, on whatever thread it is.
      const [echo] = await once(client, 'data');
      if (String(echo) !== `${clients.length}`) process.exit(1);
    }
    counts.push(count());
  }
  for (const client of clients) client.destroy();
  server.close();
  console.log(JSON.stringify(counts));
}

const skip = process.platform !== 'linux' && 'threads are counted in /proc';

test('a few sockets stay on one I/O thread, many are shared out', { skip }, async () => {
  const env = { ...process.env, TOKIO_NET_WORKER_THREADS: '3' };
  const source = `(${program})(${JSON.stringify(root)})`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', source], { env });
  assert.deepStrictEqual(JSON.parse(stdout), [0, 1, 3]);
});
