'use strict';

/** Bulk in one direction: 4 connections, 64 KiB a write. */

/**
 * One run.
 *
 * @param {import('../lib/bench.js').Bench} bench
 * @param {'sink' | 'source'} direction
 * @returns {Promise<import('../lib/statistics.js').Sample>}
 */
async function bulk(bench, direction) {
  const args = ['--size', '65536'];
  const server = await bench.server({
    handler: direction,
    limit: direction,
    args,
    limitArgs: args,
  });
  const load = [direction, '--connections', '4', ...args];
  const { result, threadNs, processNs } = await bench.drive(server, load);
  const gigabytes = result.bytes / 1e9;
  return {
    megabytesPerSecond: result.megabytesPerSecond,
    threadMillis: threadNs / gigabytes / 1e6,
    processMillis: processNs / gigabytes / 1e6,
  };
}

/** @type {import('../lib/statistics.js').Metric[]} */
const metrics = [
  {
    key: 'megabytesPerSecond',
    label: 'bulk',
    unit: 'MB/s',
    floor: { atLeast: 0.95 },
    goal: { atLeast: 1 },
  },
  { key: 'threadMillis', label: 'JS-thread CPU a GB', unit: 'ms' },
  { key: 'processMillis', label: 'process CPU a GB', unit: 'ms' },
];

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'sink',
    title: 'bulk into the server, 4 connections, 64 KiB',
    limit: true,
    metrics,
    run: (bench) => bulk(bench, 'sink'),
  },
  {
    name: 'source',
    title: 'bulk out of the server, 4 connections, 64 KiB',
    limit: true,
    metrics,
    run: (bench) => bulk(bench, 'source'),
  },
];

module.exports = { scenarios };
