'use strict';

/** What differs by the system and by the version of Node. */

/** The major version of the running Node: built-in net differs by version, and this package with it. */
const nodeMajor = Number(process.versions.node.split('.')[0]);

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
  const numbers = require('node:os').constants.errno;
  const entries = Object.keys(LINUX).map((name) => [name, -numbers[/** @type {Name} */ (name)]]);
  return Object.fromEntries(entries);
}

/** Errors of the system as the native core answers them: negative, by the numbers of this system. */
const errno = process.platform === 'linux' ? LINUX : ofThisSystem();

module.exports = { errno, nodeMajor };
