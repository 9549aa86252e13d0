'use strict';

/** Each connection is piped to a plain echo server in another process, and its answers back. */

const { BULK, PROCESS, THREAD } = require('./echo.js');

/** @type {import('./index.js').Scenario[]} */
const scenarios = [
  {
    name: 'proxy',
    title: '`c.pipe(up); up.pipe(c)`, 4 connections, 64 KiB',
    limit: true,
    metrics: [{ ...BULK, goal: { atLeast: 1.8 } }, THREAD, PROCESS],
    async run(bench) {
      const upstream = await bench.plainServer(['echo']);
      const args = ['--upstream', String(upstream.port)];
      const server = await bench.server({
        handler: 'proxy',
        limit: 'proxy',
        args,
        limitArgs: args,
      });
      const load = ['echo', '--connections', '4', '--size', '65536'];
      const { result, threadNs, processNs } = await bench.drive(server, load);
      return {
        megabytesPerSecond: result.megabytesPerSecond,
        threadMicros: threadNs / result.messages / 1000,
        processMicros: processNs / result.messages / 1000,
      };
    },
  },
];

module.exports = { scenarios };
