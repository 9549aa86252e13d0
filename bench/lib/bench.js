'use strict';

const path = require('node:path');

const { Child } = require('./child.js');
const { PEERS, launch } = require('./runtime.js');

const BENCH = path.join(__dirname, '..');

/** What a program may take beyond its measured time before it counts as hung, in seconds. */
const GRACE = 20;

/**
 * @typedef {object} Settings
 * @property {Record<string, string>} runtimes Paths of `node`, which runs the programs under test, and of
 *   the peers that are there.
 * @property {string} ours What `require` is given on the side of tokio-net.
 * @property {string} load Path of the load generator.
 * @property {number} seconds
 * @property {number} warmup
 * @property {Record<string, number>} iterations Of `work`, for the time an application takes for a message,
 *   by runtime.
 * @property {import('./machine.js').Placement} placement
 *
 * @typedef {string} Side `net`, `ours`, `limit`, a peer (`bun`, `deno`), or `threads-N`, which is ours with
 *   N I/O threads.
 */

/**
 * What stands for a side: the runtime, what `require` is given there, the environment.
 *
 * @param {Side} side
 * @param {string} ours What `require` is given on the side of tokio-net.
 * @returns {{ runtime: string, module: string, env: Record<string, string> }}
 */
function standIn(side, ours) {
  if (PEERS.includes(side)) return { runtime: side, module: 'node:net', env: {} };
  const threads = /^threads-(\d+)$/.exec(side)?.[1];
  /** @type {Record<string, string>} */
  const env = threads ? { TOKIO_NET_WORKER_THREADS: threads } : {};
  return { runtime: 'node', module: side === 'net' ? 'node:net' : ours, env };
}

/** One run of one scenario on one side: starts the programs, and ends them whatever happens. */
class Bench {
  /**
   * @param {Settings} settings
   * @param {Side} side
   */
  constructor(settings, side) {
    const { runtime, module, env } = standIn(side, settings.ours);
    this.settings = settings;
    this.side = side;
    this.runtime = runtime;
    this.module = module;
    this.env = env;
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
    const child = new Child(command, args, cpus, this.env);
    this.children.push(child);
    return child;
  }

  /**
   * Starts one of the benchmark's own JavaScript programs with the module under test.
   *
   * @param {string} file Its path below `bench/`.
   * @param {string[]} args
   * @param {{ gc?: boolean, cpus?: string | null }} [options] `gc`: whether it calls `global.gc`.
   * @returns {Child}
   */
  program(file, args, { gc = false, cpus } = {}) {
    const { runtime } = this;
    const all = [...launch(runtime, path.join(BENCH, file), { gc }), '--module', this.module];
    return this.start(this.settings.runtimes[runtime], [...all, ...args], cpus);
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
   * @param {{ handler: string, limit?: string | null, args?: string[], limitArgs?: string[],
   *   cpus?: string | null }} options `limit`: the plain server's mode.
   * @returns {Promise<{ child: Child, port: number }>}
   */
  async server({ handler, limit, args = [], limitArgs = [], cpus }) {
    if (this.side === 'limit') return this.plainServer([String(limit), ...limitArgs], cpus);
    const all = ['--handler', handler, ...args];
    const child = this.program('servers/main.js', all, { gc: true, cpus });
    const { port } = await child.next('listening', GRACE);
    return { child, port };
  }

  /**
   * Drives a server with the load generator, and reads what the server used for exactly that.
   *
   * @param {{ child: Child, port: number }} server
   * @param {string[]} args The load generator's.
   * @param {string | null} [cpus]
   * @param {number} [leastWarmup] Seconds that the server needs at least until its code is compiled.
   * @returns {Promise<{ result: any, threadNs: number, processNs: number, rss: number }>} `rss`: the
   *   server's resident memory after the warm-up, with all connections open.
   */
  async drive(server, args, cpus = undefined, leastWarmup = 0) {
    const { seconds } = this.settings;
    const warmup = Math.max(this.settings.warmup, leastWarmup);
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
      rss: before.rss,
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

module.exports = { Bench, GRACE, standIn };
