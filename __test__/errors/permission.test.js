'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const PROGRAM = path.join(__dirname, 'permission_program.js');

/** Node 20 calls the permission model experimental. */
const FLAG = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

const restrictsNet = process.allowedNodeEnvironmentFlags.has('--allow-net');
/** Older ones have no `process.permission.drop`. */
const drops = Number.parseInt(process.versions.node, 10) >= 26;
const audits = process.allowedNodeEnvironmentFlags.has('--permission-audit');

/**
 * @param {string[]} flags
 * @param {...string} args For the program
 * @returns {Promise<any>} What the program printed
 */
async function run(flags, ...args) {
  const command = [...flags, PROGRAM, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return JSON.parse(stdout);
}

test('without the permission model nothing is denied', async () => {
  assert.deepStrictEqual(await run([]), { denied: false, thrown: false });
});

test(
  'with it, net is denied as by built-in net',
  { skip: !restrictsNet && 'this Node does not restrict the network' },
  async () => {
    const { denied, pairs } = await run([FLAG, '--allow-fs-read=*']);
    assert.ok(denied);
    assert.strictEqual(Object.keys(pairs).length, 5);
    for (const [name, { core, ours, frame }] of Object.entries(pairs)) {
      assert.deepStrictEqual(ours, core, name);
      assert.ok(frame.includes(PROGRAM), `the stack shows ${frame}`);
    }
  },
);

test(
  'with --allow-net nothing is denied',
  { skip: !restrictsNet && 'this Node does not restrict the network' },
  async () => {
    const answer = await run([FLAG, '--allow-fs-read=*', '--allow-net']);
    assert.deepStrictEqual(answer, { denied: false, thrown: false });
  },
);

test(
  'a permission that the program drops is gone',
  { skip: !(restrictsNet && drops) && 'this Node cannot drop it' },
  async () => {
    const { denied } = await run([FLAG, '--allow-fs-read=*', '--allow-net'], 'drop');
    assert.ok(denied);
  },
);

test('an audit denies nothing', { skip: !audits && 'this Node has no audit' }, async () => {
  const answer = await run(['--permission-audit', '--allow-fs-read=*']);
  assert.deepStrictEqual(answer, { denied: false, thrown: false });
});

test(
  'a Node that does not restrict the network: nothing is denied',
  { skip: restrictsNet && 'this Node does' },
  async () => {
    const answer = await run([FLAG, '--allow-fs-read=*']);
    assert.deepStrictEqual(answer, { denied: false, thrown: false });
  },
);
