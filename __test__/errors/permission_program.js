'use strict';

// Prints the errors that built-in net and we raise where the network is out of bounds.

const assert = require('node:assert');
const net = require('node:net');

const { assertNetPermission, connectAccessDenied, isNetDenied } = require('../../lib/permission');
const { describe, firstFrame, thrownBy } = require('./describe');

const PATH = '/tokio-net/no/such/path';

/**
 * @param {any} options
 * @returns {Promise<any>}
 */
function refusalOf(options) {
  return new Promise((resolve) => net.connect(options).once('error', resolve));
}

/**
 * @param {any} core
 * @param {any} ours
 * @returns {object}
 */
function pair(core, ours) {
  return { core: describe(core), ours: describe(ours), frame: ours && firstFrame(ours) };
}

/** @returns {Promise<void>} */
async function main() {
  if (process.argv[2] === 'drop') {
    assert.ok(!isNetDenied());
    /** @type {any} */ (process).permission.drop('net');
  }
  const answer = { denied: isNetDenied(), silent: thrownBy(() => assertNetPermission()) };
  if (!answer.denied) {
    console.log(JSON.stringify({ denied: false, thrown: answer.silent !== undefined }));
    return;
  }
  const pairs = {
    listen: pair(
      thrownBy(() => net.createServer().listen(0)),
      thrownBy(() => assertNetPermission()),
    ),
    'listen on a path': pair(
      thrownBy(() => net.createServer().listen(PATH)),
      thrownBy(() => assertNetPermission(PATH)),
    ),
    connect: pair(
      await refusalOf({ port: 1, host: '127.0.0.1' }),
      connectAccessDenied('127.0.0.1', 1),
    ),
    'connect to port 0': pair(
      await refusalOf({ port: 0, host: '127.0.0.1' }),
      connectAccessDenied('127.0.0.1', 0),
    ),
    'connect to a path': pair(await refusalOf({ path: PATH }), connectAccessDenied(PATH)),
  };
  console.log(JSON.stringify({ denied: true, pairs }));
}

main();
