'use strict';

/** Puts tokio-net in the place of built-in `net` for `import`. */

const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { createResolve } = require('./resolve.js');

/**
 * What has to follow when `syncBuiltinESMExports()` is called.
 *
 * @type {(() => void)[]}
 */
const followers = [];

/** @returns {boolean} Whether the permission model, which may be in force, allows it */
function mayStartThreads() {
  const { permission } = /** @type {any} */ (process);
  return permission === undefined || permission.has('worker');
}

/**
 * Hooks in.
 *
 * @param {(specifier: string) => void} adapt Told what is about to be imported, or what may be
 */
function hookImports(adapt) {
  /** @param {string} name Of a file or a folder in here */
  const url = (name) => pathToFileURL(path.join(__dirname, name)).href;
  const replacements = {
    // Names of an ES module cannot come and go with the version of Node, files can.
    net: url(Number.parseInt(process.versions.node) < 24 ? 'net_before_24.mjs' : 'net.mjs'),
    own: url('../'),
    passing: url('./'),
  };

  // Node 22.15 and 23.5 brought hooks that run in the program's thread, for `require` of an ES
  // module, too. Before, they run in a thread beside it.
  const { register, registerHooks } = /** @type {any} */ (Module);
  if (registerHooks !== undefined) {
    const resolve = createResolve(replacements);
    registerHooks({
      resolve(
        /** @type {string} */ specifier,
        /** @type {any} */ context,
        /** @type {Function} */ nextResolve,
      ) {
        adapt(specifier);
        return resolve(specifier, context, nextResolve);
      },
    });
  } else if (register !== undefined && mayStartThreads()) {
    register(url('hooks.mjs'), { data: replacements });
    adapt('child_process');
    adapt('worker_threads');
  }

  const sync = Module.syncBuiltinESMExports;
  Module.syncBuiltinESMExports = function syncBuiltinESMExports() {
    sync();
    for (const follow of followers) follow();
  };
}

module.exports = { followers, hookImports };
