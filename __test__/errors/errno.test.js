'use strict';

// The numbers of the system's errors that the package knows by itself.

const assert = require('node:assert');
const { constants } = require('node:os');
const { test } = require('node:test');

const PLATFORM = require.resolve('../../lib/platform');

// What is written down is Linux's; another system is asked.
for (const platform of [process.platform, 'another']) {
  test(`errors have this system's numbers where the system is called ${platform}`, (t) => {
    const { value } = /** @type {any} */ (Object.getOwnPropertyDescriptor(process, 'platform'));
    t.after(() => Object.defineProperty(process, 'platform', { value }));
    Object.defineProperty(process, 'platform', { value: platform });
    delete require.cache[PLATFORM];
    const { errno: numbers } = require(PLATFORM);
    assert.strictEqual(Object.keys(numbers).length, 9);
    for (const [name, number] of Object.entries(numbers)) {
      assert.strictEqual(number, -constants.errno[/** @type {'EIO'} */ (name)], name);
    }
  });
}
