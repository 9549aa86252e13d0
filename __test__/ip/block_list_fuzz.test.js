'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { core, ours, randomSource, sortAddresses } = require('./outcome');

/** Few enough different groups that rules and addresses meet often. */
const GROUPS = ['0', '0', '1', '2', 'ff', '7fff', '8000', 'fffe', 'ffff'];
const OCTETS = [0, 0, 1, 2, 10, 127, 128, 254, 255];

/**
 * @param {(below: number) => number} random
 * @returns {string}
 */
function randomIPv4(random) {
  return Array.from({ length: 4 }, () => OCTETS[random(OCTETS.length)]).join('.');
}

/**
 * @param {(below: number) => number} random
 * @returns {{ address: string, family: 'ipv4' | 'ipv6' }}
 */
function randomAddress(random) {
  switch (random(5)) {
    case 0:
    case 1:
      return { address: randomIPv4(random), family: 'ipv4' };
    case 2:
      return { address: `::ffff:${randomIPv4(random)}`, family: 'ipv6' };
    case 3:
      return {
        address: `::${GROUPS[random(GROUPS.length)]}:${randomIPv4(random)}`,
        family: 'ipv6',
      };
    default: {
      const groups = Array.from({ length: 8 }, () => GROUPS[random(GROUPS.length)]);
      return { address: groups.join(':'), family: 'ipv6' };
    }
  }
}

/**
 * Draws a rule of a kind that each Node has.
 *
 * @param {(below: number) => number} random
 * @returns {{ kind: string, addresses: { address: string, family: 'ipv4' | 'ipv6' }[], prefix: number }}
 */
function randomRule(random) {
  const kind = ['Address', 'Range', 'Range', 'Subnet'][random(4)];
  const addresses = [randomAddress(random), randomAddress(random)];
  // Ends of two families are allowed, but seldom.
  while (addresses[1].family !== addresses[0].family && random(8) > 0) {
    addresses[1] = randomAddress(random);
  }
  return { kind, addresses, prefix: random(addresses[0].family === 'ipv4' ? 33 : 129) };
}

/**
 * @param {any} net The module to take SocketAddress from
 * @param {any} list
 * @param {'add' | 'remove'} verb
 * @param {ReturnType<typeof randomRule>} rule
 * @returns {string | undefined} The code of the error, if it threw
 */
function apply(net, list, verb, { kind, addresses: [first, last], prefix }) {
  try {
    if (kind === 'Address') list[`${verb}Address`](first.address, first.family);
    else if (kind === 'Subnet') list[`${verb}Subnet`](first.address, prefix, first.family);
    else list[`${verb}Range`](new net.SocketAddress(first), new net.SocketAddress(last));
  } catch (error) {
    return error.code;
  }
}

/**
 * Grows a list of each implementation by the same rules, and compares them at every step.
 *
 * @param {number} seed
 * @param {boolean} removes Whether rules are removed as well
 * @param {number} most How many steps it takes at most
 * @returns {{ hits: number, misses: number }}
 */
function compare(seed, removes, most) {
  const random = randomSource(seed);
  const lists = [
    { net: core, list: new core.BlockList() },
    { net: ours, list: new ours.BlockList() },
  ];
  const rules = [];
  const seen = { hits: 0, misses: 0 };
  for (let steps = 1 + random(most); steps > 0; steps--) {
    const remove = removes && rules.length > 0 && random(3) === 0;
    const rule = remove ? rules[random(rules.length)] : randomRule(random);
    if (!remove) rules.push(rule);
    const [expected, actual] = lists.map(({ net, list }) =>
      apply(net, list, remove ? 'remove' : 'add', rule),
    );
    assert.equal(actual, expected, JSON.stringify(rule));
    for (let probes = random(12); probes > 0; probes--) {
      const { address, family } =
        rules.length > 0 && random(3) === 0
          ? rules[random(rules.length)].addresses[random(2)]
          : randomAddress(random);
      const [hit, found] = lists.map(({ list }) => list.check(address, family));
      if (found !== hit) {
        assert.fail(`seed ${seed}: ${address} ${found} in ${lists[0].list.rules.join('; ')}`);
      }
      seen[hit ? 'hits' : 'misses']++;
    }
  }
  assert.deepEqual(...lists.map(({ list }) => sortAddresses(list.rules)));
  return seen;
}

for (const removes of [false, true]) {
  const verbs = removes ? 'grow and shrink' : 'grow';
  const skip = removes && !('removeAddress' in core.BlockList.prototype);
  test(`random lists that ${verbs} answer as those of built-in net do`, { skip }, () => {
    const total = { hits: 0, misses: 0 };
    for (let seed = 1; seed <= 600; seed++) {
      const { hits, misses } = compare(seed, removes, seed % 20 === 0 ? 600 : 60);
      total.hits += hits;
      total.misses += misses;
    }
    // Were one of them rare, the comparison would say little.
    assert.ok(total.hits > 10_000 && total.misses > 10_000, JSON.stringify(total));
  });
}

test('random lists that shrink answer as lists of what is left do', () => {
  const random = randomSource(77);
  for (let round = 0; round < 200; round++) {
    const list = new ours.BlockList();
    let rules = Array.from({ length: 1 + random(60) }, () => randomRule(random)).filter(
      (rule) => apply(ours, list, 'add', rule) === undefined,
    );
    rules = rules.filter((rule) => {
      if (random(2) === 0) return true;
      apply(ours, list, 'remove', rule);
      return false;
    });
    const left = new core.BlockList();
    for (const rule of rules) apply(core, left, 'add', rule);
    // An address that is left and was removed as well is gone: it was one rule.
    for (const rule of left.rules) {
      if (rule.startsWith('Address:') && !list.rules.includes(rule)) {
        apply(
          ours,
          list,
          'add',
          rules.find((r) => r.kind === 'Address' && printed(r) === rule),
        );
      }
    }
    for (let probes = 0; probes < 60; probes++) {
      const { address, family } = randomAddress(random);
      assert.equal(
        list.check(address, family),
        left.check(address, family),
        `${address} in ${left.rules}`,
      );
    }
  }
});

/**
 * @param {ReturnType<typeof randomRule>} rule Of a single address
 * @returns {string} As a list prints it
 */
function printed({ addresses: [{ address, family }] }) {
  const list = new ours.BlockList();
  list.addAddress(address, family);
  return list.rules[0];
}
