'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { scenario } = require('../harness');
const { ended } = require('../harness/child');
const { specifierOf } = require('../harness/implementations');

/** Milliseconds; less than a scenario may take, so that the scenario tells how its program ended. */
const LIMIT = 25_000;

/**
 * @typedef {object} ProgramOptions
 * @property {string[]} [flags] Flags of Node's
 * @property {number} [descriptors] The most descriptors that the process may have open
 * @property {any[]} [args] Further arguments for the program; plain data
 */

/**
 * @typedef {object} Ending
 * @property {number | null} code The exit code
 * @property {string | null} signal SIGKILL for a program that did not end within the limit
 * @property {string[]} stdout The lines that it printed
 * @property {string[]} stderr The lines of the error that ended it, up to the first frame
 */

/**
 * Runs a function as a program of its own, from a file, so that stack traces name it.
 *
 * @param {any} context The scenario's context; its temporary directory takes the file
 * @param {any} net The module that the program gets
 * @param {(net: any, ...args: any[]) => void} main The program; it sees nothing of this file
 * @param {ProgramOptions} [options] How to run it
 * @returns {Promise<Ending>} How it ended
 */
async function runProgram(context, net, main, { flags = [], descriptors, args = [] } = {}) {
  const file = path.join(context.tmp, 'program.js');
  const list = [
    `require(${JSON.stringify(specifierOf(net))})`,
    ...args.map((a) => JSON.stringify(a)),
  ];
  fs.writeFileSync(file, `'use strict';\n(${main})(${list.join(', ')});\n`);

  const command = [process.execPath, ...flags, file];
  if (descriptors !== undefined) {
    command.unshift('/bin/sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`);
  }
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  const { code, signal, stdout, stderr } = await ended(child).finally(() => clearTimeout(timer));
  return { code, signal, stdout: lines(stdout), stderr: essence(stderr, file) };
}

/**
 * Declares a scenario for each program, which gets a path for a Unix socket.
 *
 * @param {Record<string, (net: any, path: string) => void>} programs By title
 * @returns {void}
 */
function declarePrograms(programs) {
  for (const [title, main] of Object.entries(programs)) {
    scenario(
      title,
      async (context) => runProgram(context, context.net, main, { args: [`${context.tmp}/s`] }),
      { cross: false },
    );
  }
}

/**
 * @param {string} text Any text
 * @returns {string[]} Its lines, without the empty one after the last
 */
function lines(text) {
  const list = text.split('\n');
  if (list.at(-1) === '') list.pop();
  return list;
}

/**
 * @param {string} text What the process wrote to stderr
 * @param {string} file The program's file
 * @returns {string[]} The lines up to the stack: what was thrown, and from where in the program when
 *   it was the program that threw. The caret's column, and frames that are the module's own, are not
 *   for comparison
 */
function essence(text, file) {
  const all = lines(text.replaceAll(file, '<program>').replace(/\(node:\d+\)/g, '(node)'));
  const frame = all.findIndex((line) => line.startsWith('    at '));
  if (frame === -1) return all;
  const head = all.slice(0, frame + (all[frame].includes('<program>') ? 1 : 0));
  const thrown = head.findIndex((line) => /^\s*\^+$/.test(line));
  // Above the caret stands a line of the source, and that is the module's own for its own errors.
  if (thrown === -1) return head;
  return head[0].startsWith('<program>')
    ? [...head.slice(0, thrown), ...head.slice(thrown + 1)]
    : head.slice(thrown + 1);
}

module.exports = { declarePrograms, runProgram };
