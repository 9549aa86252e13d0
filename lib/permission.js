'use strict';

/**
 * Node's permission model, as far as it concerns `net`: under `--permission` without `--allow-net`
 * (Node 25 and later; earlier ones do not restrict the network) no socket may be connected, bound
 * or made to listen.
 *
 * Where built-in net asks for the permission, and what then happens:
 *
 * | call | resource | what happens |
 * | --- | --- | --- |
 * | `connect` by TCP | the address, without the port | {@link connectAccessDenied} is emitted as 'error', at the moment at which `connect(2)` would be called: after 'connectionAttempt', and in the tick in which the lookup ended |
 * | `connect` by TCP, several addresses | each address | each attempt fails with {@link connectAccessDenied} ('connectionAttemptFailed'); 'error' is the AggregateError of all |
 * | `connect` by TCP with `localAddress` or `localPort` | '' | {@link assertNetPermission} throws before `bind(2)`, out of the tick in which the lookup ended: an uncaught exception, no 'error' |
 * | `connect` by path | the path | {@link connectAccessDenied}, within `connect()`: `connecting` is false when that returns, and 'error' is emitted on the next tick |
 * | `listen` by port, no host | '' | {@link assertNetPermission} throws out of `listen()` |
 * | `listen` by port and address | '' | the same, but a tick later (the address goes through `dns.lookup`): an uncaught exception, no 'error' |
 * | `listen` by path | the path | {@link assertNetPermission} throws out of `listen()` |
 * | `listen` on a descriptor, `new Socket({ fd })` | | never asked |
 * | `new BoundSocket()` | '', or the path | {@link assertNetPermission} throws out of the constructor |
 *
 * Host names need no check: `dns.lookup` refuses them by itself, and that is the 'error' ("getaddrinfo
 * ERR_ACCESS_DENIED localhost"). Invalid arguments are found before the permission is asked for.
 *
 * Source: https://nodejs.org/api/permissions.html#permission-model
 */

const {
  codes: { ERR_ACCESS_DENIED },
} = require('./errors.js');

/** @type {boolean | undefined} */
let enforced;

/**
 * @returns {boolean} Whether this Node restricts the network at all, and not only reports it
 */
function isEnforced() {
  // A program can write what it likes into `process.execArgv`: an audit is not taken on trust.
  enforced ??=
    process.allowedNodeEnvironmentFlags.has('--allow-net') &&
    (!require('./flags.js').booleanFlag(['permission-audit'], false) ||
      require('./core.js').coreDeniesNet());
  return enforced;
}

/**
 * @returns {boolean} Whether the network is out of bounds. Asked each time, for a program may drop
 *   the permission.
 */
function isNetDenied() {
  const { permission } = process;
  return permission !== undefined && !permission.has('net') && isEnforced();
}

/**
 * @param {string} [resource] The path, else ''
 * @returns {void}
 * @throws {Error} ERR_ACCESS_DENIED
 */
function assertNetPermission(resource = '') {
  if (!isNetDenied()) return;
  const error = new ERR_ACCESS_DENIED('Net', resource, '--allow-net');
  Error.captureStackTrace(error, assertNetPermission);
  throw error;
}

/**
 * What a connection that may not be made fails with. Its `errno` is the refusal itself, and the
 * message has the refusal's text where other such errors have the endpoint.
 *
 * @param {string} address An IP address, or a path
 * @param {number} [port] None for a path
 * @returns {Error & { errno: any, code: string, syscall: string, address: string, port?: number }}
 */
function connectAccessDenied(address, port) {
  const errno = new ERR_ACCESS_DENIED('Net', address, '--allow-net');
  Error.captureStackTrace(errno, connectAccessDenied);
  const { code } = errno;
  const syscall = 'connect';
  const error = new Error(`${syscall} ${code} ${errno.message}`);
  Error.captureStackTrace(error, connectAccessDenied);
  return Object.assign(error, { errno, code, syscall, address, ...(port && { port }) });
}

module.exports = { assertNetPermission, connectAccessDenied, isNetDenied };
