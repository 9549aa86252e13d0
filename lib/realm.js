'use strict';

/**
 * One instance of the package for each thread, as there is one built-in `net`: also where a test
 * framework evaluates every module anew, for each test file in a context of its own, or empties
 * `require.cache`. An instance in a context would keep that context alive for good, and would see
 * its stand-ins for timers and `process.nextTick`, which built-in `net` never does.
 */

const EventEmitter = require('node:events');

/** Whether this is the thread's main context: Node's own modules are of that one. */
const isMain = EventEmitter instanceof Function;

/** The global object of the main context. */
const main = isMain ? globalThis : require('node:vm').runInThisContext('globalThis');

/**
 * Loads a file of the package, or takes what was loaded before.
 *
 * @template T
 * @param {string} file The file's absolute path
 * @param {() => T} load Loads it here
 * @returns {T} Its exports
 */
function once(file, load) {
  const key = Symbol.for(`tokio-net:${file}`);
  const { process: owner } = main;
  if (owner[key] === undefined) {
    const required = isMain ? undefined : loadInMain(file);
    // Where it was loaded in the main context just now, it is kept already.
    if (owner[key] === undefined) Object.defineProperty(owner, key, { value: required ?? load() });
  }
  return owner[key];
}

/**
 * Loads a file in the main context.
 *
 * @param {string} file The file's absolute path
 * @returns {any} Its exports, or undefined where this Node (before 20.16) offers no way to
 */
function loadInMain(file) {
  const { process: owner } = main;
  const builtin = owner.getBuiltinModule ?? owner.mainModule?.require.bind(owner.mainModule);
  if (builtin === undefined) return undefined;
  // Its channel stays, with the asynchronous context in which it was loaded: at the first connect
  // that would be a test's, and keep the test's context alive.
  builtin('dns');
  return builtin('module').createRequire(file)(file);
}

module.exports = { once };
