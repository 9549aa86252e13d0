'use strict';

/**
 * Whether connections may leave the program's thread: a connection that goes to another process or
 * thread goes as it is, so nothing of it is read before somebody asks for it.
 */

const { lazy } = require('./lazy.js');
const { nodeMajor } = require('./platform.js');

const transfer = lazy(() => require('./transfer.js'));

let modulesSeen = 0;
let hasChildren = false;
let hasThreads = false;

/**
 * Looks whether the modules for that are loaded; there is no other way for them to leave.
 *
 * @returns {boolean}
 */
function mayLeave() {
  const loaded = /** @type {any} */ (process).moduleLoadList;
  if (loaded === undefined || loaded.length === modulesSeen) return hasChildren || hasThreads;
  modulesSeen = loaded.length;
  hasChildren ||= loaded.includes('NativeModule child_process');
  if (!hasThreads && nodeMajor >= 24 && loaded.includes('NativeModule worker_threads')) {
    hasThreads = true;
    transfer().install();
  }
  return hasChildren || hasThreads;
}

module.exports = { mayLeave };
