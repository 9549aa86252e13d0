'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const { documented, scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');

const PROGRAM = path.join(__dirname, 'program.js');

/**
 * Runs a case of the program in processes of its own.
 *
 * @param {any} net The module
 * @param {string} name The case
 * @param {string} folder A temporary folder
 * @returns {Promise<any>} What the parent saw
 */
async function run(net, name, folder) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    PROGRAM,
    specifierOf(net),
    name,
    folder,
  ]);
  assert.strictEqual(stderr, '');
  return JSON.parse(stdout);
}

for (const name of [
  'a connection that nobody has read from',
  'bytes that were read and not told are no reason to reset it',
  'kept open',
  'connections count until they end',
  'a server',
  'a server that does not listen',
  'a handle',
  'what arrives is adopted',
  'from the child to the parent',
  'sent twice, and sent after its end',
  'to a child that is gone',
  'no descriptor is left',
  'standard input and output',
  'a Unix socket',
  'what was written before is not lost',
  'anything else is refused',
  'built-in sockets go as before',
]) {
  scenario(name, ({ net, tmp }) => run(net, name, tmp), { cross: false });
}

// Built-in net reads until the other process has acknowledged, and loses what comes meanwhile; so
// there is nothing to compare with.
documented('sent when it is accepted', async ({ net, tmp }) => {
  const texts = await run(net, 'sent when it is accepted', tmp);
  assert.deepStrictEqual(
    texts,
    [0, 1, 2, 3, 4].map((i) => `child: ${i}`),
  );
});
