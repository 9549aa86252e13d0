'use strict';

/**
 * `net.BoundSocket`: a descriptor that is bound and not used yet.
 *
 * Source: https://nodejs.org/api/net.html#class-netboundsocket
 */

const { codes, exceptionWithHostPort } = require('./errors');
const { Pipe, TCP } = require('./handle');
const { isIP } = require('./ip');
const { assertNetPermission } = require('./permission');
const { kAdopt } = require('./symbols');
const {
  validateBoolean,
  validateObject,
  validatePort,
  validateString,
} = require('./validators');

const { ERR_INVALID_ARG_VALUE, ERR_INVALID_IP_ADDRESS, ERR_SOCKET_HANDLE_ADOPTED } = codes;

/** Reserves a port or a path at once; `server.listen` or `new Socket` takes it over. */
class BoundSocket {
  #handle;
  #path;
  #adopted = false;

  /**
   * @param {any} [options] `host` (an IP address), `port`, `ipv6Only`, `reusePort`; or `path`
   * @throws {Error} What the system says (`EADDRINUSE`, `EACCES` …), with `syscall` 'bind'
   */
  constructor(options = {}) {
    validateObject(options, 'options');
    const { path } = options;
    if (path === undefined) {
      this.#handle = bindEndpoint(options);
    } else {
      this.#path = path;
      this.#handle = bindPath(options);
    }
  }

  /**
   * @returns {any} `address`, `family` and `port`, or the path
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  address() {
    const handle = this.#own();
    if (this.#path !== undefined) return this.#path;
    const out = {};
    const status = handle === null ? -9 : handle.getsockname(out);
    if (status !== 0) throw exceptionWithHostPort(status, 'getsockname');
    return out;
  }

  /** Whether it is bound to a path. */
  get isPipe() {
    return this.#path !== undefined;
  }

  /**
   * @returns {number} The descriptor, which stays the object's own
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  fd() {
    return this.#own()?.fd ?? -1;
  }

  /**
   * Closes it, and removes its path.
   *
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  close() {
    const handle = this.#own();
    this.#handle = null;
    handle?.close();
  }

  /** Closes it unless it is closed or taken over. */
  [Symbol.dispose]() {
    if (!this.#adopted) this.close();
  }

  /**
   * Hands the descriptor over.
   *
   * @returns {any} The handle
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  [kAdopt]() {
    const handle = this.#own();
    this.#adopted = true;
    this.#handle = null;
    if (handle) handle.unconnected = true;
    return handle;
  }

  #own() {
    if (this.#adopted) throw new ERR_SOCKET_HANDLE_ADOPTED();
    return this.#handle;
  }
}

/**
 * @param {any} options The options
 * @returns {TCP}
 */
function bindEndpoint({ host, port = 0, ipv6Only = false, reusePort = false }) {
  validateBoolean(ipv6Only, 'options.ipv6Only');
  validateBoolean(reusePort, 'options.reusePort');
  const number = validatePort(port, 'options.port');
  if (host !== undefined) validateString(host, 'options.host');
  const address = host ?? (ipv6Only ? '::' : '0.0.0.0');
  const family = isIP(address);
  if (family === 0) throw new ERR_INVALID_IP_ADDRESS(address);
  assertNetPermission();
  const handle = new TCP();
  const status =
    family === 6
      ? handle.bind6(address, number, ipv6Only, reusePort)
      : handle.bind(address, number, reusePort);
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
function bindPath({ path, host, port }) {
  validateString(path, 'options.path');
  if (host !== undefined || port !== undefined) {
    throw new ERR_INVALID_ARG_VALUE('options.path', path, 'cannot be used with host or port');
  }
  if (path.startsWith('\0') && process.platform !== 'linux') {
    throw new ERR_INVALID_ARG_VALUE('options.path', path, 'is not supported on this platform');
  }
  assertNetPermission(path);
  const handle = new Pipe();
  const status = handle.bind(path);
  if (status !== 0) {
    handle.close();
    throw exceptionWithHostPort(status, 'bind', path);
  }
  return handle;
}

module.exports = { BoundSocket };
