'use strict';

// Tries to listen and to connect, with built-in net and with tokio-net, in threads with several
// flags of their own, and prints how each ended.

const builtin = require('node:net');
const os = require('node:os');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

/** How the threads are started. */
const STARTS = [
  {},
  { execArgv: [] },
  { env: { NODE_OPTIONS: '--permission-audit' } },
  { env: { NODE_OPTIONS: '--allow-net' } },
  { workerData: { pretend: 'execArgv' } },
  { workerData: { pretend: 'NODE_OPTIONS' } },
];

/**
 * @param {any} net A module
 * @returns {Promise<{ listen: string, connect: string }>} How each ended
 */
async function attempt(net) {
  const path = `${os.tmpdir()}/tn-threads-${process.pid}-${Math.random()}`;
  const server = net.createServer();
  const listen = await new Promise((resolve) => {
    server.on('error', (/** @type {any} */ error) => resolve(error.code));
    try {
      server.listen(path, () => resolve('done'));
    } catch (error) {
      resolve(/** @type {any} */ (error).code);
    }
  });
  if (server.listening) server.close();
  const connect = await new Promise((resolve) => {
    const socket = net.connect(1, '127.0.0.1');
    socket.on('error', (/** @type {any} */ error) => resolve(error.code));
  });
  return { listen, connect };
}

/** In a thread: tries both modules. */
async function tryBoth() {
  // What a program says of its own flags is not to be believed.
  if (workerData?.pretend === 'execArgv') process.execArgv.push('--permission-audit');
  else if (workerData?.pretend) process.env.NODE_OPTIONS = '--permission-audit';
  const ours = require('../..');
  parentPort?.postMessage({ core: await attempt(builtin), ours: await attempt(ours) });
}

/** Starts the threads. */
async function main() {
  const outcomes = [];
  for (const options of STARTS) {
    const worker = new Worker(__filename, options);
    outcomes.push(
      await new Promise((resolve, reject) => {
        worker.once('message', (outcome) =>
          resolve({ options: JSON.stringify(options), ...outcome }),
        );
        worker.once('error', reject);
      }),
    );
  }
  console.log(JSON.stringify(outcomes));
}

if (isMainThread) main();
else tryBoth();
