'use strict';

/** Errors of the system as the native core answers them: negative, by the numbers of this system. */

/**
 * @typedef {'EADDRINUSE' | 'EAGAIN' | 'EALREADY' | 'EBADF' | 'ECANCELED' | 'EINVAL' | 'ENOBUFS' |
 *   'ENOTCONN' | 'ETIMEDOUT'} Name
 */

/** Linux's, which spares a server the loading of `node:os`. @type {Readonly<Record<Name, number>>} */
const LINUX = {
  EADDRINUSE: -98,
  EAGAIN: -11,
  EALREADY: -114,
  EBADF: -9,
  ECANCELED: -125,
  EINVAL: -22,
  ENOBUFS: -105,
  ENOTCONN: -107,
  ETIMEDOUT: -110,
};

/**
 * @returns {Readonly<Record<Name, number>>}
 */
function ofThisSystem() {
  const { errno } = require('node:os').constants;
  const entries = Object.keys(LINUX).map((name) => [name, -errno[/** @type {Name} */ (name)]]);
  return Object.fromEntries(entries);
}

module.exports = process.platform === 'linux' ? LINUX : ofThisSystem();
