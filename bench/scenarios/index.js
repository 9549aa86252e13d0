'use strict';

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title What is measured, in a line.
 * @property {string} [group] Names it together with others on the command line, and in the report.
 * @property {number} [connections] Where on the axis of its group's charts it stands.
 * @property {string[]} [variants] Further sides, besides the pair.
 * @property {string[]} [needs] What the machine must have for it.
 * @property {boolean} limit Whether the plain epoll server can stand in for the one under test.
 * @property {import('../lib/statistics.js').Metric[]} metrics
 * @property {(bench: import('../lib/bench.js').Bench) => Promise<import('../lib/statistics.js').Sample>} run
 */

const FILES = [
  'echo',
  'http',
  'broadcast',
  'proxy',
  'bulk',
  'churn',
  'idle',
  'client',
  'local',
  'block-list',
  'load',
  'scaling',
];

/** @type {Scenario[]} */
const scenarios = FILES.flatMap((file) => require(`./${file}.js`).scenarios);

module.exports = { scenarios };
