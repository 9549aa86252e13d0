'use strict';

const assert = require('node:assert/strict');
const dgram = require('node:dgram');
const { once } = require('node:events');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { Worker } = require('node:worker_threads');

const { checkAddress, toBlockList } = require('../../lib/block_list_option');
const { formatIPv6, hashWords } = require('../../lib/ip');
const observed = require('./observed.json');
const { core, ours, outcome, same, sortAddresses } = require('./outcome');
const { CALLS, fill, nameOf, runCall } = require('./rule_cases');

const { BlockList, SocketAddress } = ours;

const ADDRESSES = [
  ...[undefined, null, 1, true, {}, [], () => {}, Symbol('a'), new String('1.2.3.4')],
  ...['', ' ', 'x', '1.2.3', '1.2.3.4', '01.2.3.4', '1.2.3.256', '1.2.3.4 ', '1.2.3.4\0'],
  ...['::1', '::', 'fe80::1%lo', '::ffff:1.2.3.4', '::FFFF:102:304', '1::2::3'],
];
const FAMILIES = [undefined, 'ipv4', 'ipv6', 'IPv4', 'IPV6', '', 'x', 4, 6, null, {}];
const PREFIXES = [
  undefined,
  null,
  '8',
  true,
  {},
  1n,
  -1,
  0,
  1,
  8,
  31,
  32,
  33,
  128,
  129,
  1.5,
  NaN,
  Infinity,
];

/** Options of SocketAddresses. */
const OPTIONS = [
  {},
  { address: '1.2.3.4', port: 80 },
  { address: '::1', family: 'ipv6', flowlabel: 3 },
  { address: '::ffff:1.2.3.4', family: 'ipv6' },
];

/** Whether core keeps single addresses apart, each once, as it does since it can remove rules. */
const LISTS_BY_KIND = 'removeAddress' in core.BlockList.prototype;

/**
 * Compares what a method of a new list does, and which rules the list has then.
 *
 * @param {string} method
 * @param {(net: typeof ours) => unknown[]} args
 * @param {string} label
 * @returns {void}
 */
function sameCall(method, args, label) {
  same(`${method} ${label}`, (net) => {
    const list = new net.BlockList();
    list.addAddress('1.2.3.4');
    list.addAddress('::1', 'ipv6');
    const result = outcome(() => /** @type {any} */ (list)[method](...args(net)));
    return [result, sortAddresses(list.rules)];
  });
}

for (const method of ['addAddress', 'check']) {
  test(`${method}() takes and refuses what that of built-in net does`, () => {
    for (const family of FAMILIES) {
      for (const address of ADDRESSES) {
        sameCall(method, () => [address, family], inspect([address, family]));
      }
      for (const options of OPTIONS) {
        const args = (net) => [new net.SocketAddress(options), family];
        sameCall(method, args, inspect([options, family]));
      }
    }
    sameCall(method, () => [], 'without arguments');
    sameCall(method, () => ['1.2.3.4'], 'without a family');
  });
}

test('addRange() takes and refuses what that of built-in net does', () => {
  const ends = ['1.2.3.4', '1.2.3.9', '::1', '::9', 'x', undefined];
  for (const family of FAMILIES) {
    for (const address of ADDRESSES) {
      for (const end of ends) {
        sameCall('addRange', () => [address, end, family], inspect([address, end, family]));
        sameCall('addRange', () => [end, address, family], inspect([end, address, family]));
      }
    }
    for (const options of OPTIONS) {
      for (const end of [...ends, ...OPTIONS]) {
        const label = inspect([options, end, family]);
        const make = (net, value) =>
          typeof value === 'object' ? new net.SocketAddress(value) : value;
        sameCall('addRange', (net) => [make(net, options), make(net, end), family], label);
        sameCall('addRange', (net) => [make(net, end), make(net, options), family], label);
      }
    }
  }
});

test('addSubnet() takes and refuses what that of built-in net does', () => {
  for (const family of FAMILIES) {
    for (const prefix of PREFIXES) {
      for (const address of ADDRESSES) {
        sameCall('addSubnet', () => [address, prefix, family], inspect([address, prefix, family]));
      }
      for (const options of OPTIONS) {
        const args = (net) => [new net.SocketAddress(options), prefix, family];
        sameCall('addSubnet', args, inspect([options, prefix, family]));
      }
    }
  }
});

test('each prefix has the addresses that it has for built-in net', () => {
  for (let prefix = 0; prefix <= 32; prefix++) {
    same(`/${prefix}`, (net) => {
      const list = new net.BlockList();
      list.addSubnet('170.85.170.85', prefix);
      return Array.from({ length: 32 }, (_, bit) => {
        const n = (0xaa55aa55 ^ (1 << bit)) >>> 0;
        const address = `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
        return [list.check(address), list.check(`::ffff:${address}`, 'ipv6')];
      });
    });
  }
  for (let prefix = 0; prefix <= 128; prefix++) {
    same(`/${prefix}`, (net) => {
      const list = new net.BlockList();
      list.addSubnet('aaaa:5555:aaaa:5555:aaaa:5555:aaaa:5555', prefix, 'ipv6');
      return Array.from({ length: 128 }, (_, bit) => {
        const value = 0xaaaa5555aaaa5555aaaa5555aaaa5555n ^ (1n << BigInt(bit));
        return list.check(value.toString(16).replace(/(.{4})(?!$)/g, '$1:'), 'ipv6');
      });
    });
  }
});

test('IPv4 addresses and IPv4-mapped ones match as with built-in net', () => {
  const probes = ['1.1.1.1', '2.2.2.2', '0.0.0.0', '127.5.0.1', '128.0.0.1', '255.255.255.255'];
  const probes6 = [
    '::',
    '::1',
    '::3',
    '::5',
    'fffe::',
    'ffff::',
    'ffff::5',
    '::ffff:0:0:0',
    '::fffe:ffff:ffff',
  ];
  const v6 = (address) => ({ address, family: 'ipv6' });
  const fills = [
    ['addAddress', '1.1.1.1'],
    ['addAddress', '::ffff:2.2.2.2', 'ipv6'],
    ['addAddress', '::2.2.2.2', 'ipv6'],
    ['addSubnet', '1.0.0.0', 8],
    ['addSubnet', '1.1.1.1', 0],
    ['addSubnet', '::', 0, 'ipv6'],
    ['addSubnet', '::ffff:0:0', 90, 'ipv6'],
    ['addSubnet', '::ffff:0:0', 96, 'ipv6'],
    ['addSubnet', '::ffff:0:0', 97, 'ipv6'],
    ['addSubnet', '::ffff:1.1.1.1', 104, 'ipv6'],
    ['addRange', '::', 'ffff::', 'ipv6'],
    ['addRange', '::', '::ffff:2.2.2.2', 'ipv6'],
    ['addRange', '::ffff:2.2.2.2', 'ffff::', 'ipv6'],
    ['addRange', '::ffff:1.0.0.0', '::ffff:2.2.2.2', 'ipv6'],
    ['addRange', { address: '127.0.0.1' }, v6('::ffff:128.0.0.1')],
    ['addRange', { address: '127.0.0.1' }, v6('::4')],
    ['addRange', { address: '127.0.0.1' }, v6('ffff::')],
    ['addRange', v6('::4'), { address: '128.0.0.1' }],
    ['addRange', v6('::ffff:0.0.0.4'), { address: '127.5.0.1' }],
    ['addRange', v6('ffff::'), { address: '127.0.0.1' }],
  ];
  for (const [method, ...args] of fills) {
    same(inspect([method, args]), (net) => {
      const list = new net.BlockList();
      const revived = args.map((a) => (typeof a === 'object' ? new net.SocketAddress(a) : a));
      list[method](...revived);
      return [
        ...probes.map((address) => [list.check(address), list.check(`::ffff:${address}`, 'ipv6')]),
        ...probes6.map((address) => list.check(address, 'ipv6')),
        list.rules,
      ];
    });
  }
});

test('what newer Nodes have does what Node 26 was seen to do', () => {
  assert.deepEqual(Object.keys(observed), CALLS.map(nameOf));
  for (const call of CALLS)
    assert.deepEqual(runCall(ours, call), observed[nameOf(call)], nameOf(call));
});

test('the rules are listed in the order in which the running Node lists them', () => {
  same('rules', (net) => sortAddresses(fill(net).rules));
  same('duplicates', (net) => {
    const list = new net.BlockList();
    for (let i = 0; i < 2; i++) {
      list.addAddress('1.1.1.1');
      list.addRange('1.1.1.1', '1.1.1.2');
      list.addAddress('2.2.2.2');
      list.addAddress('::ffff:1.1.1.1', 'ipv6');
      list.addSubnet('1.1.1.1', 8);
    }
    return sortAddresses(list.rules);
  });
  // Without a second address in front of or behind it, the whole order is core's.
  same('kinds', (net) => {
    const list = new net.BlockList();
    list.addRange('1.1.1.1', '1.1.1.2');
    list.addAddress('1.1.1.1');
    list.addSubnet('1.1.1.1', 8);
    list.addRange('3.1.1.1', '3.1.1.2');
    list.addSubnet('3.1.1.1', 8);
    return list.rules;
  });
});

test('of a rule added twice, an address is removed wholly, all else once', () => {
  const list = new BlockList();
  for (let i = 0; i < 2; i++) {
    list.addAddress('1.1.1.1');
    list.addAddress('::1', 'ipv6');
    list.addSubnet('2.0.0.0', 8);
    list.addRange('a::', 'b::', 'ipv6');
  }
  assert.equal(list.size, LISTS_BY_KIND ? 6 : 8);
  assert.equal(list.rules.length, list.size);
  list.removeAddress('::ffff:1.1.1.1', 'ipv6');
  assert.deepEqual([list.check('1.1.1.1'), list.check('::1', 'ipv6')], [false, true]);
  list.removeAddress('::1', 'ipv6');
  assert.deepEqual([list.check('::1', 'ipv6'), list.size], [false, 4]);
  for (const left of [true, false]) {
    list.removeSubnet('2.0.0.0', 8);
    assert.equal(list.check('2.1.1.1'), left);
    list.removeRange('a::', 'b::', 'ipv6');
    assert.equal(list.check('a:1::', 'ipv6'), left);
  }
  assert.deepEqual([list.rules, list.size], [[], 0]);
});

test('of the same ranges and subnets the newest is removed', () => {
  const list = new BlockList();
  for (const network of ['1.0.0.0', '2.0.0.0', '1.0.0.0', '3.0.0.0']) list.addSubnet(network, 8);
  list.removeSubnet('1.0.0.0', 8);
  assert.deepEqual(list.rules, [
    'Subnet: IPv4 3.0.0.0/8',
    'Subnet: IPv4 2.0.0.0/8',
    'Subnet: IPv4 1.0.0.0/8',
  ]);
});

test('addresses of the same hash are kept apart', () => {
  const addresses = Array.from({ length: 5 }, (_, i) => {
    const words = Uint32Array.of(0x20010db8, i, 7 * i, 0);
    // The last word goes into the hash as it is.
    words[3] = hashWords(words) ^ 0x1234;
    assert.equal(hashWords(words), 0x1234);
    return formatIPv6(words);
  });
  for (const removed of addresses) {
    const list = new BlockList();
    const present = new Set();
    for (const address of addresses) {
      list.addAddress(address, 'ipv6');
      present.add(address);
      for (const other of addresses) assert.equal(list.check(other, 'ipv6'), present.has(other));
    }
    list.removeAddress(removed, 'ipv6');
    for (const other of addresses) assert.equal(list.check(other, 'ipv6'), other !== removed);
    assert.equal(list.size, addresses.length - 1);
    for (const address of addresses) list.removeAddress(address, 'ipv6');
    for (const other of addresses) assert.equal(list.check(other, 'ipv6'), false);
    assert.equal(list.size, 0);
  }
});

test('rules that overlap one removed stay in force', () => {
  const list = new BlockList();
  list.addSubnet('10.0.0.0', 8);
  list.addRange('10.1.0.0', '10.2.0.0');
  list.addAddress('10.1.1.1');
  assert.equal(list.check('10.9.9.9'), true);
  list.removeSubnet('10.0.0.0', 8);
  assert.deepEqual(
    ['10.9.9.9', '10.1.5.5', '10.1.1.1'].map((address) => list.check(address)),
    [false, true, true],
  );
  list.removeRange('10.1.0.0', '10.2.0.0');
  assert.deepEqual([list.check('10.1.5.5'), list.check('10.1.1.1')], [false, true]);
});

test('addCIDR() and its like go through methods that a subclass overrides', () => {
  const calls = [];
  class Sub extends BlockList {
    addAddress(...args) {
      calls.push(['addAddress', ...args]);
    }
    addSubnet(...args) {
      calls.push(['addSubnet', ...args]);
    }
    removeSubnet(...args) {
      calls.push(['removeSubnet', ...args]);
    }
  }
  const list = new Sub();
  list.addCIDRs(['1.0.0.0/8']);
  list.removeCIDR('a::/16');
  list.addAddresses(['1.1.1.1']);
  list.fromJSON(['Address: IPv6 ::1']);
  assert.deepEqual(calls, [
    ['addSubnet', '1.0.0.0', 8, 'ipv4'],
    ['removeSubnet', 'a::', 16, 'ipv6'],
    ['addAddress', '::1', 'ipv6'],
  ]);
});

test('PRIVATE_RANGES are those of the documentation', () => {
  assert.deepEqual(BlockList.PRIVATE_RANGES, [
    ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '::1/128'],
    ...['169.254.0.0/16', 'fe80::/10', 'fc00::/7'],
  ]);
  assert.ok(Object.isFrozen(BlockList.PRIVATE_RANGES));
  const list = new BlockList();
  list.addCIDRs(BlockList.PRIVATE_RANGES);
  assert.equal(list.size, 8);
  for (const address of ['10.0.0.1', '172.31.255.255', '192.168.0.1', '127.0.0.1', '169.254.1.1']) {
    assert.equal(list.check(address), true, address);
    assert.equal(list.check(`::ffff:${address}`, 'ipv6'), true, address);
  }
  for (const address of ['8.8.8.8', '172.32.0.0', '11.0.0.0', '::1']) {
    assert.equal(list.check(address), false, address);
  }
  for (const address of ['::1', 'fe80::1%lo', 'fdff::1'])
    assert.equal(list.check(address, 'ipv6'), true);
  for (const address of ['::2', 'fe00::', '2001:db8::1'])
    assert.equal(list.check(address, 'ipv6'), false);
});

test('toJSON() and fromJSON() carry a list over', () => {
  const list = fill(ours);
  for (const data of [list.toJSON(), JSON.stringify(list), structuredClone(list.toJSON())]) {
    const copy = new BlockList();
    copy.addAddress('9.9.9.9');
    copy.fromJSON(data);
    assert.deepEqual(copy.rules.sort(), [...list.rules, 'Address: IPv4 9.9.9.9'].sort());
    for (const address of ['1.1.1.1', '2.2.2.2', '10.9.9.9', '5.5.5.5']) {
      assert.equal(copy.check(address), true, address);
    }
  }
  if (LISTS_BY_KIND) same('toJSON', (net) => sortAddresses(fill(net).toJSON()));
});

test('the list that rules returns is the caller’s own', () => {
  const list = new BlockList();
  list.addAddress('1.1.1.1');
  list.rules.pop();
  assert.deepEqual(list.rules, ['Address: IPv4 1.1.1.1']);
  same('setter', (net) => {
    /** @type {any} */ (new net.BlockList()).rules = [];
  });
});

test('it is printed, enumerated and subclassed as that of built-in net', () => {
  for (const options of [
    {},
    { depth: 0 },
    { depth: 1 },
    { depth: -1 },
    { depth: null },
    { compact: false },
  ]) {
    same(inspect(options), (net) => {
      const list = new net.BlockList();
      const empty = inspect(list, options);
      list.addRange('1.1.1.1', '1.1.1.2');
      list.addSubnet('::', 8, 'ipv6');
      return [empty, ...[list, [list], { a: { b: { c: list } } }].map((v) => inspect(v, options))];
    });
  }
  same('keys', (net) => Object.keys(new net.BlockList()));
  same('subclass', (net) => {
    class Sub extends net.BlockList {}
    const sub = new Sub();
    sub.addAddress('1.1.1.1');
    return [sub instanceof net.BlockList, sub.check('1.1.1.1'), inspect(sub)];
  });
  same('without new', (net) => /** @type {any} */ (net.BlockList)());
  const describe = (object) =>
    Object.entries(Object.getOwnPropertyDescriptors(object)).map(([name, property]) => [
      name,
      property.enumerable,
      typeof property.value,
      property.value?.length,
      typeof property.get,
    ]);
  for (const pick of [(net) => net.BlockList, (net) => net.BlockList.prototype]) {
    const expected = describe(pick(core));
    const actual = describe(pick(ours));
    for (const property of expected) {
      assert.ok(
        actual.some((own) => inspect(own) === inspect(property)),
        inspect(property),
      );
    }
  }
});

test('SocketAddresses of core are taken', () => {
  const v4 = new core.SocketAddress({ address: '1.2.3.4', port: 9 });
  const v6 = new core.SocketAddress({ address: '::ffff:1.2.3.4', family: 'ipv6' });
  const list = new BlockList();
  list.addAddress(/** @type {any} */ (v4));
  assert.deepEqual(
    [list.check(v6), list.check('1.2.3.4'), list.rules],
    [true, true, ['Address: IPv4 1.2.3.4']],
  );
  list.removeAddress(/** @type {any} */ (v6));
  list.addAddresses(/** @type {any} */ ([v4]));
  list.clear();
  list.addRange(/** @type {any} */ (v4), '1.2.3.9');
  list.addSubnet(/** @type {any} */ (v6), 128);
  assert.deepEqual(list.check(new SocketAddress({ address: '1.2.3.5' })), true);
  list.removeRange(/** @type {any} */ (v4), new SocketAddress({ address: '1.2.3.9' }));
  list.removeSubnet(/** @type {any} */ (v6), 128);
  assert.deepEqual(list.rules, []);
});

test('isBlockList() knows both classes, and what core sends through postMessage()', () => {
  for (const value of [
    new BlockList(),
    structuredClone(new BlockList()),
    new core.BlockList(),
    structuredClone(new core.BlockList()),
  ]) {
    assert.equal(BlockList.isBlockList(value), true);
    assert.equal(toBlockList(value), value);
  }
  for (const value of [undefined, null, 1, {}, [], BlockList, Object.create(BlockList.prototype)]) {
    assert.equal(BlockList.isBlockList(value), false);
  }
});

test('an option that is no list is refused as by built-in net', () => {
  for (const value of [undefined, null, 0, '', false]) assert.equal(toBlockList(value), undefined);
  for (const value of [{}, 1, 'x', [], new SocketAddress()]) {
    assert.throws(() => toBlockList(value), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: /^The "options\.blockList" property must be an net\.BlockList\. Received /,
    });
  }
});

test('checkAddress() asks either class by its own check()', () => {
  for (const Class of [BlockList, core.BlockList]) {
    const calls = [];
    class Sub extends /** @type {any} */ (Class) {
      check(...args) {
        calls.push(args);
        return super.check(...args);
      }
    }
    const list = new Sub();
    list.addAddress('1.2.3.4');
    assert.equal(checkAddress(list, '1.2.3.4'), true);
    assert.equal(checkAddress(list, '1.2.3.4', 4), true);
    assert.equal(checkAddress(list, '::ffff:1.2.3.4', 'IPv6'), true);
    assert.equal(checkAddress(list, '::1'), false);
    assert.deepEqual(calls, [
      ['1.2.3.4', 'ipv4'],
      ['1.2.3.4', 'ipv4'],
      ['::ffff:1.2.3.4', 'ipv6'],
      ['::1', 'ipv6'],
    ]);
  }
});

test('a copy is one of core, and shares the rules with the list', () => {
  const list = new BlockList();
  list.addAddress('1.2.3.4');
  list.addSubnet('10.0.0.0', 8);
  list.addRange('::1', '::5', 'ipv6');
  const { rules } = list;
  const copy = structuredClone(list);
  assert.ok(copy instanceof BlockList);
  assert.equal(copy.constructor, core.BlockList);
  assert.deepEqual([list.rules, copy.rules, list.size], [rules, rules, 3]);
  copy.addAddress('5.6.7.8');
  list.addAddress('::9', 'ipv6');
  list.addCIDRs(['20.0.0.0/8']);
  list.addRange('30.0.0.1', '30.0.0.9');
  list.addAddresses(['9.9.9.9']);
  for (const each of [list, copy, structuredClone(list)]) {
    const checks = ['1.2.3.4', '5.6.7.8', '10.1.1.1', '20.1.1.1', '30.0.0.5', '9.9.9.9', '2.2.2.2'];
    assert.deepEqual(
      checks.map((address) => each.check(address)),
      [true, true, true, true, true, true, false],
    );
    assert.deepEqual([each.check('::9', 'ipv6'), each.rules.length], [true, 8]);
  }
  assert.throws(() => list.addRange('2.0.0.0', '1.0.0.0'), { code: 'ERR_INVALID_ARG_VALUE' });
});

test('rules are removed from a list with copies where core can remove them', () => {
  const list = new BlockList();
  list.addAddress('1.2.3.4');
  list.addSubnet('10.0.0.0', 8);
  list.addRange('20.0.0.1', '20.0.0.9');
  list.addAddress('5.6.7.8');
  const copy = structuredClone(list);
  const removals = [
    () => list.removeAddress('1.2.3.4'),
    () => list.removeCIDR('10.0.0.0/8'),
    () => list.removeRange('20.0.0.1', '20.0.0.9'),
    () => list.clear(),
  ];
  for (const [index, remove] of removals.entries()) {
    if (LISTS_BY_KIND) remove();
    else assert.throws(remove, { code: 'ERR_INVALID_STATE' });
    assert.equal(copy.rules.length, LISTS_BY_KIND ? 3 - index : 4);
  }
});

test('copies of a list share its rules from thread to thread', async () => {
  const list = new BlockList();
  const source = `const { parentPort, workerData } = require('node:worker_threads');
    workerData.addAddress('1.2.3.4');
    parentPort.postMessage(workerData.check('5.6.7.8'));`;
  list.addAddress('5.6.7.8');
  const worker = new Worker(source, { eval: true, workerData: list });
  const [[seen]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  assert.deepEqual([seen, list.check('1.2.3.4')], [true, true]);
});

test('core takes a list for its own', async () => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  assert.ok(list instanceof core.BlockList);
  if (core.BlockList.isBlockList) assert.equal(core.BlockList.isBlockList(list), true);
  // Node 20's dgram knows of no lists.
  const send = async (sendBlockList) => {
    const socket = dgram.createSocket(/** @type {any} */ ({ type: 'udp4', sendBlockList }));
    const error = await new Promise((resolve) => socket.send('x', 9, '127.0.0.1', resolve));
    socket.close();
    return error?.code;
  };
  const coreList = new core.BlockList();
  coreList.addAddress('127.0.0.1');
  assert.equal(await send(list), await send(coreList));
});
