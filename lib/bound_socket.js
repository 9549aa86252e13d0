'use strict';

/**
 * `net.BoundSocket`: a descriptor that is bound and not used yet.
 *
 * Source: https://nodejs.org/api/net.html#class-netboundsocket
 */

const { codes, exceptionWithHostPort } = require('./errors.js');
const { Pipe, TCP } = require('./handle.js');
const { isIP } = require('./ip.js');
const { assertNetPermission } = require('./permission.js');
const { kAdopt } = require('./symbols.js');
const {
  validateBoolean,
  validateObject,
  validatePort,
  validateString,
} = require('./validators.js');

const { ERR_INVALID_ARG_VALUE, ERR_SOCKET_HANDLE_ADOPTED } = codes;

/** Reserves a port or a path at once; `server.listen` or `new Socket` takes it over. */
class BoundSocket {
  /**
   * Null once it is closed or taken over.
   *
   * @type {TCP | Pipe | null}
   */
  #handle;
  #path;

  /**
   * @param {any} [options] `host` (an IP address), `port`, `ipv6Only`, `reusePort`; or `path`
   * @throws {Error} What the system says (`EADDRINUSE`, `EACCES` and others), with `syscall` 'bind'
   */
  constructor(options = {}) {
    validateObject(options, 'options');
    const { path } = options;
    this.#path = path;
    this.#handle = path === undefined ? bindEndpoint(options) : bindPath(options);
  }

  /**
   * @returns {any} `address`, `family` and `port`, or the path
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED, also once it is closed
   */
  address() {
    const handle = this.#own();
    if (this.isPipe) return this.#path;
    const out = {};
    const status = handle.getsockname(out);
    if (status !== 0) throw exceptionWithHostPort(status, 'getsockname');
    return out;
  }

  /**
   * @returns {number} The descriptor, which stays the object's own
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED, also once it is closed
   */
  fd() {
    return this.#own().fd;
  }

  /**
   * Closes it, and removes its path.
   *
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED, also once it is closed
   */
  close() {
    const handle = this.#own();
    this.#handle = null;
    handle.close();
  }

  /** Whether it is bound to a path. */
  get isPipe() {
    return this.#path !== undefined;
  }

  /** Closes it unless it is closed or taken over. */
  [Symbol.dispose]() {
    if (this.#handle !== null) this.close();
  }

  /**
   * Hands the descriptor over.
   *
   * @returns {any} The handle
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  [kAdopt]() {
    const handle = this.#own();
    this.#handle = null;
    handle.unconnected = true;
    return handle;
  }

  /** @returns {any} The handle */
  #own() {
    if (this.#handle === null) throw new ERR_SOCKET_HANDLE_ADOPTED();
    return this.#handle;
  }
}

/**
 * @param {any} options The options
 * @returns {TCP}
 */
function bindEndpoint({ host, port, ipv6Only, reusePort }) {
  if (ipv6Only != null) validateBoolean(ipv6Only, 'options.ipv6Only');
  if (reusePort != null) validateBoolean(reusePort, 'options.reusePort');
  const number = validatePort(port ?? 0, 'options.port');
  if (host != null) validateString(host, 'options.host');
  const address = host ?? (ipv6Only ? '::' : '0.0.0.0');
  const family = isIP(address);
  if (family === 0) {
    throw new ERR_INVALID_ARG_VALUE(
      'options.host',
      address,
      'must be a numeric IP address; net.BoundSocket does not perform DNS resolution',
    );
  }
  assertNetPermission();
  const handle = new TCP();
  const status =
    family === 6
      ? handle.bind6(address, number, Boolean(ipv6Only), Boolean(reusePort))
      : handle.bind(address, number, Boolean(reusePort));
  if (status !== 0) {
    handle.close();
    throw exceptionWithHostPort(status, 'bind', address, number);
  }
  return handle;
}

/**
 * @param {any} options The options
 * @returns {Pipe}
 */
function bindPath(options) {
  const { path, host, port, ipv6Only, reusePort } = options;
  validateString(path, 'options.path');
  if ([host, port, ipv6Only, reusePort].some((value) => value !== undefined)) {
    throw new ERR_INVALID_ARG_VALUE(
      'options',
      options,
      'path is mutually exclusive with host, port, ipv6Only, and reusePort',
    );
  }
  if (path.startsWith('\0') && process.platform !== 'linux') {
    throw new ERR_INVALID_ARG_VALUE('options.path', path, 'is not supported on this platform');
  }
  assertNetPermission(path);
  const handle = new Pipe();
  const status = handle.bind(path);
  if (status !== 0) {
    handle.close();
    throw exceptionWithHostPort(status, 'bind');
  }
  return handle;
}

module.exports = { BoundSocket };
