'use strict';

// The examples run as they stand.

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

test('chat.js passes on what its guests say', async (t) => {
  const chat = spawn(process.execPath, ['chat.js'], {
    cwd: EXAMPLES,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => chat.kill());
  const [announcement] = await once(readline.createInterface({ input: chat.stdout }), 'line');
  const port = Number(announcement.split(' ').pop());

  /** @returns {{ socket: net.Socket, next: () => Promise<string> }} */
  const join = () => {
    const socket = net.connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    const lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]();
    return { socket, next: async () => (await lines.next()).value };
  };

  const first = join();
  assert.strictEqual(await first.next(), 'Welcome, guest 1. 0 others are here.');
  const second = join();
  assert.strictEqual(await second.next(), 'Welcome, guest 2. 1 others are here.');
  assert.strictEqual(await first.next(), '* guest 2 has come');
  second.socket.write('hello\n');
  assert.strictEqual(await first.next(), 'guest 2: hello');
  first.socket.write('and to you\n');
  assert.strictEqual(await second.next(), 'guest 1: and to you');
  second.socket.end();
  assert.strictEqual(await first.next(), '* guest 2 has gone');
});

test('every example is tested', () => {
  const files = fs.readdirSync(EXAMPLES).filter((name) => name.endsWith('.js'));
  assert.deepStrictEqual(files.sort(), [...Object.keys(OUTPUTS), 'chat.js'].sort());
});
