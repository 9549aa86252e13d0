'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { IPv4Set, IPv6Set } = require('../../lib/interval_set');
const { core, ours, randomSource } = require('./outcome');

const KINDS = ['address', 'range', 'subnet', 'mixed'];

/**
 * @param {string} family
 * @param {number} n Which block
 * @param {number} last Which address of it, up to 9
 * @returns {string} An address, the blocks of which do not overlap
 */
function nameOf(family, n, last) {
  return family === 'ipv4'
    ? `10.${n >> 12}.${(n >> 4) & 255}.${((n & 15) << 4) | last}`
    : `2001:db8::${(n >> 12).toString(16)}:${(n & 4095).toString(16)}:${last}`;
}

/**
 * @returns {number} Microseconds of CPU that this process has used. Other than the time of day, they
 *   do not pass while other processes have the core
 */
function cpuMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Builds a list of many rules that do not overlap.
 *
 * @param {any} BlockList
 * @param {string} kind
 * @param {'ipv4' | 'ipv6'} family
 * @param {number} count Of rules
 * @returns {{ list: any, hits: string[], misses: string[], microseconds: number }}
 *   `microseconds` of CPU that it took to add the rules, and to check once
 */
function build(BlockList, kind, family, count) {
  const name = (n, last) => nameOf(family, n, last);
  const random = randomSource(5);
  const order = Array.from({ length: count }, (_, n) => n);
  for (let i = count - 1; i > 0; i--) {
    const other = random(i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  const list = new BlockList();
  const start = cpuMicroseconds();
  order.forEach((n, i) => {
    const chosen = kind === 'mixed' ? KINDS[i % 3] : kind;
    if (chosen === 'address') list.addAddress(name(n, 0), family);
    else if (chosen === 'range') list.addRange(name(n, 0), name(n, 7), family);
    else list.addSubnet(name(n, 0), family === 'ipv4' ? 29 : 125, family);
  });
  // The first check pays for what adding puts off.
  list.check(name(0, 9), family);
  const microseconds = cpuMicroseconds() - start;
  const probes = order.slice(0, 1_000);
  return {
    list,
    microseconds,
    hits: probes.map((n) => name(n, 0)),
    misses: probes.map((n) => name(n, 9)),
  };
}

/**
 * @param {any} list
 * @param {string[]} addresses
 * @param {string} family
 * @param {boolean} expected
 * @returns {number} Nanoseconds a check, in the fastest of several runs
 */
function nanosecondsPerCheck(list, addresses, family, expected) {
  let fastest = Infinity;
  for (let run = 0; run < 7; run++) {
    let right = 0;
    const start = process.hrtime.bigint();
    for (const address of addresses) if (list.check(address, family) === expected) right++;
    const elapsed = Number(process.hrtime.bigint() - start);
    assert.equal(right, addresses.length);
    fastest = Math.min(fastest, elapsed / addresses.length);
  }
  return fastest;
}

for (const family of /** @type {const} */ (['ipv4', 'ipv6'])) {
  for (const kind of KINDS) {
    test(`checking ${family} against 100 times the ${kind} rules is far from 100 times the work`, () => {
      const [few, many] = [300, 30_000].map((count) => {
        const { list, hits, misses } = build(ours.BlockList, kind, family, count);
        // A first pass over both, so that neither is measured while it is being compiled.
        nanosecondsPerCheck(list, hits, family, true);
        return {
          hit: nanosecondsPerCheck(list, hits, family, true),
          miss: nanosecondsPerCheck(list, misses, family, false),
        };
      });
      assert.ok(many.hit < 15 * few.hit, `hits: ${few.hit} and ${many.hit} ns`);
      assert.ok(many.miss < 15 * few.miss, `misses: ${few.miss} and ${many.miss} ns`);
    });
  }
}

test('checking against 10,000 mixed rules takes less than a tenth of what it takes core', (t) => {
  for (const family of /** @type {const} */ (['ipv4', 'ipv6'])) {
    const [theirs, own] = [core, ours].map(({ BlockList }) => {
      const { list, hits, misses } = build(BlockList, 'mixed', family, 9_999);
      return {
        hit: nanosecondsPerCheck(list, hits.slice(0, 500), family, true),
        miss: nanosecondsPerCheck(list, misses.slice(0, 500), family, false),
      };
    });
    t.diagnostic(`${family}: core ${JSON.stringify(theirs)} ns, here ${JSON.stringify(own)} ns`);
    assert.ok(own.miss * 10 < theirs.miss, `misses: ${own.miss} and ${theirs.miss} ns`);
    assert.ok(own.hit * 10 < theirs.hit, `hits: ${own.hit} and ${theirs.hit} ns`);
  }
});

test('adding rules is not quadratic', () => {
  const perRule = (count) => build(ours.BlockList, 'mixed', 'ipv4', count).microseconds / count;
  const fastest = (count) => Math.min(...Array.from({ length: 3 }, () => perRule(count)));
  perRule(2_000);
  const few = fastest(1_000);
  const many = fastest(60_000);
  // Quadratic would be 60 times as much.
  assert.ok(many < 20 * few, `${few} and ${many} µs a rule`);
});

for (const Intervals of [IPv4Set, IPv6Set]) {
  test(`${Intervals.name}: asked after each addition, a rule costs a bounded number of steps`, (t) => {
    let steps = 0;
    const { merge, waits } = Intervals.prototype;
    t.mock.method(Intervals.prototype, 'merge', function () {
      steps += this.merged.length + this.waiting.length;
      return merge.call(this);
    });
    t.mock.method(Intervals.prototype, 'waits', function (address) {
      steps += this.waiting.length;
      return waits.call(this, address);
    });
    const [family, outside] = Intervals === IPv4Set ? ['ipv4', '11.0.0.0'] : ['ipv6', '::1'];
    const count = 10_000;
    const list = new ours.BlockList();
    for (let n = 0; n < count; n++) {
      list.addRange(nameOf(family, n, 0), nameOf(family, n, 7), family);
      assert.equal(list.check(outside, family), false);
    }
    assert.ok(steps > count, `${steps} steps: they are counted in the wrong place`);
    // A pass over all rules for each addition would be 5,000.
    assert.ok(steps < 500 * count, `${steps / count} steps a rule`);
  });
}
