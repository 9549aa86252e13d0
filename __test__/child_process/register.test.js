'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const { documented } = require('../harness');

const PRELOAD = path.join(__dirname, '..', '..', 'register.js');
const PROGRAM = path.join(__dirname, 'register_program.js');

documented('under register, what arrives from another process is ours', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-r', PRELOAD, PROGRAM]);
  assert.strictEqual(stderr, '');
  assert.deepStrictEqual(JSON.parse(stdout), ['true true', 'true true', 'Socket']);
});
