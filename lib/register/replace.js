'use strict';

/**
 * Puts tokio-net in the place of built-in `net`, in this thread: for `require`, for `import` and for
 * `process.getBuiltinModule`. Node's own modules (`http`, `tls`, …) load theirs by a way of their own
 * and keep built-in `net`; so do the files of this package.
 */

const Module = require('node:module');
const path = require('node:path');
const { adaptChildProcess, adaptWorkerThreads } = require('./children.js');
const { hookImports } = require('./imports.js');

/** Files in here get the module that they ask for … */
const OWN_FILES = path.join(__dirname, '..') + path.sep;

/** … but not those in here, which pass ours on. */
const PASSING_FILES = __dirname + path.sep;

/**
 * Tokio-net, from the first time that it is asked for: a program that does not use `net` does not
 * pay for it. It is kept here, so that there is one also after `require.cache` has been emptied.
 *
 * @type {any}
 */
let net;

/** Whether the program has core's sockets by other modules, which inherit from built-in `net`. */
let hasCoreSockets = false;

/** @returns {any} tokio-net */
function loadNet() {
  if (net === undefined) {
    const parts = require('../main.js');
    net = parts.net;
    // What other processes send is ours, too.
    parts.childProcess.install();
    parts.sharedMethods.prepare();
    if (hasCoreSockets) parts.sharedMethods.share();
  }
  return net;
}

/** @param {'http' | 'https'} name A module that has been asked for */
function adaptHttp(name) {
  require('../main.js').agents.adaptAgents(name);
  meetCoreSockets();
}

/** A module has been asked for that makes core's sockets. */
function meetCoreSockets() {
  if (hasCoreSockets) return;
  hasCoreSockets = true;
  // Nobody replaces a method of `net` who has not asked for it.
  if (net !== undefined) require('../main.js').sharedMethods.share();
}

/**
 * @param {unknown} parent Who asks for a module
 * @returns {boolean} Whether it is to get the built-in one
 */
function keepsBuiltin(parent) {
  const file = /** @type {{ filename?: unknown } | null | undefined} */ (parent)?.filename;
  return typeof file === 'string' && file.startsWith(OWN_FILES) && !file.startsWith(PASSING_FILES);
}

/**
 * @param {unknown} specifier What is asked for
 * @returns {unknown} The same without `node:`
 */
function nameOf(specifier) {
  return typeof specifier === 'string' && specifier.startsWith('node:')
    ? specifier.slice('node:'.length)
    : specifier;
}

/**
 * Does all of it.
 *
 * @param {string} preload The file that a thread or process has to load to do the same
 */
function replaceNet(preload) {
  const loader = /** @type {any} */ (Module);
  const { _load: load } = loader;
  const { getBuiltinModule } = /** @type {any} */ (process);

  // Not before they are asked for: `child_process` brings built-in `net` with it.
  const adapters = new Map([
    ['child_process', () => adaptChildProcess(load('child_process'), preload)],
    ['worker_threads', () => adaptWorkerThreads(load('worker_threads'), preload)],
    ['http', () => adaptHttp('http')],
    ['https', () => adaptHttp('https')],
    ['http2', meetCoreSockets],
    ['tls', meetCoreSockets],
  ]);
  /** @param {unknown} name A module that is asked for */
  const adapt = (name) => {
    const adapter = adapters.get(/** @type {string} */ (name));
    if (adapter === undefined) return;
    adapters.delete(/** @type {string} */ (name));
    adapter();
    Module.syncBuiltinESMExports();
  };

  /**
   * Every `require` ends here.
   *
   * @this {unknown}
   * @param {unknown} request What is asked for
   * @param {unknown} parent The module that asks
   * @param {...unknown} rest Handed on
   * @returns {unknown}
   */
  loader._load = function _load(request, parent, ...rest) {
    const name = nameOf(request);
    if (name === 'net' && !keepsBuiltin(parent)) return loadNet();
    adapt(name);
    return load.call(this, request, parent, ...rest);
  };

  // Node 20.16 and 22.3 brought it.
  if (getBuiltinModule !== undefined) {
    /** @type {any} */ (process).getBuiltinModule = function getBuiltinModule_(
      /** @type {unknown} */ id,
    ) {
      const name = nameOf(id);
      if (name === 'net') return loadNet();
      adapt(name);
      return getBuiltinModule.call(this, id);
    };
    Object.defineProperty(process.getBuiltinModule, 'name', { value: 'getBuiltinModule' });
  }

  hookImports((specifier) => adapt(nameOf(specifier)));
  // The module `process` has `getBuiltinModule` among its names.
  Module.syncBuiltinESMExports();
}

module.exports = { replaceNet };
