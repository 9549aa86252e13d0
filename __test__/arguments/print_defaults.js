'use strict';

// Prints the defaults of built-in net and ours, in this process, then in workers started in the
// ways that stand in the first argument.

const net = require('node:net');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

const defaults = require('../../lib/defaults');

/**
 * @param {any} module
 * @returns {[boolean, number]}
 */
function read(module) {
  return [module.getDefaultAutoSelectFamily(), module.getDefaultAutoSelectFamilyAttemptTimeout()];
}

const answer = { core: read(net), ours: read(defaults) };

if (isMainThread) {
  console.log(JSON.stringify(answer));
  for (const options of JSON.parse(process.argv[2] ?? '[]')) {
    new Worker(__filename, options).once('message', (message) =>
      console.log(JSON.stringify(message)),
    );
  }
} else {
  parentPort?.postMessage(answer);
}
