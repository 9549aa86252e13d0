'use strict';

const { inspect } = require('node:util');

const { extendCore, isCoreSocketAddress } = require('./core.js');
const {
  codes: { ERR_INVALID_ADDRESS, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE },
} = require('./errors.js');
const { formatIPv4, formatIPv6, readIPv4, readIPv6 } = require('./ip.js');
const { validateObject, validatePort, validateString, validateUint32 } = require('./validators.js');

/** A flow label has 20 bits (RFC 8200 section 6). */
const FLOW_LABEL_MAX = 0xfffff;

const scratch = new Uint32Array(4);

/**
 * Brings an address into its canonical form.
 *
 * @param {string} address
 * @param {'ipv4' | 'ipv6'} family
 * @returns {string}
 * @throws {Error} ERR_INVALID_ADDRESS
 */
function canonical(address, family) {
  if (family === 'ipv4') {
    const value = readIPv4(address);
    if (value < 0) throw new ERR_INVALID_ADDRESS();
    return formatIPv4(value);
  }
  if (!readIPv6(address, scratch)) throw new ERR_INVALID_ADDRESS();
  return formatIPv6(scratch);
}

/**
 * @typedef {object} Endpoint What a SocketAddress is made of
 * @property {string} address In its canonical form
 * @property {number} port
 * @property {'ipv4' | 'ipv6'} family
 * @property {number} flowlabel 0 for IPv4
 */

/**
 * Checks what a SocketAddress is to be made of.
 *
 * @param {object} options As of the constructor
 * @returns {Endpoint}
 * @throws {Error} As the constructor
 */
function toEndpoint(options) {
  validateObject(options, 'options');
  const { family = 'ipv4' } = /** @type {{ family?: 'ipv4' | 'ipv6' }} */ (options);
  const {
    address = family === 'ipv4' ? '127.0.0.1' : '::',
    port = 0,
    flowlabel = 0,
  } = /** @type {{ address?: string, port?: number | string, flowlabel?: number }} */ (options);

  const name = typeof family === 'string' ? family.toLowerCase() : family;
  if (name !== 'ipv4' && name !== 'ipv6') {
    throw new ERR_INVALID_ARG_VALUE('options.family', family);
  }
  validateString(address, 'options.address');
  const checkedPort = validatePort(port, 'options.port');
  validateUint32(flowlabel, 'options.flowlabel');
  // Core ends the process here.
  if (name === 'ipv6' && flowlabel > FLOW_LABEL_MAX) {
    throw new ERR_OUT_OF_RANGE('options.flowlabel', `>= 0 && <= ${FLOW_LABEL_MAX}`, flowlabel);
  }
  return {
    address: canonical(address, name),
    port: checkedPort,
    family: name,
    flowlabel: name === 'ipv6' ? flowlabel : 0,
  };
}

const getSocketAddress = extendCore('SocketAddress', isCoreSocketAddress, (CoreSocketAddress) => {
  /**
   * The end of a connection or a listener: an IP address and a port.
   *
   * It is one of core's, too, so that core takes it for its own: in other modules, and where
   * `structuredClone()` and `postMessage()` copy it. The copy is an instance of core's class only.
   *
   * @see https://nodejs.org/api/net.html#class-netsocketaddress
   */
  class SocketAddress extends CoreSocketAddress {
    /**
     * @param {unknown} value
     * @returns {value is SocketAddress} Whether it is a SocketAddress, of this class or of core's
     */
    static isSocketAddress(value) {
      return isCoreSocketAddress(value);
    }

    /**
     * Reads what stands between "http://" and the path of a URL, as the WHATWG URL parser reads it:
     * an IPv4 address may be shortened, hexadecimal or octal, and port 80 comes out as 0.
     *
     * @param {string} input "1.2.3.4", "1.2.3.4:80", "[::1]", "[::1]:80"
     * @returns {SocketAddress | undefined} Undefined when it is no IP address with or without a port
     * @throws {TypeError} ERR_INVALID_ARG_TYPE
     */
    static parse(input) {
      validateString(input, 'input');
      try {
        const { hostname, port } = new URL(`http://${input}`);
        if (hostname.startsWith('[')) {
          return new SocketAddress({
            address: hostname.slice(1, -1),
            port: Number(port),
            family: 'ipv6',
          });
        }
        return new SocketAddress({ address: hostname, port: Number(port) });
      } catch {
        return undefined;
      }
    }

    /**
     * @param {object} [options]
     * @param {string} [options.address] '127.0.0.1' or '::' by default; a zone is dropped
     * @param {'ipv4' | 'ipv6'} [options.family] In any case; 'ipv4' by default
     * @param {number} [options.flowlabel] Of IPv6 only; 0 to 1048575
     * @param {number | string} [options.port] 0 to 65535
     * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
     * @throws {RangeError} ERR_SOCKET_BAD_PORT, ERR_OUT_OF_RANGE
     * @throws {Error} ERR_INVALID_ADDRESS
     */
    constructor(options = {}) {
      super(toEndpoint(options));
    }

    // Its own, as they are core's.

    /**
     * @returns {string} The address in its canonical form
     */
    get address() {
      return super.address;
    }

    /**
     * @returns {number}
     */
    get port() {
      return super.port;
    }

    /**
     * @returns {'ipv4' | 'ipv6'}
     */
    get family() {
      return super.family;
    }

    /**
     * @returns {number} 0 for IPv4
     */
    get flowlabel() {
      return super.flowlabel;
    }

    /**
     * @returns {{ address: string, port: number, family: 'ipv4' | 'ipv6', flowlabel: number }}
     */
    toJSON() {
      return {
        address: this.address,
        port: this.port,
        family: this.family,
        flowlabel: this.flowlabel,
      };
    }

    /**
     * @param {number} depth
     * @param {import('node:util').InspectOptions} options
     * @returns {unknown}
     */
    [inspect.custom](depth, options) {
      if (depth < 0) return this;
      return `SocketAddress ${inspect(this.toJSON(), innerOptions(options))}`;
    }
  }

  return SocketAddress;
});

/** @typedef {InstanceType<ReturnType<typeof getSocketAddress>>} SocketAddress */

/**
 * @param {import('node:util').InspectOptions} options Those of an object being printed
 * @returns {import('node:util').InspectOptions} Those for the object that it prints in its place
 */
function innerOptions(options) {
  return { ...options, depth: options.depth == null ? null : options.depth - 1 };
}

module.exports = { getSocketAddress, innerOptions, toEndpoint };
