'use strict';

const { inspect } = require('node:util');

const {
  coreRemovesRules,
  coreTakesUnknownFamilyForIPv6,
  extendCore,
  isCoreBlockList,
  isCoreSocketAddress,
} = require('./core.js');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE },
} = require('./errors.js');
const { IPv4Set, IPv6Set, wordsToBigInt } = require('./interval_set.js');
const { hashWords, isMapped, parseIPv4, readIPv4, readIPv6 } = require('./ip.js');
const { getSocketAddress, innerOptions, toEndpoint } = require('./socket_address.js');
const { validateInt32, validateString } = require('./validators.js');

/** @typedef {import('./socket_address').Endpoint} Endpoint */
/** @typedef {import('./socket_address').SocketAddress} SocketAddress */
/** @typedef {InstanceType<ReturnType<typeof getBlockList>>} BlockList */

/**
 * @typedef {object} Rule
 * @property {'Address' | 'Range' | 'Subnet'} kind
 * @property {Endpoint} first The address, the first of the range, or the subnet's
 * @property {Endpoint} [last] The last of the range
 * @property {number} [prefix] The subnet's prefix in bits
 * @property {Uint32Array} [words] A single address as `toWords()` writes it
 * @property {Rule} [next] The next single address in the same slot of the table
 */

/**
 * A set of rules. Two structures answer `check()`: a hash table of single addresses, and sorted
 * intervals for all else. An IPv6 rule that stands for IPv4 addresses is filed with those, because
 * each rule for IPv4 holds for the IPv4-mapped addresses as well.
 *
 * @typedef {object} State
 * @property {Set<Rule>} rules In the order in which they were added
 * @property {Map<number, Rule>} addresses4 Single IPv4 and IPv4-mapped addresses, as signed integers
 * @property {Map<number, Rule>} addresses6 Other single IPv6 addresses, by their hash
 * @property {InstanceType<typeof IPv4Set>} intervals4
 * @property {InstanceType<typeof IPv6Set>} intervals6
 * @property {boolean} stale Whether a range or subnet was removed that the intervals still have:
 *   they are built anew before they are asked
 */

const kState = Symbol('kState');

const MAPPED_MIN = 0xffff00000000n;
const MAPPED_MAX = 0xffffffffffffn;

const scratch = new Uint32Array(4);

/** The rules as `rules` prints them. IPv6 ones are read in any case, provided that "IPv6" is not. */
const IPV4 = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const IPV6 = '[0-9a-f:.]+';
const RULE_PATTERNS = [
  {
    family: 'IPv4',
    subnet: new RegExp(`Subnet: IPv4 (${IPV4})/(\\d{1,2})`),
    address: new RegExp(`Address: IPv4 (${IPV4})`),
    range: new RegExp(`Range: IPv4 (${IPV4})-(${IPV4})`),
  },
  {
    family: 'IPv6',
    subnet: new RegExp(`Subnet: IPv6 (${IPV6})/(\\d{1,3})`, 'i'),
    address: new RegExp(`Address: IPv6 (${IPV6})`, 'i'),
    range: new RegExp(`Range: IPv6 (${IPV6})-(${IPV6})`, 'i'),
  },
];

/**
 * @returns {State}
 */
function emptyState() {
  return {
    rules: new Set(),
    addresses4: new Map(),
    addresses6: new Map(),
    intervals4: new IPv4Set(),
    intervals6: new IPv6Set(),
    stale: false,
  };
}

/**
 * @param {unknown} address
 * @param {string} name The argument's name in the message
 * @param {unknown} family Of an address given as text
 * @returns {Endpoint} The address, if it is a SocketAddress, or what the text says
 */
function readAddress(address, name, family) {
  if (isCoreSocketAddress(address)) return /** @type {SocketAddress} */ (address);
  validateString(address, name);
  validateString(family, 'family');
  return toEndpoint({ address, family });
}

/**
 * @param {Endpoint} endpoint
 * @returns {SocketAddress}
 */
function toInstance(endpoint) {
  const Class = getSocketAddress();
  return endpoint instanceof Class ? endpoint : new Class(endpoint);
}

/**
 * @param {Endpoint} address
 * @param {Uint32Array} words Takes it as an IPv6 address, an IPv4 one as IPv4-mapped
 * @returns {Uint32Array} `words`
 */
function toWords(address, words) {
  if (address.family === 'ipv4') {
    words[0] = 0;
    words[1] = 0;
    words[2] = 0xffff;
    words[3] = parseIPv4(address.address);
  } else {
    readIPv6(address.address, words);
  }
  return words;
}

/**
 * @param {Endpoint} address
 * @returns {bigint} It as an IPv6 address, an IPv4 one as IPv4-mapped
 */
function toBigInt(address) {
  return wordsToBigInt(toWords(address, scratch));
}

/**
 * @param {bigint} value An IPv6 address
 * @returns {boolean} Whether it is IPv4-mapped
 */
function isMappedBigInt(value) {
  return value >= MAPPED_MIN && value <= MAPPED_MAX;
}

/**
 * @param {Endpoint} a
 * @param {Endpoint} b
 * @returns {boolean} Whether `a` comes after `b`; an IPv4 address and an IPv6 one that is not
 *   IPv4-mapped come neither before nor after each other
 */
function isAfter(a, b) {
  if (a.family === 'ipv4' && b.family === 'ipv4')
    return parseIPv4(a.address) > parseIPv4(b.address);
  const first = toBigInt(a);
  const second = toBigInt(b);
  if (a.family !== b.family && !(isMappedBigInt(first) && isMappedBigInt(second))) return false;
  return first > second;
}

/**
 * Finds the rule for a single address in a slot of the hash table.
 *
 * @param {Rule | undefined} rule The first of the slot
 * @param {Uint32Array} words
 * @returns {Rule | undefined}
 */
function findInSlot(rule, words) {
  for (; rule !== undefined; rule = rule.next) {
    if (sameWords(/** @type {Uint32Array} */ (rule.words), words)) return rule;
  }
  return undefined;
}

/**
 * @param {Uint32Array} a
 * @param {Uint32Array} b
 * @returns {boolean}
 */
function sameWords(a, b) {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

/**
 * @param {State} state
 * @param {Uint32Array} words
 * @returns {{ table: Map<number, Rule>, slot: number }} Where a single address belongs
 */
function locate(state, words) {
  if (isMapped(words)) return { table: state.addresses4, slot: words[3] | 0 };
  return { table: state.addresses6, slot: hashWords(words) };
}

/**
 * @param {State} state
 * @param {Endpoint} address
 * @returns {void}
 */
function insertAddress(state, address) {
  const words = toWords(address, scratch);
  const { table, slot } = locate(state, words);
  const first = table.get(slot);
  if (coreRemovesRules()) {
    const known = findInSlot(first, words);
    if (known !== undefined) {
      known.first = address;
      return;
    }
  }
  /** @type {Rule} */
  const rule = { kind: 'Address', first: address, words: words.slice(), next: first };
  table.set(slot, rule);
  state.rules.add(rule);
}

/**
 * Files a range or a subnet with the intervals.
 *
 * @param {State} state
 * @param {Rule} rule
 * @returns {void}
 */
function insertIntervals(state, rule) {
  const { first, last } = rule;
  if (first.family === 'ipv4' && (last === undefined || last.family === 'ipv4')) {
    const address = parseIPv4(first.address);
    if (last !== undefined) {
      state.intervals4.add(address, parseIPv4(last.address));
    } else {
      // Not a bit mask: shifts are by less than 32.
      const size = 2 ** (32 - Number(rule.prefix));
      const network = address - (address % size);
      state.intervals4.add(network, network + size - 1);
    }
    return;
  }
  let start = toBigInt(first);
  let end;
  if (last === undefined) {
    const hostBits = 128n - BigInt(Number(rule.prefix));
    start = (start >> hostBits) << hostBits;
    end = start | ((1n << hostBits) - 1n);
    // A subnet of IPv6 has the IPv4 addresses whose mapped ones it has.
    if (start <= MAPPED_MAX && end >= MAPPED_MIN) {
      insertIPv4(
        state,
        start < MAPPED_MIN ? MAPPED_MIN : start,
        end > MAPPED_MAX ? MAPPED_MAX : end,
      );
    }
    if (isMappedBigInt(start) && isMappedBigInt(end)) return;
  } else {
    end = toBigInt(last);
    // An IPv4 address is comparable with IPv4-mapped ones only: it is in a range when it is with both
    // ends, and an end that is IPv4 leaves of the range what is IPv4-mapped.
    if (isMappedBigInt(start) && isMappedBigInt(end)) {
      if (start <= end) insertIPv4(state, start, end);
      return;
    }
    if (first.family === 'ipv4' && end > MAPPED_MAX) end = MAPPED_MAX;
    if (last.family === 'ipv4' && start < MAPPED_MIN) start = MAPPED_MIN;
  }
  if (start <= end) state.intervals6.add(start, end);
}

/**
 * @param {State} state
 * @param {bigint} start IPv4-mapped
 * @param {bigint} end IPv4-mapped, not before `start`
 * @returns {void}
 */
function insertIPv4(state, start, end) {
  state.intervals4.add(Number(start & 0xffffffffn), Number(end & 0xffffffffn));
}

/**
 * Files the ranges and subnets anew.
 *
 * @param {State} state
 * @returns {void}
 */
function rebuild(state) {
  state.intervals4 = new IPv4Set();
  state.intervals6 = new IPv6Set();
  state.stale = false;
  for (const rule of state.rules) {
    if (rule.kind !== 'Address') insertIntervals(state, rule);
  }
}

/**
 * @param {State} state
 * @param {number} address An unsigned 32-bit integer
 * @returns {boolean}
 */
function hasIPv4(state, address) {
  if (state.addresses4.size > 0 && state.addresses4.has(address | 0)) return true;
  return state.intervals4.has(address);
}

/**
 * @param {State} state
 * @param {Uint32Array} words
 * @returns {boolean}
 */
function hasIPv6(state, words) {
  if (isMapped(words)) {
    if (hasIPv4(state, words[3])) return true;
  } else if (state.addresses6.size > 0) {
    if (findInSlot(state.addresses6.get(hashWords(words)), words) !== undefined) return true;
  }
  return state.intervals6.has(words);
}

/**
 * @param {Endpoint | undefined} a
 * @param {Endpoint | undefined} b
 * @returns {boolean} Whether both are the same in each of their parts, the port too
 */
function sameEndpoint(a, b) {
  return (
    a?.address === b?.address &&
    a?.family === b?.family &&
    a?.port === b?.port &&
    a?.flowlabel === b?.flowlabel
  );
}

/**
 * Removes the newest range or subnet that is the same as the one given.
 *
 * @param {State} state
 * @param {Rule} wanted
 * @returns {void}
 */
function removeInterval(state, wanted) {
  /** @type {Rule | undefined} */
  let newest;
  for (const rule of state.rules) {
    if (
      rule.kind === wanted.kind &&
      rule.prefix === wanted.prefix &&
      sameEndpoint(rule.first, wanted.first) &&
      sameEndpoint(rule.last, wanted.last)
    ) {
      newest = rule;
    }
  }
  if (newest === undefined) return;
  state.rules.delete(newest);
  state.stale = true;
}

/**
 * @param {Rule} rule
 * @returns {string} As `rules` lists it
 */
function printRule({ kind, first, last, prefix }) {
  const head = `${kind}: ${first.family === 'ipv4' ? 'IPv4' : 'IPv6'} ${first.address}`;
  if (kind === 'Range') return `${head}-${/** @type {Endpoint} */ (last).address}`;
  return kind === 'Subnet' ? `${head}/${prefix}` : head;
}

/**
 * Reads a subnet in CIDR notation (RFC 4632 section 3.1, RFC 4291 section 2.3).
 *
 * @param {string} cidr "10.0.0.0/8"
 * @param {string} name The argument's name, if it is no text at all
 * @returns {[network: string, prefix: number, family: 'ipv4' | 'ipv6']} Neither address nor range of
 *   the prefix is checked
 * @throws {TypeError} ERR_INVALID_ARG_TYPE or ERR_INVALID_ARG_VALUE
 */
function parseCIDR(cidr, name) {
  validateString(cidr, name);
  // The last slash, because a zone may hold one as well.
  const slash = cidr.lastIndexOf('/');
  if (slash === -1) {
    throw new ERR_INVALID_ARG_VALUE(
      'cidr',
      cidr,
      'must contain a prefix length (e.g. "10.0.0.0/8")',
    );
  }
  const network = cidr.slice(0, slash);
  const digits = cidr.slice(slash + 1);
  const prefix = Number(digits);
  // Only as JavaScript prints it: "08", "-0" and what a double cannot hold are refused here, while a
  // negative or too large one is for the caller to find out of range.
  if (!/^-?\d+$/.test(digits) || String(prefix) !== digits) {
    throw new ERR_INVALID_ARG_VALUE('cidr', cidr, 'prefix length must be a valid integer');
  }
  return [network, prefix, network.includes(':') ? 'ipv6' : 'ipv4'];
}

/**
 * @param {Endpoint} network
 * @param {unknown} prefix
 * @returns {asserts prefix is number}
 */
function validatePrefix(network, prefix) {
  validateInt32(prefix, 'prefix', 0, network.family === 'ipv4' ? 32 : 128);
}

/**
 * @param {Function | undefined} method Of core's list
 * @returns {Function} The same
 * @throws {Error} ERR_INVALID_STATE where the running Node's list only grows
 */
function removing(method) {
  if (method === undefined)
    throw new ERR_INVALID_STATE('of a list with copies no rule can be removed');
  return method;
}

const getBlockList = extendCore('BlockList', isCoreBlockList, (CoreBlockList) => {
  /** Under which Node looks for how a copy is made. */
  const kClone =
    Object.getOwnPropertySymbols(CoreBlockList.prototype).find(
      ({ description }) => description === 'messaging_clone_symbol',
    ) ?? Symbol('kClone');

  /**
   * A list of IP addresses, ranges and subnets that connections are refused from or to.
   *
   * Where an address is text, its family is 'ipv4' unless given. SocketAddresses of built-in `net` are
   * taken as well. Each method throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
   * or ERR_INVALID_ADDRESS for arguments that are none.
   *
   * It is one of core's, too, so that core takes it for its own: `dgram` does, and `structuredClone()`
   * and `postMessage()`, whose copies are instances of core's class and share the rules with the
   * original, from thread to thread. Core has the means for that: from the first copy on, it keeps the
   * rules and answers `check()`. Before, it has none.
   *
   * @see https://nodejs.org/api/net.html#class-netblocklist
   */
  class BlockList extends CoreBlockList {
    /** Private, loopback and link-local addresses, for `addCIDRs()`. */
    static PRIVATE_RANGES = Object.freeze([
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '127.0.0.0/8',
      '::1/128',
      '169.254.0.0/16',
      'fe80::/10',
      'fc00::/7',
    ]);

    /**
     * @param {unknown} value
     * @returns {value is BlockList} Whether it is a BlockList, of this class or of core's
     */
    static isBlockList(value) {
      return isCoreBlockList(value);
    }

    constructor() {
      super();
      /** @type {State | null} Null where core keeps the rules */
      this[kState] = emptyState();
    }

    /**
     * @param {string | SocketAddress} address
     * @param {'ipv4' | 'ipv6'} [family]
     * @returns {void}
     */
    addAddress(address, family = 'ipv4') {
      if (this[kState] === null) super.addAddress(address, family);
      else insertAddress(this[kState], readAddress(address, 'address', family));
    }

    /**
     * Adds all of the addresses, or none when one is invalid.
     *
     * @param {readonly (string | SocketAddress)[]} addresses
     * @param {'ipv4' | 'ipv6'} [family] Of those that are text
     * @returns {void}
     */
    addAddresses(addresses, family = 'ipv4') {
      if (!Array.isArray(addresses))
        throw new ERR_INVALID_ARG_TYPE('addresses', 'Array', addresses);
      validateString(family, 'family');
      const checked = [];
      for (let i = 0; i < addresses.length; i++) {
        checked.push(readAddress(addresses[i], `addresses[${i}]`, family));
      }
      const state = this[kState];
      for (const address of checked) {
        if (state === null) super.addAddress(address.address, address.family);
        else insertAddress(state, address);
      }
    }

    /**
     * @param {string | SocketAddress} start The first address of the range
     * @param {string | SocketAddress} end The last
     * @param {'ipv4' | 'ipv6'} [family]
     * @returns {void}
     */
    addRange(start, end, family = 'ipv4') {
      const state = this[kState];
      if (state === null) return super.addRange(start, end, family);
      const first = readAddress(start, 'start', family);
      const last = readAddress(end, 'end', family);
      if (isAfter(first, last)) {
        throw new ERR_INVALID_ARG_VALUE('start', toInstance(first), 'must come before end');
      }
      /** @type {Rule} */
      const rule = { kind: 'Range', first, last };
      state.rules.add(rule);
      insertIntervals(state, rule);
    }

    /**
     * @param {string | SocketAddress} network Any address of the subnet
     * @param {number} prefix In bits: 0 to 32 for IPv4, 0 to 128 for IPv6
     * @param {'ipv4' | 'ipv6'} [family]
     * @returns {void}
     */
    addSubnet(network, prefix, family = 'ipv4') {
      const state = this[kState];
      if (state === null) return super.addSubnet(network, prefix, family);
      const first = readAddress(network, 'network', family);
      validatePrefix(first, prefix);
      /** @type {Rule} */
      const rule = { kind: 'Subnet', first, prefix };
      state.rules.add(rule);
      insertIntervals(state, rule);
    }

    /**
     * @param {string} cidr "10.0.0.0/8", "2001:db8::/32"
     * @returns {void}
     */
    addCIDR(cidr) {
      this.addSubnet(...parseCIDR(cidr, 'cidr'));
    }

    /**
     * Adds the subnets in turn, or none when one is not in CIDR notation.
     *
     * @param {readonly string[]} cidrs
     * @returns {void}
     */
    addCIDRs(cidrs) {
      if (!Array.isArray(cidrs)) throw new ERR_INVALID_ARG_TYPE('cidrs', 'Array', cidrs);
      const subnets = [];
      for (let i = 0; i < cidrs.length; i++) subnets.push(parseCIDR(cidrs[i], `cidrs[${i}]`));
      for (const subnet of subnets) this.addSubnet(...subnet);
    }

    /**
     * Removes what `addAddress()` has added for an address, however often, if anything.
     *
     * @param {string | SocketAddress} address
     * @param {'ipv4' | 'ipv6'} [family]
     * @returns {void}
     */
    removeAddress(address, family = 'ipv4') {
      const state = this[kState];
      if (state === null) return removing(super.removeAddress).call(this, address, family);
      const words = toWords(readAddress(address, 'address', family), scratch);
      const { table, slot } = locate(state, words);
      /** @type {Rule | undefined} */
      let kept;
      for (let rule = table.get(slot); rule !== undefined;) {
        const { next } = rule;
        if (sameWords(/** @type {Uint32Array} */ (rule.words), words)) {
          state.rules.delete(rule);
        } else {
          rule.next = kept;
          kept = rule;
        }
        rule = next;
      }
      if (kept === undefined) table.delete(slot);
      else table.set(slot, kept);
    }

    /**
     * Removes one rule of `addRange()` with just these ends, the newest, if there is any.
     *
     * @param {string | SocketAddress} start
     * @param {string | SocketAddress} end
     * @param {'ipv4' | 'ipv6'} [family]
     * @returns {void}
     */
    removeRange(start, end, family = 'ipv4') {
      const state = this[kState];
      if (state === null) return removing(super.removeRange).call(this, start, end, family);
      const first = readAddress(start, 'start', family);
      const last = readAddress(end, 'end', family);
      removeInterval(state, { kind: 'Range', first, last });
    }

    /**
     * Removes one rule of `addSubnet()` with just this address and prefix, the newest, if there is any.
     *
     * @param {string | SocketAddress} network
     * @param {number} prefix In bits
     * @param {'ipv4' | 'ipv6'} [family]
     * @returns {void}
     */
    removeSubnet(network, prefix, family = 'ipv4') {
      const state = this[kState];
      if (state === null) return removing(super.removeSubnet).call(this, network, prefix, family);
      const first = readAddress(network, 'network', family);
      validatePrefix(first, prefix);
      removeInterval(state, { kind: 'Subnet', first, prefix });
    }

    /**
     * @param {string} cidr "10.0.0.0/8", "2001:db8::/32"
     * @returns {void}
     */
    removeCIDR(cidr) {
      this.removeSubnet(...parseCIDR(cidr, 'cidr'));
    }

    /**
     * @param {string | SocketAddress} address
     * @param {'ipv4' | 'ipv6'} [family]
     * @returns {boolean} Whether a rule has the address; text that is no address is in none
     */
    check(address, family = 'ipv4') {
      const state = this[kState];
      if (state === null) return super.check(address, family);
      if (typeof address !== 'string' && isCoreSocketAddress(address)) {
        ({ address, family } = address);
      }
      validateString(address, 'address');
      validateString(family, 'family');
      if (family !== 'ipv4' && family !== 'ipv6') {
        const name = /** @type {string} */ (family).toLowerCase();
        if (name === 'ipv4' || name === 'ipv6') family = name;
        else if (coreTakesUnknownFamilyForIPv6()) family = 'ipv6';
        else return false;
      }
      if (state.stale) rebuild(state);
      if (family === 'ipv4') {
        const value = readIPv4(address);
        return value >= 0 && hasIPv4(state, value);
      }
      return readIPv6(address, scratch) && hasIPv6(state, scratch);
    }

    /**
     * @returns {void}
     */
    clear() {
      if (this[kState] === null) removing(super.clear).call(this);
      else this[kState] = emptyState();
    }

    /**
     * @returns {string[]} The rules
     */
    toJSON() {
      return this.rules;
    }

    /**
     * Adds rules to those there are. Text that is no rule is passed over.
     *
     * @param {string | readonly string[]} data What `toJSON()` returned, or that as JSON
     * @returns {void}
     * @throws {SyntaxError} For a string that is no JSON
     */
    fromJSON(data) {
      const rules = typeof data === 'string' ? JSON.parse(data) : data;
      if (!Array.isArray(rules) || rules.some((rule) => typeof rule !== 'string')) {
        throw new ERR_INVALID_ARG_TYPE('data', ['string', 'string[]'], rules);
      }
      for (const rule of rules) addPrintedRule(this, rule);
    }

    /**
     * @returns {string[]} Each rule as text
     */
    get rules() {
      const state = this[kState];
      if (state === null) return super.rules;
      const newestFirst = [...state.rules].reverse();
      if (coreRemovesRules()) {
        const order = ['Address', 'Subnet', 'Range'];
        newestFirst.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
      }
      return newestFirst.map(printRule);
    }

    /**
     * @returns {number} How many rules there are
     */
    get size() {
      return this[kState]?.rules.size ?? this.rules.length;
    }

    /**
     * @param {number} depth
     * @param {import('node:util').InspectOptions} options
     * @returns {unknown}
     */
    [inspect.custom](depth, options) {
      if (depth < 0) return this;
      return `BlockList ${inspect({ rules: this.rules }, innerOptions(options))}`;
    }

    /**
     * Called by Node where a copy is made: from now on core has the rules.
     *
     * @returns {unknown} What the copy is made of
     */
    [kClone]() {
      const state = this[kState];
      this[kState] = null;
      for (const { kind, first, last, prefix } of state?.rules ?? []) {
        const { address, family } = first;
        if (kind === 'Address') super.addAddress(address, family);
        else if (kind === 'Subnet') super.addSubnet(address, Number(prefix), family);
        else super.addRange(toInstance(first), toInstance(/** @type {Endpoint} */ (last)));
      }
      return super[kClone]();
    }
  }

  return BlockList;
});

/**
 * Adds the first rule that a text holds.
 *
 * @param {BlockList} list
 * @param {string} text
 * @returns {void}
 */
function addPrintedRule(list, text) {
  for (const { family, subnet, address, range } of RULE_PATTERNS) {
    if (!text.includes(family)) continue;
    const name = /** @type {'ipv4' | 'ipv6'} */ (family.toLowerCase());
    let match;
    if ((match = subnet.exec(text))) return list.addSubnet(match[1], Number(match[2]), name);
    if ((match = address.exec(text))) return list.addAddress(match[1], name);
    if ((match = range.exec(text))) return list.addRange(match[1], match[2], name);
  }
}

module.exports = { getBlockList };
