'use strict';

/**
 * Ping-pong: each connection sends a message, waits until all of it is back, and sends the next.
 */

/**
 * @typedef {import('../lib/bench.js').Bench} Bench
 * @typedef {import('../lib/statistics.js').Metric} Metric
 * @typedef {import('../lib/statistics.js').Sample} Sample
 * @typedef {import('./index.js').Scenario} Scenario
 */

/**
 * One run.
 *
 * @param {Bench} bench
 * @param {{ handler: string, limit: string | null, connections: number, size: number, depth?: number,
 *   args?: string[], cpus?: [string | null, string | null] }} options `cpus`: the server's and the client's.
 * @returns {Promise<Sample>}
 */
async function echo(bench, { handler, limit, connections, size, depth = 1, args = [], cpus }) {
  const server = await bench.server({ handler, limit, args, cpus: cpus?.[0] });
  const load = ['echo', '--connections', connections, '--size', size, '--depth', depth].map(String);
  const driven = await bench.drive(server, load, cpus?.[1]);
  const { megabytesPerSecond, p999 } = driven.result;
  return { ...perMessage(driven), megabytesPerSecond, p999, rssMegabytes: driven.rss / 1e6 };
}

/**
 * What a server was measured to do, and to use for it.
 *
 * @param {{ result: any, threadNs: number, processNs: number }} driven What `Bench.drive` answers.
 * @returns {Sample} Rate, latencies and CPU, for messages or whatever else the load generator counts so.
 */
function perMessage({ result, threadNs, processNs }) {
  const { perSecond, p50, p99, messages } = result;
  return {
    perSecond,
    p50,
    p99,
    threadMicros: threadNs / messages / 1000,
    processMicros: processNs / messages / 1000,
  };
}

/** @type {Metric} */
const RATE = { key: 'perSecond', label: 'requests', unit: '1/s' };
/** @type {Metric} */
const BULK = { key: 'megabytesPerSecond', label: 'bulk', unit: 'MB/s' };
/** @type {Metric} */
const P50 = { key: 'p50', label: 'p50', unit: 'µs' };
/** @type {Metric} */
const P99 = { key: 'p99', label: 'p99', unit: 'µs' };
/** @type {Metric} */
const P999 = { key: 'p999', label: 'p99.9', unit: 'µs' };
/** @type {Metric} */
const THREAD = { key: 'threadMicros', label: 'JS-thread CPU a message', unit: 'µs' };
/** @type {Metric} */
const PROCESS = { key: 'processMicros', label: 'process CPU a message', unit: 'µs' };

/**
 * Ping-pong with as many connections as one thread serves best.
 *
 * @param {number} connections
 * @returns {Scenario}
 */
function few(connections) {
  return {
    name: `echo-${connections}`,
    title: `${connections} ${connections === 1 ? 'connection' : 'connections'}, 64 B`,
    limit: true,
    metrics: [{ ...RATE, floor: { atLeast: 0.95 } }, P50, P99, P999, THREAD, PROCESS],
    run: (bench) => echo(bench, { handler: 'echo', limit: 'echo', connections, size: 64 }),
  };
}

/** @type {Scenario[]} */
const scenarios = [
  {
    name: 'rtt-apart',
    title: '1 connection, 64 B, server and client pinned to a core each',
    needs: ['taskset', 'two cpus'],
    limit: true,
    metrics: [
      { ...P50, floor: { atMost: 1.15 }, goal: { atMost: 1.05 } },
      { ...P99 },
      { ...THREAD },
    ],
    run(bench) {
      const { first, second } = bench.settings.placement;
      return echo(bench, {
        handler: 'echo',
        limit: 'echo',
        connections: 1,
        size: 64,
        cpus: [first, second],
      });
    },
  },
  {
    name: 'rtt-one-core',
    title: '1 connection, 64 B, all pinned to one core',
    needs: ['taskset'],
    limit: true,
    metrics: [{ ...P50, floor: { atMost: 1.8 }, goal: { atMost: 1.4 } }, { ...P99 }, { ...THREAD }],
    run(bench) {
      const { first } = bench.settings.placement;
      return echo(bench, {
        handler: 'echo',
        limit: 'echo',
        connections: 1,
        size: 64,
        cpus: [first, first],
      });
    },
  },
  ...[1, 4, 16].map(few),
  {
    name: 'echo-64',
    title: '64 connections, 64 B',
    limit: true,
    metrics: [
      { ...RATE, floor: { atLeast: 0.95 }, goal: { atLeast: 1.15 } },
      P50,
      { ...P99, goal: { atMost: 1 } },
      P999,
      { ...THREAD, floor: { atMost: 0.75 }, goal: { atMost: 0.4 } },
      PROCESS,
    ],
    run: (bench) => echo(bench, { handler: 'echo', limit: 'echo', connections: 64, size: 64 }),
  },
  {
    name: 'echo-1000',
    title: '1,000 connections, 64 B',
    limit: true,
    metrics: [
      { ...RATE, floor: { atLeast: 0.95 }, goal: { atLeast: 1.15 } },
      P50,
      P99,
      P999,
      THREAD,
      PROCESS,
    ],
    run: (bench) => echo(bench, { handler: 'echo', limit: 'echo', connections: 1000, size: 64 }),
  },
  {
    name: 'app',
    title: '64 connections, 64 B, 20 µs of JavaScript a message',
    limit: false,
    metrics: [{ ...RATE, goal: { atLeast: 1.35 } }, P50, P99, THREAD, PROCESS],
    run(bench) {
      const args = [
        '--size',
        '64',
        '--iterations',
        String(bench.settings.iterations[bench.runtime]),
      ];
      return echo(bench, { handler: 'app', limit: null, connections: 64, size: 64, args });
    },
  },
  {
    name: 'large',
    title: '16 connections, 16 KiB',
    limit: true,
    metrics: [{ ...BULK, goal: { atLeast: 1.1 } }, P50, P99, THREAD, PROCESS],
    run: (bench) => echo(bench, { handler: 'echo', limit: 'echo', connections: 16, size: 16384 }),
  },
  {
    name: 'pipe',
    title: '`c.pipe(c)`, 4 connections, 64 KiB',
    limit: true,
    metrics: [{ ...BULK, goal: { atLeast: 1.8 } }, THREAD, PROCESS],
    run: (bench) => echo(bench, { handler: 'pipe', limit: 'echo', connections: 4, size: 65536 }),
  },
];

module.exports = { BULK, P50, P99, PROCESS, RATE, THREAD, echo, perMessage, scenarios };
