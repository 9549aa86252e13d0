'use strict';

/**
 * IP addresses as text: telling them apart, reading them, and writing them in their canonical form.
 *
 * Text forms: RFC 4291 section 2.2 and RFC 4007 section 11 (zones) for IPv6, dotted decimal without
 * leading zeroes for IPv4. Canonical form: RFC 5952, with the last 32 bits dotted for `::a.b.c.d`
 * and `::ffff:a.b.c.d`, as inet_ntop(3) writes them.
 */

const CHAR_0 = 0x30;
const CHAR_9 = 0x39;
const CHAR_DOT = 0x2e;
const CHAR_COLON = 0x3a;

/** What `isIPv6()` takes for the name of a zone, which is less than a SocketAddress puts up with. */
const ZONE = /^[0-9A-Za-z.:-]+$/;

/** Scratch memory for the eight 16-bit groups of the address being read or written. */
const groups = new Uint16Array(8);

/**
 * Reads an IPv4 address.
 *
 * @param {string} text
 * @param {number} [start] Where the address begins in the text
 * @param {number} [end] Where it ends
 * @returns {number} The address as an unsigned 32-bit integer, or -1 when it is none
 */
function parseIPv4(text, start = 0, end = text.length) {
  // "0.0.0.0" to "255.255.255.255"
  if (end - start < 7 || end - start > 15) return -1;
  let address = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const char = text.charCodeAt(i);
    if (char >= CHAR_0 && char <= CHAR_9) {
      if (digits > 0 && octet === 0) return -1;
      octet = octet * 10 + (char - CHAR_0);
      if (octet > 255) return -1;
      digits++;
    } else {
      if (char !== CHAR_DOT || digits === 0 || dots === 3) return -1;
      address = (address << 8) | octet;
      octet = 0;
      digits = 0;
      dots++;
    }
  }
  if (dots !== 3 || digits === 0) return -1;
  return ((address << 8) | octet) >>> 0;
}

/** The values of the hexadecimal digits by their ASCII codes, and -1 for all else. */
const HEX_DIGITS = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  HEX_DIGITS[digit.charCodeAt(0)] = value;
  HEX_DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

/**
 * Reads an IPv6 address without a zone.
 *
 * @param {string} text
 * @param {Uint32Array} words Takes the address, four 32-bit words, the most significant first
 * @param {number} [end] Where the address ends in the text
 * @returns {boolean} Whether it is one; when not, `words` keeps what it held
 */
function parseIPv6(text, words, end = text.length) {
  let count = 0;
  // The group before which "::" stands, or -1.
  let gap = -1;
  let i = 0;
  if (end >= 2 && text.charCodeAt(0) === CHAR_COLON) {
    if (text.charCodeAt(1) !== CHAR_COLON) return false;
    gap = 0;
    i = 2;
  }
  while (i < end) {
    if (count === 8) return false;
    const start = i;
    let group = 0;
    let char = 0;
    for (; i < end; i++) {
      char = text.charCodeAt(i);
      const digit = char < 128 ? HEX_DIGITS[char] : -1;
      if (digit < 0) break;
      if (i - start === 4) return false;
      group = (group << 4) | digit;
    }
    if (i < end && char === CHAR_DOT) {
      const tail = count <= 6 ? parseIPv4(text, start, end) : -1;
      if (tail < 0) return false;
      groups[count++] = tail >>> 16;
      groups[count++] = tail & 0xffff;
      break;
    }
    if (i === start) return false;
    groups[count++] = group;
    if (i === end) break;
    if (char !== CHAR_COLON || ++i === end) return false;
    if (text.charCodeAt(i) === CHAR_COLON) {
      if (gap >= 0) return false;
      gap = count;
      i++;
    }
  }
  if (gap < 0) {
    if (count !== 8) return false;
  } else {
    if (count === 8) return false;
    groups.copyWithin(8 - (count - gap), gap, count);
    groups.fill(0, gap, 8 - (count - gap));
  }
  for (let word = 0; word < 4; word++) {
    words[word] = (groups[2 * word] << 16) | groups[2 * word + 1];
  }
  return true;
}

/**
 * @param {number} address An unsigned 32-bit integer
 * @returns {string} Dotted decimal
 */
function formatIPv4(address) {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/**
 * @param {Uint32Array} words An IPv6 address, four 32-bit words, the most significant first
 * @returns {string} Its canonical form
 */
function formatIPv6(words) {
  for (let word = 0; word < 4; word++) {
    groups[2 * word] = words[word] >>> 16;
    groups[2 * word + 1] = words[word];
  }
  // The first of the longest runs of at least two zero groups becomes "::".
  let gap = -1;
  let gapLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > gapLength) {
      gap = i;
      gapLength = length;
    }
    i += length;
  }
  if (gap === 0 && (gapLength === 6 || (gapLength === 5 && groups[5] === 0xffff))) {
    return `${gapLength === 6 ? '::' : '::ffff:'}${formatIPv4(words[3])}`;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === gap) {
      text += '::';
      i += gapLength - 1;
    } else {
      if (text !== '' && !text.endsWith(':')) text += ':';
      text += groups[i].toString(16);
    }
  }
  return text;
}

/**
 * Whether an IPv6 address stands for an IPv4 one (RFC 4291 section 2.5.5.2), which is its last word.
 *
 * @param {Uint32Array} words
 * @returns {boolean}
 */
function isMapped(words) {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
}

/**
 * Reads an IPv4 address for a SocketAddress or a BlockList, which end it at a NUL.
 *
 * @param {string} text
 * @returns {number} An unsigned 32-bit integer, or -1
 */
function readIPv4(text) {
  const address = parseIPv4(text);
  if (address >= 0) return address;
  const end = text.indexOf('\0');
  return end < 0 ? -1 : parseIPv4(text, 0, end);
}

/**
 * Reads an IPv6 address for a SocketAddress or a BlockList, which end it at a NUL and drop the zone.
 *
 * @param {string} text
 * @param {Uint32Array} words Takes the address, four 32-bit words, the most significant first
 * @returns {boolean} Whether it is one
 */
function readIPv6(text, words) {
  if (parseIPv6(text, words)) return true;
  const end = text.search(/[%\0]/);
  return end >= 0 && parseIPv6(text, words, end);
}

/**
 * @param {Uint32Array} words An IPv6 address
 * @returns {number} A signed 32-bit integer, which a Map finds without allocating
 */
function hashWords(words) {
  let hash = words[0] | 0;
  for (let word = 1; word < 4; word++)
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ words[word];
  return hash | 0;
}

const scratch = new Uint32Array(4);

/**
 * `net.isIPv4()`.
 *
 * @param {unknown} input Made a string if it is none
 * @returns {boolean} Whether it is an IPv4 address in dotted decimal without leading zeroes
 */
function isIPv4(input) {
  return parseIPv4(`${input}`) >= 0;
}

/**
 * `net.isIPv6()`.
 *
 * @param {unknown} input Made a string if it is none
 * @returns {boolean} Whether it is an IPv6 address, with or without a zone
 */
function isIPv6(input) {
  const text = `${input}`;
  const percent = text.indexOf('%');
  if (percent < 0) return parseIPv6(text, scratch);
  return ZONE.test(text.slice(percent + 1)) && parseIPv6(text, scratch, percent);
}

/**
 * `net.isIP()`.
 *
 * @param {unknown} input Made a string if it is none
 * @returns {number} 4, 6, or 0 when it is no IP address
 */
function isIP(input) {
  if (isIPv4(input)) return 4;
  return isIPv6(input) ? 6 : 0;
}

module.exports = {
  formatIPv4,
  formatIPv6,
  hashWords,
  isIP,
  isIPv4,
  isIPv6,
  isMapped,
  parseIPv4,
  parseIPv6,
  readIPv4,
  readIPv6,
};
