'use strict';

/**
 * Cases for what newer Nodes have in BlockList. The names of the cases are the keys of
 * `observed.json`, which holds what Node 26 did: `node __test__/ip/rule_cases.js` prints it anew.
 */

const { inspect } = require('node:util');

const { outcome } = require('./outcome');

/** Rules of each kind, some of them twice, in the order in which they are added. */
const FILL = [
  ['addAddress', '1.1.1.1'],
  ['addAddress', '::1', 'ipv6'],
  ['addAddress', '::ffff:2.2.2.2', 'ipv6'],
  ['addAddress', '3.3.3.3'],
  ['addRange', '1.1.1.1', '1.1.1.9'],
  ['addRange', '1.1.1.1', '1.1.1.9'],
  ['addRange', '::1', '::9', 'ipv6'],
  ['addSubnet', '10.0.0.0', 8],
  ['addSubnet', '10.0.0.1', 8],
  ['addSubnet', '::', 8, 'ipv6'],
  ['addSubnet', '10.0.0.0', 8],
  ['addRange', '5.5.5.5', '5.5.5.5'],
  ['addSubnet', '6.6.6.6', 32],
  ['addRange', { address: '7.7.7.7', port: 7 }, '7.7.7.8'],
  ['addSubnet', { address: 'a::', family: 'ipv6', flowlabel: 7 }, 16],
];

const NO_TEXT = [undefined, null, 1, true, {}, [], { address: '127.0.0.1' }];
const CIDRS = [
  ...['', '/', '10.0.0.0', '10.0.0.0/8', '10.0.0.0/', '/8', '10.0.0.0/8/9', '10.0.0.0/0', '::/0'],
  ...['10.0.0.0/08', '10.0.0.0/+8', '10.0.0.0/ 8', '10.0.0.0/8 ', '10.0.0.0/8x', '10.0.0.0/0x8'],
  ...['10.0.0.0/1e1', '10.0.0.0/8.0', '10.0.0.0/8.5', '10.0.0.0/-1', '10.0.0.0/33', '10.0.0.0/129'],
  ...[
    '10.0.0.0/99999999999',
    '10.0.0.0/000',
    '10.0.0.0/abc',
    ' 10.0.0.0/8',
    '10.0.0.0 /8',
    '[::]/8',
  ],
  ...[
    '::/128',
    '::/129',
    '::1/33',
    'x/8',
    'x:/8',
    '::ffff:10.0.0.0/104',
    '::ffff:10.0.0.0/8',
    '::/8',
  ],
  ...['fe80::1%lo/64', '10.0.0.1/8', '10.1.0.0/8', '6.6.6.6/32', 'a::/16', '10.0.0.0/8\n', '::1/8'],
];

/** @type {unknown[][]} A method and its arguments; an object with an address becomes a SocketAddress */
const CALLS = [
  ...[...NO_TEXT, ...CIDRS].flatMap((cidr) => [
    ['addCIDR', cidr],
    ['removeCIDR', cidr],
    ['addCIDRs', [cidr, '1.0.0.0/8']],
    ['addCIDRs', ['1.0.0.0/8', cidr]],
  ]),
  ...[...NO_TEXT, 'abc', new Uint8Array(2), { length: 1, 0: '1.0.0.0/8' }].flatMap((list) => [
    ['addCIDRs', list],
    ['addAddresses', list],
    ['fromJSON', list],
  ]),
  ['addCIDRs', ['1.0.0.0/8', 'x/8', '2.0.0.0/8']],
  ['addCIDRs', ['x/8', '1']],
  ['addAddresses', ['4.4.4.4', '5.5.5.5']],
  ['addAddresses', ['4.4.4.4', '::5']],
  ['addAddresses', ['::5', '::6'], 'ipv6'],
  ['addAddresses', ['::5'], 'IPV6'],
  ['addAddresses', ['::5', '4.4.4.4'], 'ipv6'],
  ['addAddresses', ['4.4.4.4', 5]],
  ['addAddresses', ['x', 5]],
  ['addAddresses', [5, 'x']],
  ['addAddresses', ['4.4.4.4', {}]],
  ['addAddresses', [{ address: '4.4.4.4' }, { address: '::5', family: 'ipv6' }], 'ipv6'],
  ['addAddresses', [{ address: '4.4.4.4' }, 'x']],
  ['addAddresses', [], 4],
  ['addAddresses', [], 'x'],
  ['addAddresses', [], null],
  ['addAddresses', ['4.4.4.4'], 'x'],
  ['addAddresses', ['4.4.4.4'], 4],
  ['addAddresses', [{ address: '4.4.4.4' }], 4],

  ...[
    '1.1.1.1',
    '2.2.2.2',
    '3.3.3.3',
    '5.5.5.5',
    '6.6.6.6',
    '9.9.9.9',
    '::1',
    'x',
    '',
    1,
    undefined,
  ].map((address) => ['removeAddress', address]),
  ...['::1', '0:0::1', '::1%lo', '::ffff:1.1.1.1', '::FFFF:202:202', '::2', '1.1.1.1', 1].map(
    (address) => ['removeAddress', address, 'ipv6'],
  ),
  ['removeAddress', '1.1.1.1', 'x'],
  ['removeAddress', '1.1.1.1', 4],
  ['removeAddress', { address: '1.1.1.1', port: 5 }],
  ['removeAddress', { address: '::1', family: 'ipv6', flowlabel: 5 }, 4],
  ['removeRange', '1.1.1.1', '1.1.1.9'],
  ['removeRange', '1.1.1.2', '1.1.1.9'],
  ['removeRange', '1.1.1.1', '1.1.1.8'],
  ['removeRange', '1.1.1.9', '1.1.1.1'],
  ['removeRange', '5.5.5.5', '5.5.5.5'],
  ['removeRange', '1.1.1.1', '1.1.1.1'],
  ['removeRange', '7.7.7.7', '7.7.7.8'],
  ['removeRange', { address: '7.7.7.7', port: 7 }, '7.7.7.8'],
  ['removeRange', { address: '1.1.1.1' }, { address: '1.1.1.9' }],
  ['removeRange', { address: '1.1.1.1' }, { address: '::ffff:1.1.1.9', family: 'ipv6' }],
  ['removeRange', '::1', '::9', 'ipv6'],
  ['removeRange', '::9', '::1', 'ipv6'],
  ['removeRange', '::ffff:1.1.1.1', '::ffff:1.1.1.9', 'ipv6'],
  ['removeRange', 'x', 'y'],
  ['removeRange', '1.1.1.1'],
  ['removeRange'],
  ['removeRange', 1, 2],
  ['removeRange', '1.1.1.1', '1.1.1.9', 'x'],
  ['removeRange', '1.1.1.1', '1.1.1.9', 4],
  ['removeSubnet', '10.0.0.0', 8],
  ['removeSubnet', '10.0.0.1', 8],
  ['removeSubnet', '10.0.0.7', 8],
  ['removeSubnet', '10.0.0.0', 9],
  ['removeSubnet', '10.0.0.0', 33],
  ['removeSubnet', '10.0.0.0', '8'],
  ['removeSubnet', '10.0.0.0'],
  ['removeSubnet', '10.0.0.0', 8, 'ipv6'],
  ['removeSubnet', '10.0.0.0', 8, 'x'],
  ['removeSubnet', '::', 8, 'ipv6'],
  ['removeSubnet', '::', 129, 'ipv6'],
  ['removeSubnet', 'a::', 16, 'ipv6'],
  ['removeSubnet', { address: 'a::', family: 'ipv6', flowlabel: 7 }, 16],
  ['removeSubnet', { address: '10.0.0.0' }, 8],
  ['removeSubnet', '::ffff:10.0.0.0', 104, 'ipv6'],
  ['removeSubnet', 'x', 8],
  ['removeSubnet', 1, 8],
  ['clear'],
  ['clear', 1],

  ...[
    '',
    'x',
    '{}',
    '[]',
    'null',
    '1',
    '"x"',
    '["x"]',
    '[1]',
    '{"length":1}',
    '["Address: IPv4 4.4.4.4"]',
  ].map((text) => ['fromJSON', text]),
  ['fromJSON', ['Address: IPv4 4.4.4.4', 1]],
  ['fromJSON', ['Address: IPv4 4.4.4.4', 'Address: IPv4 4.4.4.999', 'Address: IPv4 8.8.8.8']],
  ['fromJSON', ['Address: IPv4 4.4.4.4', 'Subnet: IPv4 4.4.4.4/33', 'Address: IPv4 8.8.8.8']],
  ['fromJSON', ['Address: IPv4 4.4.4.4', 'Range: IPv4 4.4.4.4-4.4.4.9', 'Subnet: IPv4 4.4.4.4/8']],
  ...[
    ...[
      'Address: IPv4 4.4.4.4',
      'Address: IPv4 ::5',
      'Address: IPv6 4.4.4.4',
      'address: ipv4 4.4.4.4',
    ],
    ...[
      'Address:IPv4 4.4.4.4',
      'Address: IPv4  4.4.4.4',
      ' Address: IPv4 4.4.4.4 ',
      'xAddress: IPv4 4.4.4.4',
    ],
    ...[
      'Address: IPv4 4.4.4.4 x',
      'Address: IPv4 4.4.4',
      'Address: IPv4 4.4.4.4.4',
      'Address: IPv4',
    ],
    ...[
      'Address: IPv4 4.4.4.4444',
      'Address: IPv4 4444.4.4.4',
      'Address: IPv4 04.4.4.4',
      'Address: IPv5 4.4.4.4',
    ],
    ...[
      'Address: IPv6 ::5',
      'Address: IPv6 FE80::1',
      'Address: IPv6 fe80::1%lo',
      'Address: IPv6 ::ffff:4.4.4.4',
    ],
    ...[
      'Address: IPv6 ::5x',
      'Address: IPv6 ::5.',
      'Address: IPv6 x::5',
      'Address: IPv6 a',
      'Address: IPv6 .',
    ],
    ...[
      'ADDRESS: IPv6 ::5',
      'Address: IPV6 ::5',
      'IPv6 Address: ipv6 ::5',
      'IPv4 Address: IPv6 ::5',
    ],
    ...[
      'Range: IPv4 4.4.4.4-4.4.4.9',
      'Range: IPv4 4.4.4.9-4.4.4.4',
      'Range: IPv4 4.4.4.4',
      'Range: IPv4 4-9',
    ],
    ...[
      'Range: IPv4 4.4.4.4-',
      'Range: IPv4 4.4.4.4 - 4.4.4.9',
      'Range: IPv4 ::4-::9',
      'Range: IPv4 4.4.4.4-::9',
    ],
    ...[
      'Range: IPv4 4.4.4.4-4.4.4.9-4.4.4.12',
      'Range: IPv6 ::4-::9',
      'Range: IPv6 ::4-',
      'Range: IPv6 ::9-::4',
    ],
    ...[
      'Range: IPv6 ::4-4.4.4.4',
      'Range: IPv6 4.4.4.4-4.4.4.9',
      'Range: IPv6 ::ffff:4.4.4.4-::ffff:4.4.4.9',
    ],
    ...[
      'RANGE: IPv6 ::4-::9',
      'Range: IPv6 ::4%lo-::9%lo',
      'Range: IPv6 FE80::1-FE80::2',
      'range: IPv4 4.4.4.4-4.4.4.9',
    ],
    ...[
      'Subnet: IPv4 4.4.4.4/8',
      'Subnet: IPv4 4.4.4.4/33',
      'Subnet: IPv4 4.4.4.4',
      'Subnet: IPv4 4.4.4.4/',
    ],
    ...[
      'Subnet: IPv4 4.4.4.4/8x',
      'Subnet: IPv4 4.4.4.4/08',
      'Subnet: IPv4 4.4.4.4/128',
      'Subnet: IPv4 4.4.4.4/-1',
    ],
    ...[
      'Subnet: IPv4 4.4.4.4/ 8',
      'Subnet: IPv4 4.4.4.4/8.5',
      'Subnet: IPv4 4.4.4.4/8/9',
      'Subnet: IPv4 x/8',
    ],
    ...[
      'Subnet: IPv6 b::/8',
      'Subnet: IPv6 ::/129',
      'Subnet: IPv6 ::/1280',
      'Subnet: IPv6 ::/0128',
    ],
    ...[
      'Subnet: IPv6 4.4.4.4/8',
      'Subnet: IPv6 ::ffff:4.4.4.4/96',
      'Subnet: IPv6 ::4%lo/8',
      'SUBNET: IPv6 b::/8',
    ],
    ...['Foo: IPv4 4.4.4.4', 'Address: IPv4 4.4.4.4\nAddress: IPv4 8.8.8.8'],
    ...[
      'Address: IPv4 4.4.4.4 Subnet: IPv4 8.8.8.8/8',
      'Range: IPv4 4.4.4.4-4.4.4.9 Address: IPv4 8.8.8.8',
    ],
    ...['Address: IPv6 ::5 Address: IPv4 4.4.4.4', 'Range: IPv6 ::4-::9 Address: IPv6 ::5'],
    ...['Range: IPv4 4.4.4.4-4.4.4.9 Subnet: IPv6 b::/8', 'Address: IPv6 ::5 Subnet: IPv6 b::/8'],
  ].map((rule) => ['fromJSON', [rule]]),
];

/**
 * @param {any} net The module to take SocketAddress from
 * @param {unknown} argument
 * @returns {unknown} The argument, with SocketAddresses where it has options for one
 */
function revive({ SocketAddress }, argument) {
  if (Array.isArray(argument)) return argument.map((item) => revive({ SocketAddress }, item));
  const address = /** @type {any} */ (argument)?.address;
  return typeof address === 'string' && address !== '127.0.0.1'
    ? new SocketAddress(argument)
    : argument;
}

/**
 * @param {any} net The module under test
 * @returns {any} A list that has the rules of FILL
 */
function fill(net) {
  const list = new net.BlockList();
  for (const [method, ...args] of FILL) {
    list[/** @type {string} */ (method)](...args.map((argument) => revive(net, argument)));
  }
  return list;
}

/**
 * @param {readonly string[]} items
 * @param {readonly string[]} others
 * @returns {string[]} The items that are not among the others, as often as they are more there
 */
function without(items, others) {
  const left = [...others];
  return items.filter((item) => {
    const i = left.indexOf(item);
    if (i >= 0) left.splice(i, 1);
    return i < 0;
  });
}

/**
 * Calls a method of a list that has rules of each kind.
 *
 * @param {any} net The module under test
 * @param {unknown[]} call
 * @returns {object} What came of it, which rules it added and removed, and how many there are then
 */
function runCall(net, [method, ...args]) {
  const list = fill(net);
  const before = list.rules;
  const result = outcome(() =>
    list[/** @type {string} */ (method)](...args.map((argument) => revive(net, argument))),
  );
  const added = without(list.rules, before).sort();
  const removed = without(before, list.rules).sort();
  return { ...result, added, removed, size: list.size };
}

/**
 * @param {unknown[]} call
 * @returns {string} The case's name
 */
function nameOf([method, ...args]) {
  return `${method}(${args.map((argument) => inspect(argument, { breakLength: Infinity })).join(', ')})`;
}

module.exports = { CALLS, fill, nameOf, runCall };

if (require.main === module) {
  const net = require('node:net');
  const observed = Object.fromEntries(CALLS.map((call) => [nameOf(call), runCall(net, call)]));
  process.stdout.write(`${JSON.stringify(observed, null, 2)}\n`);
}
