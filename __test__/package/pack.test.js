'use strict';

// What `npm pack` packs works where it is unpacked, with nothing of the checkout in reach.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { before, after, test } = require('node:test');
const { pack } = require('../../scripts/lint_package');

/** @type {string} */
let project;

before(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-packed-'));
  const installed = path.join(project, 'node_modules', 'tokio-net');
  fs.mkdirSync(installed, { recursive: true });
  const archive = pack(project);
  const { status } = spawnSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1']);
  assert.strictEqual(status, 0);
});
after(() => fs.rmSync(project, { recursive: true, force: true }));

/**
 * @param {...string} args Arguments of Node
 * @returns {string} What it printed
 */
function run(...args) {
  const { NODE_OPTIONS, ...env } = process.env;
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: project,
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  assert.deepStrictEqual([status, stderr], [0, '']);
  return stdout;
}

test('require, import and the preload find each other', () => {
  const program = `
    import net, { createServer } from 'tokio-net';
    import { listen } from 'tokio-net/promises';
    import { active } from 'tokio-net/register';
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    console.log(net === require('tokio-net'), createServer === net.createServer);
    console.log(listen === net.promises.listen, net === require('node:net'), active);
    console.log(require('tokio-net/package.json').name);
  `;
  fs.writeFileSync(path.join(project, 'program.mjs'), program);
  const expected = (/** @type {boolean} */ on) => `true true\ntrue ${on} ${on}\ntokio-net\n`;
  assert.strictEqual(run('-r', 'tokio-net/register', 'program.mjs'), expected(true));
  assert.strictEqual(run('--import', 'tokio-net/register', 'program.mjs'), expected(true));
});

test('a connection is made', () => {
  const program = `
    const net = require('tokio-net');
    const server = net.createServer((socket) => {
      server.close();
      socket.end('hello');
    });
    server.listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1').pipe(process.stdout);
    });
  `;
  assert.strictEqual(run('-e', program), 'hello');
});

test('types and sources of JavaScript are there, and nothing of the development', () => {
  const files = fs.readdirSync(path.join(project, 'node_modules', 'tokio-net')).sort();
  const addons = files.filter((name) => name.endsWith('.node'));
  assert.ok(addons.length > 0);
  assert.deepStrictEqual(
    files.filter((name) => !addons.includes(name)),
    [
      ...[
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'binding.d.ts',
        'binding.js',
        'http.d.ts',
        'http.js',
      ],
      ...['index.d.mts', 'index.d.ts', 'index.js', 'index.mjs', 'lib', 'package.json'],
      ...[
        'promises.d.mts',
        'promises.d.ts',
        'promises.js',
        'promises.mjs',
        'register.d.ts',
        'register.js',
      ],
    ],
  );
});
