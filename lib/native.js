'use strict';

/**
 * The native core. The loader that the build generates looks at the machine and through all the
 * places where an addon may be, which takes longer than to load it; it is asked where the addon is
 * not in one of the usual two.
 */

const { existsSync } = require('node:fs');

/** @returns {typeof import('../binding.js')} */
function load() {
  const { arch, env, platform } = process;
  if (platform === 'linux' && !env.NAPI_RS_NATIVE_LIBRARY_PATH) {
    const name = `tokio-net.linux-${arch}-gnu.node`;
    const built = `${__dirname}/../${name}`;
    try {
      // Built here, or a package of its own, which npm installs where the system's libc fits.
      return require(existsSync(built) ? built : `tokio-net-linux-${arch}-gnu/${name}`);
    } catch (error) {
      // To install it again would be no help.
      if (/** @type {any} */ (error).code === 'ERR_DLOPEN_DISABLED') throw error;
      // It is not there, or not for this system.
    }
  }
  try {
    return require('../binding.js');
  } catch (cause) {
    const err = new Error(
      `tokio-net: there is no native core that loads on ${platform}-${arch}.\n` +
        'Install again with optional dependencies, or with install scripts and cargo (https://rustup.rs).',
      { cause },
    );
    throw Object.assign(err, { code: 'MODULE_NOT_FOUND' });
  }
}

// The addon's own object is a dictionary to V8, which looks in it anew for each call.
module.exports = { ...load() };
