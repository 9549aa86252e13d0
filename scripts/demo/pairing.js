'use strict';

const { fork } = require('node:child_process');
const path = require('node:path');

const MIB = 1024 * 1024;

/** Without any progress for so many milliseconds, a pairing has failed. */
const STALL = 60_000;

/** Milliseconds that a process which has nothing left to do may take to end by itself. */
const EXIT_TIME = 20_000;

/**
 * @typedef {object} Result What came of one pairing
 * @property {string} server
 * @property {string} client
 * @property {string[]} problems Empty when every check held
 * @property {number} megabytesPerSecond Each byte counted once, though it goes there and back
 * @property {number} roundTripsPerSecond
 * @property {string} sha256
 */

/** One server and one client, each in a process of its own. */
class Pairing {
  /**
   * @param {string} server Name of the server's module
   * @param {string} client Name of the client's module
   * @param {{ mib: number, seconds: number }} size
   * @param {(text: string) => void} onProgress
   */
  constructor(server, client, size, onProgress) {
    this.server = server;
    this.client = client;
    this.size = size;
    this.onProgress = onProgress;
    /** @type {import('node:child_process').ChildProcess[]} */
    this.children = [];
    /** @type {string[]} */
    this.problems = [];
    /** What the server received, by the client's port. @type {Map<number, any>} */
    this.received = new Map();
    /** The client's last message. @type {any} */
    this.done = undefined;
    this.state = '';
    this.finished = false;
  }

  /**
   * Runs both processes to their end.
   *
   * @returns {Promise<Result>} Never rejects: what went wrong is in `problems`
   */
  async run() {
    await new Promise((resolve) => {
      this.finish = resolve;
      this.stallTimer = setTimeout(() => this.fail(`nothing moved for ${STALL / 1000} s`), STALL);
      this.start('server.js', [this.server], this.serverOnMessage);
    });
    clearTimeout(this.stallTimer);
    this.finished = true;
    await Promise.all(this.children.map((child) => this.stop(child)));
    return this.judge();
  }

  /**
   * Starts one half.
   *
   * @param {string} file
   * @param {string[]} args
   * @param {(message: any) => void} onMessage
   * @returns {void}
   */
  start(file, args, onMessage) {
    const child = fork(path.join(__dirname, file), args);
    child.on('message', onMessage.bind(this));
    child.once('error', (err) => this.fail(`${file}: ${err.message}`));
    child.once('exit', (code, signal) => {
      if (child.killed) return;
      if (code !== 0) this.fail(`${file} ended with ${signal ?? `exit status ${code}`}`);
      else if (!this.finished && file === 'server.js') this.fail(`${file} ended early`);
    });
    this.children.push(child);
  }

  /**
   * Lets a process end by itself, which is a part of what is shown, and kills it when it does not.
   *
   * @param {import('node:child_process').ChildProcess} child
   * @returns {Promise<void>}
   */
  stop(child) {
    return new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) {
        resolve();
        return;
      }
      const kill = () => {
        if (this.problems.length === 0) this.problems.push('a process did not end by itself');
        child.kill('SIGKILL');
      };
      const timer = setTimeout(kill, this.problems.length === 0 ? EXIT_TIME : 0);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      if (child.connected) child.disconnect();
    });
  }

  /**
   * Ends the pairing with a problem.
   *
   * @param {string} problem
   * @returns {void}
   */
  fail(problem) {
    this.problems.push(problem);
    this.finish?.(undefined);
  }

  /**
   * @param {any} message See server.js
   * @returns {void}
   */
  serverOnMessage(message) {
    if (message.type === 'error') {
      this.fail(message.message);
    } else if (message.type === 'listening') {
      const args = [this.client, message.port, this.size.mib, this.size.seconds].map(String);
      this.start('client.js', args, this.clientOnMessage);
    } else if (message.type === 'received') {
      this.received.set(message.port, message);
      this.finishWhenComplete();
    }
  }

  /**
   * @param {any} message See client.js
   * @returns {void}
   */
  clientOnMessage(message) {
    if (message.type === 'error') {
      this.fail(message.message);
    } else if (message.type === 'progress') {
      const mib = Math.floor(message.bytes / MIB);
      const state = `${mib} of ${this.size.mib} MiB, ${message.roundTrips} round trips`;
      if (state !== this.state) this.stallTimer?.refresh();
      this.state = state;
      this.onProgress(state);
    } else if (message.type === 'done') {
      this.done = message;
      this.finishWhenComplete();
    }
  }

  /**
   * The two processes' last messages come in any order.
   *
   * @returns {void}
   */
  finishWhenComplete() {
    if (this.done && this.received.has(this.done.transferred.port)) this.finish?.(undefined);
  }

  /**
   * Compares what both ends say.
   *
   * @returns {Result}
   */
  judge() {
    const { server, client, problems, done } = this;
    const result = { server, client, problems, sha256: '' };
    const atServer = done && this.received.get(done.transferred.port);
    if (!atServer) return { ...result, megabytesPerSecond: NaN, roundTripsPerSecond: NaN };

    const { transferred, roundTrips } = done;
    const expected = this.size.mib * MIB;
    if (atServer.bytes !== expected) problems.push(`${atServer.bytes} bytes reached the server`);
    if (transferred.bytes !== expected) problems.push(`${transferred.bytes} bytes came back`);
    if (atServer.sha256 !== transferred.sent) problems.push('SHA-256 differs at the server');
    if (transferred.received !== transferred.sent) problems.push('SHA-256 differs at the client');
    return {
      ...result,
      megabytesPerSecond: expected / 1e6 / transferred.seconds,
      roundTripsPerSecond: roundTrips.count / roundTrips.seconds,
      sha256: transferred.sent,
    };
  }
}

module.exports = { Pairing };
