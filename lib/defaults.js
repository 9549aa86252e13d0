'use strict';

/**
 * The defaults of family autoselection ("happy eyeballs") that a program can change.
 *
 * Source: https://nodejs.org/api/net.html#netsetdefaultautoselectfamilyvalue and
 * https://nodejs.org/api/cli.html#--no-network-family-autoselection
 */

const { lazy } = require('./lazy.js');
const { validateBoolean, validateInt32 } = require('./validators.js');

const flags = lazy(() => require('./flags.js'));

/** A shorter attempt than this, in milliseconds, cannot be asked for. */
const MIN_ATTEMPT_TIMEOUT = 10;

/** Unset until first asked for: reading the flags is not to be paid at `require`. */
/** @type {boolean | undefined} */
let autoSelectFamily;

/** @type {number | undefined} */
let autoSelectFamilyAttemptTimeout;

/**
 * What the running Node gives one attempt, in milliseconds, if nobody says otherwise: twice as much
 * since 25.2.0.
 *
 * @returns {number}
 */
function coreAttemptTimeout() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 25 || (major === 25 && minor >= 2) ? 500 : 250;
}

/**
 * Reads a number as core reads that of a flag: the leading digits as an unsigned 64-bit integer,
 * without the lower bound that the setter has.
 *
 * @param {string} text
 * @returns {number}
 */
function parseUnsigned(text) {
  const [, sign, digits] = /^\s*([+-]?)(\d*)/.exec(text) ?? [];
  if (!digits) return 0;
  const max = 2n ** 64n - 1n;
  const magnitude = BigInt(digits);
  if (magnitude > max) return Number(max);
  return Number(BigInt.asUintN(64, sign === '-' ? -magnitude : magnitude));
}

/**
 * @returns {boolean} Whether a socket tries all addresses of a host, if its options do not say
 */
function getDefaultAutoSelectFamily() {
  autoSelectFamily ??= flags().booleanFlag(
    ['network-family-autoselection', 'enable-network-family-autoselection'],
    true,
  );
  return autoSelectFamily;
}

/**
 * @param {boolean} value Whether a socket tries all addresses of a host, if its options do not say
 * @returns {void}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function setDefaultAutoSelectFamily(value) {
  validateBoolean(value, 'value');
  autoSelectFamily = value;
}

/**
 * @returns {number} Milliseconds that a socket gives one address before it tries the next
 */
function getDefaultAutoSelectFamilyAttemptTimeout() {
  if (autoSelectFamilyAttemptTimeout === undefined) {
    const flag = flags().valueFlag('network-family-autoselection-attempt-timeout');
    autoSelectFamilyAttemptTimeout =
      flag === undefined ? coreAttemptTimeout() : parseUnsigned(flag);
  }
  return autoSelectFamilyAttemptTimeout;
}

/**
 * @param {number} value Milliseconds that a socket gives one address before it tries the next; less
 *   than 10 counts as 10
 * @returns {void}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 */
function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  validateInt32(value, 'value', 1);
  autoSelectFamilyAttemptTimeout = Math.max(value, MIN_ATTEMPT_TIMEOUT);
}

module.exports = {
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
};
