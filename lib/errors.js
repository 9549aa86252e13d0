'use strict';

/**
 * The one place that builds errors shaped like those of Node's core.
 *
 * Two families:
 * - `codes`: the `ERR_*` classes for misuse of the API, in error_codes.js. A program without mistakes
 *   does not load them.
 * - system errors, made from a negative errno by {@link errnoException},
 *   {@link exceptionWithHostPort} and {@link uvExceptionWithHostPort}.
 */

const { getSystemErrorMap, getSystemErrorName } = require('node:util');
const { lazy } = require('./lazy.js');

const misuse = lazy(() => require('./error_codes.js'));

/**
 * What an aborted operation fails with. Its class is core's own, so `constructor` stays.
 */
class AbortError extends Error {
  /**
   * @param {string} [message]
   * @param {{ cause?: unknown }} [options] `cause`: the reason of the signal
   */
  constructor(message = 'The operation was aborted', options = undefined) {
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

/**
 * An error of a system call that concerns no address, as in "write EPIPE".
 *
 * @param {number} errno Negative
 * @param {string} syscall
 * @param {string} [detail] Put after the code
 * @returns {NodeJS.ErrnoException}
 */
function errnoException(errno, syscall, detail) {
  const code = getSystemErrorName(errno);
  const message = `${syscall} ${code}${detail ? ` ${detail}` : ''}`;
  return systemError(message, errno, code, syscall, errnoException);
}

/**
 * An error of a system call on an address, as in "connect ECONNREFUSED 127.0.0.1:1".
 *
 * @param {number} errno Negative
 * @param {string} syscall
 * @param {string} [address] An IP address, or a path
 * @param {number} [port] None for a path
 * @param {string} [additional] The near end, put in "Local (...)"
 * @returns {NodeJS.ErrnoException & { address?: string, port?: number }}
 */
function exceptionWithHostPort(errno, syscall, address, port, additional) {
  const code = getSystemErrorName(errno);
  let message = `${syscall} ${code}${describeEndpoint(address, port)}`;
  if (additional) message += ` - Local (${additional})`;
  const error = systemError(message, errno, code, syscall, exceptionWithHostPort);
  return withEndpoint(error, address, port);
}

/**
 * What an attempt fails with that took longer than `autoSelectFamilyAttemptTimeout`; it goes into
 * the `AggregateError` of {@link aggregateConnectError}.
 *
 * @param {string} address An IP address
 * @param {number} port
 * @returns {NodeJS.ErrnoException & { address?: string, port?: number }}
 */
function connectTimeoutError(address, port) {
  const errno = -require('node:os').constants.errno.ETIMEDOUT;
  const error = exceptionWithHostPort(errno, 'connect', address, port);
  Error.captureStackTrace(error, connectTimeoutError);
  return error;
}

/**
 * {@link exceptionWithHostPort} with the system's words for the code, as in
 * "listen EADDRINUSE: address already in use 127.0.0.1:80". Core uses it for `listen`.
 *
 * @param {number} errno Negative
 * @param {string} syscall
 * @param {string} [address] An IP address, or a path
 * @param {number} [port] -1 for a path
 * @returns {NodeJS.ErrnoException & { address?: string, port?: number }}
 */
function uvExceptionWithHostPort(errno, syscall, address, port) {
  const [code, text] = getSystemErrorMap().get(errno) ?? ['UNKNOWN', 'unknown error'];
  const error = bareError(`${syscall} ${code}: ${text}${describeEndpoint(address, port)}`);
  Error.captureStackTrace(error, uvExceptionWithHostPort);
  error.code = code;
  error.errno = errno;
  error.syscall = syscall;
  return withEndpoint(error, address, port);
}

/**
 * @param {string} message
 * @param {number} errno
 * @param {string} code
 * @param {string} syscall
 * @param {Function} maker The function above which the stack starts
 * @returns {NodeJS.ErrnoException}
 */
function systemError(message, errno, code, syscall, maker) {
  const error = bareError(message);
  Error.captureStackTrace(error, maker);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  return error;
}

/**
 * An error without a stack, for one that is captured afterwards: that is the costly part.
 *
 * @param {string} message
 * @returns {NodeJS.ErrnoException}
 */
function bareError(message) {
  const limit = limitStack(0);
  const error = new Error(message);
  restoreStack(limit);
  return error;
}

/**
 * {@link errnoException} for what an event brings. As with such errors of built-in net, its stack
 * says in one line where it comes from: below that is nothing of the program's. It is written and
 * not captured, which takes a fifth of the time; each connection that is reset costs one.
 *
 * @param {number} errno Negative
 * @param {string} syscall
 * @param {string} [detail] Put after the code
 * @returns {NodeJS.ErrnoException}
 */
function eventException(errno, syscall, detail) {
  const code = getSystemErrorName(errno);
  const message = `${syscall} ${code}${detail ? ` ${detail}` : ''}`;
  /** @type {NodeJS.ErrnoException} */
  const error = bareError(message);
  error.stack = `Error: ${message}\n    at ${syscall} (tokio-net)`;
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  return error;
}

/**
 * Any other error for what an event brings, with such a stack.
 *
 * @template {NodeJS.ErrnoException} E
 * @param {string} syscall
 * @param {() => E} make Makes the error
 * @returns {E}
 */
function ofEvent(syscall, make) {
  const limit = limitStack(0);
  const error = make();
  restoreStack(limit);
  const { code, message, name } = error;
  const title = name === 'Error' ? name : `${name} [${code}]`;
  error.stack = `${title}: ${message}\n    at ${syscall} (tokio-net)`;
  return error;
}

/**
 * @param {number} most How many frames a stack may have until {@link restoreStack}
 * @returns {number | undefined} What it may have otherwise; undefined where that cannot be changed
 */
function limitStack(most) {
  const descriptor = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  if (!descriptor?.writable || typeof descriptor.value !== 'number') return undefined;
  Error.stackTraceLimit = Math.min(descriptor.value, most);
  return descriptor.value;
}

/** @param {number | undefined} limit What {@link limitStack} answered */
function restoreStack(limit) {
  if (limit !== undefined) Error.stackTraceLimit = limit;
}

/**
 * @param {string} [address]
 * @param {number} [port]
 * @returns {string} For the end of a message, with a space before it
 */
function describeEndpoint(address, port) {
  if (port && port > 0) return ` ${address}:${port}`;
  return address ? ` ${address}` : '';
}

/**
 * @template {NodeJS.ErrnoException} E
 * @param {E} error
 * @param {string} [address]
 * @param {number} [port]
 * @returns {E & { address?: string, port?: number }}
 */
function withEndpoint(error, address, port) {
  const target = /** @type {E & { address?: string, port?: number }} */ (error);
  target.address = address;
  if (port) target.port = port;
  return target;
}

/**
 * What a socket's 'error' carries when every address of a host was tried in vain: an
 * `AggregateError` without a message that has the code of the first error.
 *
 * @param {Array<NodeJS.ErrnoException>} errors One an attempt, in order; at least one
 * @returns {AggregateError & { code?: string }}
 */
function aggregateConnectError(errors) {
  const error = new (misuse().NodeAggregateError)(errors, errors[0].code);
  Error.captureStackTrace(error, aggregateConnectError);
  return error;
}

module.exports = {
  AbortError,
  aggregateConnectError,
  /** @returns {typeof import('./error_codes').codes} */
  get codes() {
    return misuse().codes;
  },
  connectTimeoutError,
  errnoException,
  eventException,
  exceptionWithHostPort,
  ofEvent,
  uvExceptionWithHostPort,
};
