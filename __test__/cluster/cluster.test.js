'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const { scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');

const PROGRAM = path.join(__dirname, 'program.js');

/**
 * Runs a case of the program in a cluster of its own.
 *
 * @param {string} name The case
 * @param {string} policy `rr` or `none`
 * @returns {void}
 */
function clusterScenario(name, policy) {
  scenario(
    `${name}, ${policy === 'rr' ? 'by turns' : 'sharing the listening socket'}`,
    async ({ net, tmp }) => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [
        PROGRAM,
        specifierOf(net),
        policy,
        name,
        tmp,
      ]);
      assert.strictEqual(stderr, '');
      return JSON.parse(stdout);
    },
    { cross: false },
  );
}

for (const policy of ['rr', 'none']) {
  for (const name of [
    'port 0',
    'an address of its own',
    'a path',
    "a descriptor of the primary's",
    'a worker dies',
    'the cluster disconnects',
    'a worker disconnects by itself',
    'listen again',
    'what is refused',
    'closed before the primary answers',
  ]) {
    clusterScenario(name, policy);
  }
}

// Who shares the listening socket cannot give a connection back.
clusterScenario('full workers pass connections on', 'rr');
