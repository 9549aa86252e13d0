'use strict';

const path = require('node:path');

const { Child } = require('./child.js');

const BENCH = path.join(__dirname, '..');

/** What a program may take beyond its measured time before it counts as hung, in seconds. */
const GRACE = 20;

/**
 * @typedef {object} Settings
 * @property {string} node Path of the Node that runs the programs under test.
 * @property {string} load Path of the load generator.
 * @property {number} seconds
 * @property {number} warmup
 * @property {number} iterations Of `work`, for the time an application takes for a message.
 * @property {import('./machine.js').Placement} placement
 *
 * @typedef {'net' | 'ours' | 'limit'} Side
 */

/** One run of one scenario on one side: starts the programs, and ends them whatever happens. */
class Bench {
  /**
   * @param {Settings} settings
   * @param {Side} side
   * @param {string} module What `require` is given on this side.
   */
  constructor(settings, side, module) {
    this.settings = settings;
    this.side = side;
    this.module = module;
    /** @type {Child[]} */
    this.children = [];
  }

  /**
   * Starts a program.
   *
   * @param {string} command
   * @param {string[]} args
   * @param {string | null} [cpus]
   * @returns {Child}
   */
  start(command, args, cpus = this.settings.placement.all) {
    const child = new Child(command, args, cpus);
    this.children.push(child);
    return child;
  }

  /**
   * Starts one of the benchmark's own Node programs with the module under test.
   *
   * @param {string} file Its path below `bench/`.
   * @param {string[]} args
   * @param {string[]} [flags] Node's own.
   * @param {string | null} [cpus]
   * @returns {Child}
   */
  program(file, args, flags = [], cpus = undefined) {
    const all = [...flags, path.join(BENCH, file), '--module', this.module, ...args];
    return this.start(this.settings.node, all, cpus);
  }

  /**
   * Starts the plain epoll server.
   *
   * @param {string[]} args
   * @param {string | null} [cpus]
   * @returns {Promise<{ child: Child, port: number }>}
   */
  async plainServer(args, cpus = undefined) {
    const child = this.start(this.settings.load, ['server', ...args], cpus);
    const { port } = await child.next('listening', GRACE);
    return { child, port };
  }

  /**
   * Starts the server of this side: the module's, or on the side of the limit the plain one.
   *
   * @param {{ handler: string, limit?: string | null, args?: string[], limitArgs?: string[], flags?: string[],
   *   cpus?: string | null }} options `limit`: the plain server's mode.
   * @returns {Promise<{ child: Child, port: number }>}
   */
  async server({ handler, limit, args = [], limitArgs = [], flags = [], cpus }) {
    if (this.side === 'limit') return this.plainServer([String(limit), ...limitArgs], cpus);
    const child = this.program(
      'servers/main.js',
      ['--handler', handler, ...args],
      ['--expose-gc', ...flags],
      cpus,
    );
    const { port } = await child.next('listening', GRACE);
    return { child, port };
  }

  /**
   * Drives a server with the load generator, and reads what the server used for exactly that.
   *
   * @param {{ child: Child, port: number }} server
   * @param {string[]} args The load generator's.
   * @param {string | null} [cpus]
   * @returns {Promise<{ result: any, threadNs: number, processNs: number }>}
   */
  async drive(server, args, cpus = undefined) {
    const { seconds, warmup } = this.settings;
    const times = ['--seconds', String(seconds), '--warmup', String(warmup)];
    const all = ['client', ...args, '--port', String(server.port), ...times, '--wait'];
    const load = this.start(this.settings.load, all, cpus);
    await load.next('warm', warmup + GRACE);
    const before = await server.child.ask('stats', 'stats');
    const result = await load.ask('go', 'result', seconds + GRACE);
    const after = await server.child.ask('stats', 'stats');
    return {
      result,
      threadNs: after.threadNs - before.threadNs,
      processNs: after.processNs - before.processNs,
    };
  }

  /**
   * What the programs wrote to stderr: the one that fails is not always the one that notices.
   *
   * @returns {string}
   */
  complaints() {
    const told = this.children.filter(({ errors }) => errors !== '');
    return told.map(({ name, errors }) => `${name}:\n${errors}`).join('\n');
  }

  /** Ends every program that was started, the latest first. */
  async close() {
    for (const child of this.children.reverse()) await child.close();
  }
}

module.exports = { Bench, GRACE };
