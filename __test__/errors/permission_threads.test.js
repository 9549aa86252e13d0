'use strict';

/**
 * In a worker thread the permission model is what it is to built-in net in the same thread, whatever
 * flags the thread was started with; and a program cannot talk itself out of it.
 */

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const PROGRAM = path.join(__dirname, 'permission_threads_program.js');
const restrictsNet = process.allowedNodeEnvironmentFlags.has('--allow-net');

for (const flags of [['--permission'], ['--permission', '--allow-net'], ['--permission-audit']]) {
  test(
    `threads under ${flags.join(' ')}: denied where built-in net is`,
    { skip: !restrictsNet && 'this Node does not restrict the network' },
    async () => {
      const rights = ['fs-read=*', 'fs-write=*', 'worker', 'addons'].map(
        (name) => `--allow-${name}`,
      );
      const command = [...flags, ...rights, '--no-warnings', PROGRAM];
      const { stdout } = await promisify(execFile)(process.execPath, command);
      const outcomes = JSON.parse(stdout);
      assert.strictEqual(outcomes.length, 6);
      for (const { options, core, ours } of outcomes) assert.deepStrictEqual(ours, core, options);
      const denies = flags.length === 1 && flags[0] === '--permission';
      assert.strictEqual(outcomes[0].ours.listen, denies ? 'ERR_ACCESS_DENIED' : 'done');
    },
  );
}
