'use strict';

// The demo tells good data from bad.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const DEMO = path.join(__dirname, '..', '..', 'scripts', 'demo.js');

/**
 * Preloaded into the demo's processes: in the one whose file is named, the tenth chunk that a
 * built-in socket receives has its first byte flipped.
 */
const CORRUPT = `
if (process.argv[1].endsWith(process.env.CORRUPT)) {
  const { Socket } = require('node:net');
  const { push } = Socket.prototype;
  let chunks = 0;
  Socket.prototype.push = function (chunk, ...rest) {
    if (chunk && ++chunks === 10) chunk[0] ^= 1;
    return push.call(this, chunk, ...rest);
  };
}
`;

/**
 * Runs a small demo.
 *
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
function demo(args, env = {}) {
  return spawnSync(process.execPath, [DEMO, '--mib', '4', '--seconds', '0.1', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
}

test('all four pairings carry the same bytes', () => {
  const { status, stdout, stderr } = demo([]);
  assert.strictEqual(stderr, '');
  assert.strictEqual(status, 0, stdout);
  for (const server of ['net', 'tokio-net']) {
    for (const client of ['net', 'tokio-net']) {
      const row = new RegExp(`^${server} +${client} +\\d+ +\\d+ +[0-9a-f]{16}… same`, 'm');
      assert.match(stdout, row);
    }
  }
});

for (const [file, problem] of [
  ['server.js', 'SHA-256 differs at the server; SHA-256 differs at the client'],
  ['client.js', 'SHA-256 differs at the client'],
]) {
  test(`a byte that changes on its way into ${file} is found`, (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-demo-'));
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    const preload = path.join(folder, 'corrupt.js');
    fs.writeFileSync(preload, CORRUPT);
    const { status, stdout } = demo(['--server', 'net', '--client', 'net'], {
      CORRUPT: file,
      NODE_OPTIONS: `--require ${preload}`,
    });
    assert.strictEqual(status, 1, stdout);
    assert.ok(stdout.includes(`net server, net client: FAILED: ${problem}\n`), stdout);
  });
}

test('an unknown module is refused', () => {
  const { status, stderr } = demo(['--server', 'http']);
  assert.strictEqual(status, 1);
  assert.match(stderr, /take net or tokio-net, not http/);
});
