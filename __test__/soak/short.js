'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { run } = require('./soak');
const { subjects } = require('./subjects');

/** Milliseconds that a short form may take: far beyond what it needs. */
const LIMIT = 120_000;

/** @type {import('./soak').ModuleName} */
const MODULE = process.env.TOKIO_NET_TEST_IMPL === 'builtin' ? 'net' : 'tokio-net';

const skip = process.platform !== 'linux' && 'descriptors and memory are looked up in /proc';

/**
 * Declares a test: the short form of a subject.
 *
 * @param {string} name The subject's
 * @param {object} [options] How
 * @param {boolean} [options.compared] Whether `check` compares with built-in net
 * @returns {void}
 */
function shortForm(name, { compared = false } = {}) {
  const { title, check, flags, short } = subjects[name];
  test(title, { skip }, async () => {
    const theirs = compared ? await run(name, 'net', 'short', LIMIT, flags) : undefined;
    const ours = await run(name, MODULE, 'short', LIMIT, flags);
    assert.deepStrictEqual(check(ours, theirs, short).filter(Boolean), [], JSON.stringify(ours));
  });
}

module.exports = { shortForm };
