'use strict';

// scripts/prepare.js and scripts/build.js, in a copy of the checkout with a stub in napi's place.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const SCRIPTS = path.join(__dirname, '..', '..', 'scripts');

/** Writes what napi writes, and counts its calls. */
const NAPI_STUB = `
const fs = require('node:fs');
const path = require('node:path');
const output = process.argv[process.argv.indexOf('--output-dir') + 1];
fs.appendFileSync('calls', process.argv.includes('--release') ? 'release ' : 'debug ');
if (fs.readFileSync('src/lib.rs', 'utf8') === 'broken') process.exit(101);
for (const name of ['binding.js', 'binding.d.ts', 'tokio-net.linux-x64-gnu.node']) {
  fs.writeFileSync(path.join(output, name), fs.readFileSync('src/lib.rs'));
}
`;

/**
 * Makes a checkout with just what the scripts need.
 *
 * @param {import('node:test').TestContext} t
 * @returns {{ folder: string, write: Function, prepare: Function, calls: () => string }}
 */
function makeCheckout(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-prepare-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const write = (/** @type {string} */ name, /** @type {string} */ content) => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    return file;
  };
  for (const name of ['build.js', 'prepare.js']) {
    write(`scripts/${name}`, fs.readFileSync(path.join(SCRIPTS, name), 'utf8'));
  }
  write('node_modules/@napi-rs/cli/package.json', '{ "bin": { "napi": "cli.js" } }');
  write('node_modules/@napi-rs/cli/cli.js', NAPI_STUB);
  write('src/lib.rs', 'first');
  write('src/deep/er.rs', 'first');
  for (const name of ['Cargo.toml', 'Cargo.lock', 'build.rs']) write(name, 'first');
  fs.chmodSync(write('bin/cargo', '#!/bin/sh\n'), 0o755);

  const prepare = (bin = path.join(folder, 'bin')) =>
    spawnSync(process.execPath, ['scripts/prepare.js'], {
      cwd: folder,
      env: { ...process.env, PATH: bin },
      encoding: 'utf8',
    });
  const calls = () => {
    const file = path.join(folder, 'calls');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  };
  return { folder, write, prepare, calls };
}

test('prepare builds where there is nothing, and not again', (t) => {
  const { folder, prepare, calls } = makeCheckout(t);
  assert.strictEqual(prepare().status, 0);
  assert.strictEqual(calls(), 'release ');
  assert.strictEqual(fs.readFileSync(path.join(folder, 'binding.js'), 'utf8'), 'first');
  assert.strictEqual(prepare().status, 0);
  assert.strictEqual(calls(), 'release ');
});

test('prepare looks at what the files contain, not at their times', (t) => {
  const { folder, prepare, calls } = makeCheckout(t);
  prepare();
  const later = new Date(Date.now() + 3_600_000);
  fs.utimesSync(path.join(folder, 'src/lib.rs'), later, later);
  prepare();
  assert.strictEqual(calls(), 'release ');
});

for (const name of [
  'src/lib.rs',
  'src/deep/er.rs',
  'src/new.rs',
  'Cargo.toml',
  'Cargo.lock',
  'build.rs',
]) {
  test(`prepare builds again when ${name} changes`, (t) => {
    const { write, prepare, calls } = makeCheckout(t);
    prepare();
    write(name, 'second');
    assert.strictEqual(prepare().status, 0);
    assert.strictEqual(calls(), 'release release ');
  });
}

for (const name of [
  'binding.js',
  'binding.d.ts',
  'tokio-net.linux-x64-gnu.node',
  '.cache/build.json',
]) {
  test(`prepare builds again when ${name} is missing or was changed`, (t) => {
    const { folder, write, prepare, calls } = makeCheckout(t);
    prepare();
    fs.rmSync(path.join(folder, name));
    prepare();
    assert.strictEqual(calls(), 'release release ');
    write(name, 'changed');
    prepare();
    assert.strictEqual(calls(), 'release release release ');
  });
}

test('prepare fails when the build does, and leaves the old files', (t) => {
  const { folder, write, prepare } = makeCheckout(t);
  prepare();
  write('src/lib.rs', 'broken');
  assert.strictEqual(prepare().status, 101);
  assert.strictEqual(fs.readFileSync(path.join(folder, 'binding.js'), 'utf8'), 'first');
  assert.deepStrictEqual(fs.readdirSync(path.join(folder, '.cache')), ['build.json']);
});

test('prepare needs no cargo where the addon is fresh', (t) => {
  const { folder, prepare } = makeCheckout(t);
  prepare();
  assert.strictEqual(prepare(path.join(folder, 'src')).status, 0);
});

test('prepare says in two lines what to install when cargo is missing', (t) => {
  const { folder, prepare, calls } = makeCheckout(t);
  const { status, stderr, stdout } = prepare(path.join(folder, 'src'));
  assert.strictEqual(status, 1);
  assert.strictEqual(stdout, '');
  assert.match(stderr, /^tokio-net: .*`cargo` was not found\.\nInstall Rust .*rustup\.rs.*\n$/);
  assert.strictEqual(calls(), '');
});
