'use strict';

// The manifests and the workflows say the same.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { platformName } = require('../../scripts/pack');

const ROOT = path.join(__dirname, '..', '..');
const manifest = require('../../package.json');

/**
 * @param {string} file Relative to the checkout
 * @returns {string}
 */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/**
 * @param {RegExp} pattern With one group
 * @param {string} text
 * @returns {string[]} What the group matched
 */
const all = (pattern, text) => Array.from(text.matchAll(pattern), ([, match]) => match);

test('both manifests and their lock files have one version', () => {
  assert.deepStrictEqual(all(/^version = "(.*)"$/gm, read('Cargo.toml')), [manifest.version]);
  const [locked] = all(/name = "tokio-net"\nversion = "(.*)"/g, read('Cargo.lock'));
  assert.strictEqual(locked, manifest.version);
  assert.strictEqual(JSON.parse(read('package-lock.json')).version, manifest.version);
});

test('a release builds each platform that is published', () => {
  const built = all(/^ +- name: ((?:linux|darwin)-\S+)$/gm, read('.github/workflows/release.yml'));
  assert.deepStrictEqual(built.sort(), manifest.napi.targets.map(platformName).sort());
  assert.deepStrictEqual(all(/"(\S+-\S+-\S+)",$/gm, read('deny.toml')), manifest.napi.targets);
});

test('workflows run on each line of Node, and pin what they use by commit', () => {
  for (const name of fs.readdirSync(path.join(ROOT, '.github', 'workflows'))) {
    const text = read(`.github/workflows/${name}`);
    assert.deepStrictEqual(all(/^ +node: \[(.*)\]$/gm, text), ['20, 22, 24, 26'], name);
    const used = all(/uses: (.*)$/gm, text);
    assert.ok(used.length > 0);
    for (const action of used)
      assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});
