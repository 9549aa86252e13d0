'use strict';

/**
 * What a connection costs in memory while nothing happens on it: the growth of the server's resident
 * memory from none to 8,000 of them, and again after each has echoed one message.
 */

const CONNECTIONS = 8000;

/** Opened at a time; fewer than the backlog of a server holds. */
const BURST = 250;

/**
 * The server's resident memory once it has settled.
 *
 * @param {import('../lib/bench.js').Bench} bench
 * @param {import('../lib/child.js').Child} server
 * @returns {Promise<number>}
 */
async function settled(bench, server) {
  const { rss } = await server.ask(bench.side === 'limit' ? 'stats' : 'gc', 'stats');
  return rss;
}

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'idle',
    title: '8,000 idle connections',
    needs: ['20000 descriptors'],
    limit: true,
    metrics: [
      {
        key: 'bytes',
        label: 'memory a connection',
        unit: 'B',
        floor: { atMost: 1.2 },
        goal: { atMost: 1 },
      },
      { key: 'usedBytes', label: 'the same after one echo each', unit: 'B' },
    ],
    async run(bench) {
      const { child, port } = await bench.server({ handler: 'echo', limit: 'echo' });
      const before = await settled(bench, child);
      const load = bench.start(bench.settings.load, ['client', 'idle', '--port', String(port)]);
      for (let open = 0; open < CONNECTIONS; open += BURST) {
        await load.ask(`open ${BURST}`, 'held');
        let accepted = 0;
        const deadline = performance.now() + 10_000;
        while (accepted < open + BURST) {
          if (performance.now() > deadline) throw new Error('the server does not accept');
          ({ connections: accepted } = await child.ask('stats', 'stats'));
        }
      }
      const held = await settled(bench, child);
      await load.ask('echo', 'held');
      const used = await settled(bench, child);
      return { bytes: (held - before) / CONNECTIONS, usedBytes: (used - before) / CONNECTIONS };
    },
  },
];

module.exports = { scenarios };
