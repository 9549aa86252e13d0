'use strict';

/**
 * Checks of arguments, each with the error that Node's core throws for it. The stack of that error
 * starts at the caller: the check itself is not in it.
 */

const { isArrayBufferView } = require('node:util').types;

const errors = require('./errors.js');

/**
 * @param {Error} error
 * @param {Function} check The function whose frame, and all above it, the stack leaves out
 * @returns {Error} The same error
 */
function hide(error, check) {
  Error.captureStackTrace(error, check);
  return error;
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @returns {asserts value is string}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateString(value, name) {
  if (typeof value !== 'string') {
    throw hide(new errors.codes.ERR_INVALID_ARG_TYPE(name, 'string', value), validateString);
  }
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @returns {asserts value is boolean}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateBoolean(value, name) {
  if (typeof value !== 'boolean') {
    throw hide(new errors.codes.ERR_INVALID_ARG_TYPE(name, 'boolean', value), validateBoolean);
  }
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @returns {asserts value is Function}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateFunction(value, name) {
  if (typeof value !== 'function') {
    throw hide(new errors.codes.ERR_INVALID_ARG_TYPE(name, 'Function', value), validateFunction);
  }
}

/**
 * A plain object: neither null nor an array nor a function.
 *
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @returns {asserts value is Record<PropertyKey, any>}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateObject(value, name) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw hide(new errors.codes.ERR_INVALID_ARG_TYPE(name, 'Object', value), validateObject);
  }
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @param {number} [min] The least value allowed
 * @param {number} [max] The greatest value allowed
 * @returns {asserts value is number}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 */
function validateNumber(value, name, min, max) {
  if (typeof value !== 'number') {
    throw hide(new errors.codes.ERR_INVALID_ARG_TYPE(name, 'number', value), validateNumber);
  }
  const hasMin = min !== undefined && min !== null;
  const hasMax = max !== undefined && max !== null;
  if (
    (hasMin && value < min) ||
    (hasMax && value > max) ||
    ((hasMin || hasMax) && Number.isNaN(value))
  ) {
    const range = [hasMin && `>= ${min}`, hasMax && `<= ${max}`].filter(Boolean).join(' && ');
    throw hide(new errors.codes.ERR_OUT_OF_RANGE(name, range, value), validateNumber);
  }
}

/**
 * The common part of the three checks for integers.
 *
 * @param {unknown} value
 * @param {string} name
 * @param {number} min
 * @param {number} max
 * @param {Function} check The public one of the three
 * @returns {void}
 */
function checkInteger(value, name, min, max, check) {
  if (typeof value !== 'number') {
    throw hide(new errors.codes.ERR_INVALID_ARG_TYPE(name, 'number', value), check);
  }
  if (!Number.isInteger(value)) {
    throw hide(new errors.codes.ERR_OUT_OF_RANGE(name, 'an integer', value), check);
  }
  if (value < min || value > max) {
    throw hide(new errors.codes.ERR_OUT_OF_RANGE(name, `>= ${min} && <= ${max}`, value), check);
  }
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @param {number} [min] The least value allowed
 * @param {number} [max] The greatest value allowed
 * @returns {asserts value is number}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 */
function validateInteger(
  value,
  name,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
) {
  checkInteger(value, name, min, max, validateInteger);
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @param {number} [min] The least value allowed
 * @param {number} [max] The greatest value allowed
 * @returns {asserts value is number}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 */
function validateInt32(value, name, min = -2147483648, max = 2147483647) {
  checkInteger(value, name, min, max, validateInt32);
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @param {boolean} [positive] Whether 0 is refused
 * @returns {asserts value is number}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 */
function validateUint32(value, name, positive = false) {
  checkInteger(value, name, positive ? 1 : 0, 4294967295, validateUint32);
}

/**
 * A timeout in milliseconds, as `socket.setTimeout` takes it.
 *
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @returns {asserts value is number}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE when negative or not finite
 */
function validateMilliseconds(value, name) {
  if (typeof value !== 'number') {
    throw hide(new errors.codes.ERR_INVALID_ARG_TYPE(name, 'number', value), validateMilliseconds);
  }
  if (!(value >= 0 && Number.isFinite(value))) {
    throw hide(
      new errors.codes.ERR_OUT_OF_RANGE(name, 'a non-negative finite number', value),
      validateMilliseconds,
    );
  }
}

/**
 * @param {unknown} port A number, or a string of one in any base that JavaScript writes
 * @param {string} [name] What the message calls it
 * @param {boolean} [allowZero]
 * @returns {number} The port
 * @throws {RangeError} ERR_SOCKET_BAD_PORT
 */
function validatePort(port, name = 'Port', allowZero = true) {
  const valid =
    (typeof port === 'number' || (typeof port === 'string' && port.trim().length > 0)) &&
    Number(port) === Number(port) >>> 0 &&
    Number(port) <= 0xffff &&
    (Number(port) !== 0 || allowZero);
  if (!valid) throw hide(new errors.codes.ERR_SOCKET_BAD_PORT(name, port, allowZero), validatePort);
  return Number(port) | 0;
}

/**
 * @param {unknown} signal `undefined` is allowed
 * @param {string} name The argument's name in the message
 * @returns {asserts signal is AbortSignal | undefined}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateAbortSignal(signal, name) {
  if (
    signal !== undefined &&
    (signal === null || typeof signal !== 'object' || !('aborted' in signal))
  ) {
    throw hide(
      new errors.codes.ERR_INVALID_ARG_TYPE(name, 'AbortSignal', signal),
      validateAbortSignal,
    );
  }
}

/**
 * @param {unknown} value
 * @param {string} name The argument's name in the message
 * @param {readonly unknown[]} oneOf The values allowed
 * @returns {void}
 * @throws {TypeError} ERR_INVALID_ARG_VALUE
 */
function validateOneOf(value, name, oneOf) {
  if (!oneOf.includes(value)) {
    const allowed = oneOf.map(quoteIfString).join(', ');
    throw hide(
      new errors.codes.ERR_INVALID_ARG_VALUE(name, value, `must be one of: ${allowed}`),
      validateOneOf,
    );
  }
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function quoteIfString(value) {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/**
 * @param {unknown} value
 * @param {string} [name] The argument's name in the message
 * @returns {asserts value is NodeJS.ArrayBufferView}
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateBuffer(value, name = 'buffer') {
  if (!isArrayBufferView(value)) {
    throw hide(
      new errors.codes.ERR_INVALID_ARG_TYPE(name, ['Buffer', 'TypedArray', 'DataView'], value),
      validateBuffer,
    );
  }
}

module.exports = {
  validateAbortSignal,
  validateBoolean,
  validateBuffer,
  validateFunction,
  validateInt32,
  validateInteger,
  validateMilliseconds,
  validateNumber,
  validateObject,
  validateOneOf,
  validatePort,
  validateString,
  validateUint32,
};
