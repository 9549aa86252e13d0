'use strict';

/**
 * `BlockList.check` against many rules: addresses, ranges and subnets, of both families. Prints the
 * nanoseconds of a check that hits and of one that misses. Every answer is compared with what it must be.
 */

const { loadModule, options } = require('../lib/arguments.js');
const { announce } = require('../lib/control.js');

const settings = options({ module: 'tokio-net', rules: '10000', seconds: '1' });
const net = loadModule(settings.module);
const rules = Number(settings.rules);
const list = new net.BlockList();

/**
 * The address of a rule: each has a /24 (or /64) of its own, and only its lower half is in the list.
 *
 * @param {number} rule
 * @param {number} host
 * @returns {[string, 'ipv4' | 'ipv6']}
 */
function address(rule, host) {
  if (rule % 4 === 3) return [`2001:db8:${rule.toString(16)}::${host.toString(16)}`, 'ipv6'];
  return [`10.${rule >> 8}.${rule & 255}.${host}`, 'ipv4'];
}

for (let rule = 0; rule < rules; rule++) {
  const [first, family] = address(rule, 1);
  if (rule % 4 === 0) list.addAddress(first, family);
  else if (rule % 4 === 1) list.addRange(first, address(rule, 100)[0], family);
  else list.addSubnet(address(rule, 0)[0], family === 'ipv4' ? 25 : 121, family);
}

/**
 * Checks addresses all over the list for a time, and answers the nanoseconds of a check.
 *
 * @param {boolean} hit
 * @returns {number}
 */
function measure(hit) {
  const questions = [];
  // 97 is coprime to the number of rules: the questions jump about, and all kinds of rules have their share.
  for (let i = 0; i < 1024; i++) questions.push(address((i * 97) % rules, hit ? 1 : 200));
  const length = Number(settings.seconds) * 1e9;
  let checks = 0;
  let begun = process.hrtime.bigint();
  let elapsed = 0;
  // The first pass warms up and is not counted.
  for (let pass = 0; pass < 2 || elapsed < length; pass++) {
    for (let i = 0; i < questions.length; i++) {
      if (list.check(questions[i][0], questions[i][1]) !== hit) {
        throw new Error(`wrong answer for ${questions[i][0]}`);
      }
      // A linear check of many rules is slow: look at the clock often enough.
      if (pass > 0 && (++checks & 63) === 0) {
        elapsed = Number(process.hrtime.bigint() - begun);
        if (elapsed >= length) return elapsed / checks;
      }
    }
    if (pass === 0) begun = process.hrtime.bigint();
  }
  return elapsed / checks;
}

announce({ event: 'result', hitNs: measure(true), missNs: measure(false) });
