'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const ROOT = path.join(__dirname, '..', '..');
const manifest = require('../../package.json');

/**
 * Lists the files that an exports map names.
 *
 * @param {string | Record<string, any>} target
 * @returns {string[]}
 */
function targets(target) {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(targets);
}

test('every file of the exports map exists and is published', () => {
  for (const target of targets(manifest.exports)) {
    const name = target.replace('./', '');
    assert.ok(fs.existsSync(path.join(ROOT, name)), name);
    const published = ['package.json', ...manifest.files].some((file) => name.startsWith(file));
    assert.ok(published, name);
  }
});

test('the package is found by its own name', () => {
  assert.strictEqual(require('tokio-net'), require('../../index.js'));
  assert.strictEqual(require('tokio-net/promises'), require('tokio-net').promises);
  assert.strictEqual(require.resolve('tokio-net/register'), require.resolve('../../register.js'));
  assert.strictEqual(require('tokio-net/http'), require('../../lib/http'));
  assert.strictEqual(require('tokio-net/package.json').name, 'tokio-net');
});

test('import gives what require does, by name and as the default', async () => {
  const imported = await import('tokio-net');
  const required = require('tokio-net');
  assert.strictEqual(imported.default, required);
  // A deprecated export that only some Nodes have; names of an ES module are the same on all.
  const { _setSimultaneousAccepts, ...common } = required;
  assert.deepStrictEqual({ ...imported }, { ...common, default: required });

  const promises = await import('tokio-net/promises');
  assert.strictEqual(promises.default, required.promises);
  assert.strictEqual(promises.connect, required.promises.connect);
  assert.strictEqual(promises.listen, required.promises.listen);

  const http = await import('tokio-net/http');
  assert.deepStrictEqual({ ...http }, { ...http.default, default: require('tokio-net/http') });
});

test('nothing is needed at run time but the package', () => {
  assert.strictEqual(manifest.dependencies, undefined);
});
