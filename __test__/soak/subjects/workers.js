'use strict';

/**
 * Worker threads that end in the middle of traffic: terminated, by `process.exit()`, or by
 * themselves; with a main thread that uses the module too, and with one that does not.
 */

const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { descriptors, now, residentMemory, round, tasks, until, warmUp } = require('../measure');

const PROGRAM = path.join(__dirname, 'worker_program.js');

/** Workers at a time. */
const WIDTH = 4;

/** How a worker ends. Most are terminated. */
const ENDINGS = ['terminate', 'terminate', 'by itself', 'terminate', 'process.exit', 'terminate'];

/**
 * Runs one worker to its end.
 *
 * @param {string} specifier What the worker requires
 * @param {number} index Which it is
 * @param {any} [net] The module with which this thread talks to it
 * @returns {Promise<string>} How it ended, where that was not as it should
 */
function one(specifier, index, net) {
  const ending = ENDINGS[index % ENDINGS.length];
  return new Promise((resolve) => {
    const worker = new Worker(PROGRAM, { workerData: { specifier, ending } });
    let failure = '';
    const closed = [];
    worker.on('error', (error) => (failure = String(error)));
    worker.on('message', (port) => {
      const end = () => {
        if (ending === 'terminate') worker.terminate();
        else worker.postMessage('end');
      };
      if (net === undefined) {
        end();
        return;
      }
      const socket = net.connect(port, '127.0.0.1');
      const chunk = Buffer.alloc(16 * 1024, 'm');
      socket.on('error', () => {});
      socket.on('connect', () => socket.write(chunk));
      let received = 0;
      socket.on('data', (data) => {
        socket.write(data);
        // Each a little later than the one before.
        if (++received === 1 + (index % 16)) end();
      });
      closed.push(new Promise((gone) => socket.on('close', gone)));
    });
    worker.on('exit', async (code) => {
      // The worker's ends are closed with it.
      await Promise.all(closed);
      const expected = ending === 'terminate' ? 1 : 0;
      resolve(code === expected ? failure : `${ending}: code ${code} ${failure}`);
    });
  });
}

/**
 * Runs many workers, some at a time.
 *
 * @param {string} specifier What they require
 * @param {number} count How many
 * @param {any} [net] The module with which this thread talks to them
 * @returns {Promise<string[]>} How those ended that did not end as they should
 */
async function several(specifier, count, net) {
  const failures = [];
  let started = 0;
  const lane = async () => {
    while (started < count) {
      const failure = await one(specifier, started++, net);
      if (failure !== '') failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
  return failures;
}

/**
 * A process whose main thread does not use the module.
 *
 * @param {import('../soak').Task} task The task
 */
function alone({ specifier, sizes, serve }) {
  serve(() => several(specifier, sizes.alone));
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ net, specifier, sizes, start }) {
  await warmUp(net);
  // What threads leave behind once is there before anything is counted.
  const failures = await several(specifier, 2 * WIDTH, net);
  await until(() => tasks() === 0);
  const before = descriptors();
  const memory = await residentMemory();
  const begun = now();
  failures.push(...(await several(specifier, sizes.workers, net)));
  const seconds = (now() - begun) / 1000;
  await until(() => descriptors() <= before && tasks() === 0);
  const growth = (await residentMemory()) / memory - 1;

  const other = start('alone');
  failures.push(...(await other.ask('go')));
  await other.end();
  for (const failure of failures.slice(0, 5)) console.error(failure);
  return {
    'workers ended': sizes.workers + sizes.alone,
    'workers that ended otherwise': failures.length,
    'ms each': round((seconds / sizes.workers) * 1000),
    'RSS growth, %': round(growth * 100),
    'descriptors too many': descriptors() - before,
    'tasks left': tasks(),
  };
}

module.exports = {
  title: 'worker threads end in the middle of traffic',
  short: { workers: 18, alone: 6 },
  long: { workers: 500, alone: 100 },
  roles: { run, alone },
  check: (ours) => [
    ours['workers that ended otherwise'] !== 0 && 'workers did not end as they should',
    Number(ours['descriptors too many']) > 0 && 'descriptors were left open',
    ours['tasks left'] !== 0 && 'tasks were left',
  ],
};
