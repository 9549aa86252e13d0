'use strict';

const assert = require('node:assert/strict');
const core = require('node:net');
const { inspect } = require('node:util');

const { getBlockList } = require('../../lib/block_list');
const ip = require('../../lib/ip');
const { getSocketAddress } = require('../../lib/socket_address');

/** The part of the module that these tests are about, loaded without the rest. */
const ours = {
  BlockList: getBlockList(),
  SocketAddress: getSocketAddress(),
  isIP: ip.isIP,
  isIPv4: ip.isIPv4,
  isIPv6: ip.isIPv6,
};

/**
 * Core lists single addresses in the order of its hash table, so that their order says nothing.
 *
 * @param {readonly string[]} rules
 * @returns {string[]} The rules with the single addresses sorted and put first
 */
function sortAddresses(rules) {
  const isAddress = (rule) => rule.startsWith('Address:');
  return [...rules.filter(isAddress).sort(), ...rules.filter((rule) => !isAddress(rule))];
}

/**
 * @param {() => unknown} run
 * @returns {object} What it returned, or all of its error that a program can tell apart
 */
function outcome(run) {
  try {
    return { returned: inspect(run(), { depth: 6, breakLength: Infinity, maxArrayLength: null }) };
  } catch (error) {
    const kind =
      [RangeError, SyntaxError, TypeError].find((type) => error instanceof type) ?? Error;
    return { threw: kind.name, name: error.name, code: error.code ?? null, message: error.message };
  }
}

/**
 * Runs a case on this module and on built-in `net`, and compares.
 *
 * @param {string} label
 * @param {(net: typeof ours) => unknown} run
 * @returns {void}
 */
function same(label, run) {
  assert.deepEqual(
    outcome(() => run(ours)),
    outcome(() => run(/** @type {any} */ (core))),
    label,
  );
}

/**
 * @param {number} seed
 * @returns {(below: number) => number} A source of integers from 0, the same ones for the same seed
 */
function randomSource(seed) {
  let state = seed;
  return (below) => {
    // Mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

module.exports = { core, ours, outcome, randomSource, same, sortAddresses };
