'use strict';

// The examples run as they stand, and end well. Clients are of built-in net.

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const { test } = require('node:test');

const EXAMPLES = path.join(__dirname, '..', '..', 'examples');

/** What the examples print that end by themselves. @type {Record<string, RegExp>} */
const OUTPUTS = {
  'echo.js': /^listening on port \d+\none\ntwo\nthree\n$/,
  'http.js': /^200 came on a socket of tokio-net\nGET \/hello came on a socket of tokio-net\n$/,
  'line_protocol.js':
    /^get colour -> none\nset colour dark blue -> ok\nget colour -> value dark blue\nsing -> error: .*\n$/,
  'unix_socket.js': /^\{ pid: \d+, memory: \d+ \}\n$/,
};

for (const [name, expected] of Object.entries(OUTPUTS)) {
  test(`${name} prints what it should and ends`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [name], {
      cwd: EXAMPLES,
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.strictEqual(stderr, '');
    assert.match(stdout, expected);
    assert.strictEqual(status, 0);
  });
}

/**
 * Starts an example that serves, and tells how to talk to it.
 *
 * @param {import('node:test').TestContext} t
 * @param {string[]} args The example and its arguments
 * @param {RegExp} announcement The line it prints first, with the port in brackets
 */
async function start(t, args, announcement) {
  const child = spawn(process.execPath, args, {
    cwd: EXAMPLES,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: first } = await lines.next();
  assert.match(String(first), announcement, errors);
  const port = Number(/** @type {RegExpExecArray} */ (announcement.exec(first))[1]);

  return {
    port,
    /** @returns {Promise<string>} The next line it prints */
    next: async () => (await lines.next()).value,
    /** A client, and the lines it gets: undefined at the end. */
    join() {
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      t.after(() => socket.destroy());
      const answers = readline.createInterface({ input: socket })[Symbol.asyncIterator]();
      return { socket, next: async () => (await answers.next()).value };
    },
    /**
     * Ends it as Ctrl+C does.
     *
     * @param {(number | string | null)[]} end Its exit status and signal
     */
    async interrupt(end = [null, 'SIGINT']) {
      child.kill('SIGINT');
      assert.deepStrictEqual(await closed, end);
      assert.strictEqual(errors, '');
    },
  };
}

test('chat.js passes on what its guests say', async (t) => {
  const chat = await start(t, ['chat.js'], /^nc 127\.0\.0\.1 (\d+)$/);
  const first = chat.join();
  assert.strictEqual(await first.next(), 'Welcome, guest 1. 0 others are here.');
  const second = chat.join();
  assert.strictEqual(await second.next(), 'Welcome, guest 2. 1 others are here.');
  assert.strictEqual(await first.next(), '* guest 2 has come');
  second.socket.write('hello\n');
  assert.strictEqual(await first.next(), 'guest 2: hello');
  first.socket.write('and to you\n');
  assert.strictEqual(await second.next(), 'guest 1: and to you');
  second.socket.end();
  assert.strictEqual(await first.next(), '* guest 2 has gone');
  await chat.interrupt();
});

test('tcp_proxy.js passes bytes on in both directions', async (t) => {
  const bytes = Buffer.alloc(1_000_000, 'a piece of text, ');
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let size = 0;
    socket.on('data', (chunk) => (size += chunk.length));
    socket.on('end', () => socket.end(`${size} bytes\n`));
  });
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());

  const proxy = await start(t, ['tcp_proxy.js', `127.0.0.1:${port}`], /^127\.0\.0\.1:(\d+) -> /);
  const { socket, next } = proxy.join();
  socket.end(bytes);
  assert.strictEqual(await next(), '1000000 bytes');
  assert.strictEqual(await next(), undefined);
  await proxy.interrupt();
});

test('tcp_proxy.js wants a target', () => {
  const { status, stderr } = spawnSync(process.execPath, ['tcp_proxy.js'], {
    cwd: EXAMPLES,
    encoding: 'utf8',
  });
  assert.deepStrictEqual([status, stderr], [2, 'node examples/tcp_proxy.js <host:port> [port]\n']);
});

test('rate_limited.js takes all, and takes its time', async (t) => {
  // 200,000 bytes at a million a second: not under 100 ms, whatever waits in the system's buffers.
  const limited = await start(
    t,
    ['rate_limited.js', '1000000'],
    /^127\.0\.0\.1:(\d+) takes 1000000 bytes a second$/,
  );
  const { socket, next } = limited.join();
  const begin = performance.now();
  socket.end(Buffer.alloc(200_000));
  assert.strictEqual(await next(), '200000 bytes');
  const duration = performance.now() - begin;
  assert.ok(duration > 100, `${duration} ms`);
  assert.strictEqual(await next(), undefined);
  await limited.interrupt();
});

test('graceful_shutdown.js answers what is under way, and ends the rest', async (t) => {
  const server = await start(t, ['graceful_shutdown.js'], /^listening on port (\d+)$/);
  const idle = server.join();
  const busy = server.join();
  idle.socket.write('one\n');
  assert.strictEqual(await server.next(), 'answering one');
  assert.strictEqual(await idle.next(), 'ONE');
  busy.socket.write('two\n');
  assert.strictEqual(await server.next(), 'answering two');
  const interrupted = server.interrupt([0, null]);
  assert.strictEqual(await server.next(), 'closing, 2 connections');
  assert.strictEqual(await idle.next(), 'goodbye');
  assert.strictEqual(await idle.next(), undefined);
  assert.strictEqual(await busy.next(), 'TWO');
  assert.strictEqual(await busy.next(), 'goodbye');
  for (const { socket } of [idle, busy]) socket.end();
  assert.strictEqual(await server.next(), 'closed');
  await interrupted;
});

test('worker_pool.js shares connections out among its workers', async (t) => {
  const pool = await start(t, ['worker_pool.js', '2'], /^2 workers, port (\d+)$/);
  /** @type {Set<string>} */
  const workers = new Set();
  for (let left = 4; left > 0; left--) {
    const { socket, next } = pool.join();
    socket.write('100\n');
    const answer = await next();
    assert.match(answer, /^worker \d+: 25 primes below 100$/);
    workers.add(answer.split(':')[0]);
    socket.end();
    assert.strictEqual(await next(), undefined);
  }
  assert.strictEqual(workers.size, 2);
  await pool.interrupt();
});

test('redis.js answers as Redis does, pipelined and in pieces', async (t) => {
  const redis = await start(t, ['redis.js'], /port: (\d+)/);
  const { socket } = redis.join();
  let answers = '';
  socket.removeAllListeners('data');
  socket.setEncoding('latin1').on('data', (text) => (answers += text));
  const command = (/** @type {string[]} */ ...words) =>
    `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
  const commands = [
    command('ping'),
    command('SET', 'key', 'a\r\nvalue'),
    command('GET', 'key'),
    command('GET', 'nothing'),
    command('INCR', 'number'),
    command('INCR', 'number'),
    command('DEL', 'key', 'number', 'nothing'),
    command('SING'),
  ].join('');
  socket.setNoDelay();
  socket.write(commands.slice(0, 17));
  setImmediate(() => socket.end(commands.slice(17)));
  await once(socket, 'end');
  assert.strictEqual(
    answers,
    '+PONG\r\n+OK\r\n$8\r\na\r\nvalue\r\n$-1\r\n:1\r\n:2\r\n:2\r\n-ERR unknown command\r\n',
  );
  await redis.interrupt();
});

test('redis.js has 40 lines', () => {
  const lines = fs.readFileSync(path.join(EXAMPLES, 'redis.js'), 'utf8').split('\n');
  const code = lines.filter((line) => !/^\s*(\/\/.*|\/\*\*.*\*\/)?$/.test(line));
  assert.ok(code.length <= 40, `${code.length}`);
});

test('every example is tested', () => {
  const source = fs.readFileSync(__filename, 'utf8');
  for (const name of fs.readdirSync(EXAMPLES)) {
    assert.ok(name in OUTPUTS || source.includes(`test('${name} `), name);
  }
});
