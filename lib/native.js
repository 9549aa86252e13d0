'use strict';

/**
 * The native core. The loader that the build generates looks at the machine and through all the
 * places where an addon may be, which takes longer than to load it; it is asked where the addon is
 * not the usual one, and to say what is wrong.
 */

/** @returns {typeof import('../binding.js')} */
function load() {
  if (process.platform === 'linux' && !process.env.NAPI_RS_NATIVE_LIBRARY_PATH) {
    try {
      // @ts-ignore There is no declaration of it but binding.d.ts.
      return require(`../tokio-net.linux-${process.arch}-gnu.node`);
    } catch {
      // It is not there, or not for this system.
    }
  }
  return require('../binding.js');
}

module.exports = load();
