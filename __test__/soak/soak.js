'use strict';

/**
 * The soak programs. A subject is a program that runs in a process of its own, with tokio-net or with
 * built-in `net`, and tells its figures; `check` says what is wrong with them. Each has a short form,
 * which `npm test` runs, and a long one, which `npm run soak` runs.
 */

const { spawn } = require('node:child_process');
const path = require('node:path');

const CHILD = path.join(__dirname, 'child.js');

/** The modules that a subject runs with, and what a program requires to get them. */
const MODULES = {
  'tokio-net': path.join(__dirname, '..', '..', 'index.js'),
  net: 'node:net',
};

/**
 * @typedef {keyof typeof MODULES} ModuleName
 * @typedef {'short' | 'long'} Form
 * @typedef {Record<string, number | string>} Figures
 */

/**
 * What a program under test works with.
 *
 * @typedef {object} Task
 * @property {any} net The module under test
 * @property {string} specifier What a program requires to get it
 * @property {any} sizes How much of everything, by the form
 * @property {(role: string, options?: StartOptions) => Peer} start Starts another process of the
 *   subject
 * @property {(answer: (question: any) => any) => void} serve Answers the questions of the process
 *   that started this one
 * @property {string[]} args What this process was started with
 */

/**
 * @typedef {object} StartOptions
 * @property {number} [descriptors] The most descriptors that the process may have open
 * @property {(string | number)[]} [args] Further arguments
 * @property {ModuleName} [module] The module, where it is another
 */

/**
 * Another process of a subject.
 *
 * @typedef {object} Peer
 * @property {number} pid Its number
 * @property {(question: any) => Promise<any>} ask Asks it; one question at a time
 * @property {() => Promise<void>} end Ends it
 */

/**
 * @typedef {object} Subject
 * @property {string} title What is tried
 * @property {any} short Sizes of the short form
 * @property {any} long Sizes of the long form
 * @property {string[]} [flags] Flags of Node's
 * @property {Record<string, (task: Task) => any>} roles What its processes do; `run` is the first,
 *   and returns the figures
 * @property {(ours: Figures, theirs: Figures | undefined, sizes: any) => (string | false)[]} check
 *   What is wrong with the figures; `theirs` are those of built-in net where it was run
 */

/**
 * Starts a process of a subject.
 *
 * @param {string} name The subject's
 * @param {ModuleName} module The module under test
 * @param {Form} form Which
 * @param {string} role What the process does
 * @param {StartOptions & { flags?: string[] }} [options] How
 * @returns {import('node:child_process').ChildProcess}
 */
function startProcess(name, module, form, role, options = {}) {
  const { descriptors, args = [], flags = [] } = options;
  const program = [CHILD, name, module, form, role, ...args.map(String)];
  const command = [process.execPath, '--expose-gc', ...flags, ...program];
  if (descriptors !== undefined) {
    command.unshift('/bin/sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`);
  }
  return spawn(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/**
 * Runs a subject.
 *
 * @param {string} name The subject's
 * @param {ModuleName} module The module under test
 * @param {Form} form Which
 * @param {number} limit Milliseconds that it may take
 * @param {string[]} [flags] Flags of Node's
 * @returns {Promise<Figures>} What it has measured
 * @throws {Error} Where it failed or did not end by itself
 */
function run(name, module, form, limit, flags = []) {
  return new Promise((resolve, reject) => {
    const child = startProcess(name, module, form, 'run', { flags });
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    /** @type {Figures | undefined} */
    let figures;
    child.once('error', reject);
    child.on('message', (message) => {
      figures = /** @type {Figures} */ (message);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (figures !== undefined && code === 0) resolve(figures);
      else reject(new Error(`${name} with ${module}: code ${code}, signal ${signal}`));
    });
  });
}

/**
 * A process that answers questions.
 *
 * @param {import('node:child_process').ChildProcess} child The process
 * @returns {Peer}
 */
function peerOf(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // Ended in the middle of an answer, it would leave its asker waiting for ever.
  const lost = ended.then((code) => ({ lost: `the other process ended with ${code}` }));
  return {
    pid: /** @type {number} */ (child.pid),
    ask: async (question) => {
      const answered = new Promise((resolve) => child.once('message', resolve));
      child.send(question);
      const answer = await Promise.race([answered, lost]);
      if (answer?.lost) throw new Error(answer.lost);
      return answer;
    },
    end: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

module.exports = { MODULES, peerOf, run, startProcess };
