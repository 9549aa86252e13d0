'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inspect } = require('node:util');

const { core, ours, outcome, same } = require('./outcome');

const ADDRESSES = [
  undefined,
  null,
  1,
  '',
  'x',
  '1.2.3.4',
  '::1',
  '::',
  'FE80::1%lo',
  '::ffff:1.2.3.4',
];
const FAMILIES = [undefined, null, 4, '', 'x', 'ipv4', 'ipv6', 'IPv4', 'IPV6', {}, Symbol('ipv4')];
/** Not the strings of a port: on them Node 20 ends the process. */
const PORTS = [
  undefined,
  null,
  0,
  80,
  65535,
  65536,
  -1,
  1.5,
  NaN,
  Infinity,
  '',
  ' ',
  'x',
  true,
  [80],
  {},
];
/** Nothing above 0xfffff, on which core ends the process. */
const FLOW_LABELS = [undefined, null, 0, 5, 0xfffff, -1, 1.5, NaN, '5', true, {}, 2 ** 32, 2 ** 40];

/** What Node 26 makes of each: what it prints, or undefined. Its host parser is that of URLs. */
const PARSED = {
  '': undefined,
  x: undefined,
  '1.2.3.4': '1.2.3.4 0',
  '1.2.3.4:80': '1.2.3.4 0',
  '1.2.3.4:00080': '1.2.3.4 0',
  '1.2.3.4:443': '1.2.3.4 443',
  '1.2.3.4:0': '1.2.3.4 0',
  '1.2.3.4:': '1.2.3.4 0',
  '1.2.3.4:08': '1.2.3.4 8',
  '1.2.3.4:65535': '1.2.3.4 65535',
  '1.2.3.4:65536': undefined,
  '1.2.3.4:-1': undefined,
  '1.2.3.4:+8': undefined,
  '1.2.3.4: 8': undefined,
  '1.2.3.4:8 ': '1.2.3.4 8',
  ' 1.2.3.4:8': undefined,
  '\t1.2.3.4:1': '1.2.3.4 1',
  '1.2.3.4:x': undefined,
  '1.2.3.4:1e3': undefined,
  '1.2.3.4:80:80': undefined,
  '1.2.3.4/8': '1.2.3.4 0',
  '1.2.3.4?x': '1.2.3.4 0',
  '1.2.3.4#x': '1.2.3.4 0',
  '1.2.3.4\\x': '1.2.3.4 0',
  '/1.2.3.4': '1.2.3.4 0',
  'user:secret@1.2.3.4:8': '1.2.3.4 8',
  'http://1.2.3.4': undefined,
  '1.2.3': '1.2.0.3 0',
  '127.1:5': '127.0.0.1 5',
  '0x7f.1': '127.0.0.1 0',
  '010.0.0.1': '8.0.0.1 0',
  2130706433: '127.0.0.1 0',
  4294967296: undefined,
  '1.2.3.256': undefined,
  '1.2.3.4.': '1.2.3.4 0',
  '１.2.3.4': '1.2.3.4 0',
  '%31.2.3.4': '1.2.3.4 0',
  'example.com': undefined,
  'localhost:80': undefined,
  ':80': undefined,
  '::1': undefined,
  '::1]': undefined,
  '[::1': undefined,
  '[]:1': undefined,
  '[1.2.3.4]': undefined,
  '[::1]x': undefined,
  '[::1%lo]:80': undefined,
  '[::1]': '::1 0',
  '[::1]:': '::1 0',
  '[::1]:80': '::1 0',
  '[::1]:443': '::1 443',
  '[::1]:65536': undefined,
  '[::1]/x': '::1 0',
  '[FE80::1]:81': 'fe80::1 81',
  '[::ffff:1.2.3.4]:81': '::ffff:1.2.3.4 81',
  '[1:0:0:0:0:0:0:1]': '1::1 0',
};

/**
 * @param {any} address
 * @returns {unknown[]} All that it shows
 */
function shown(address) {
  const { address: host, port, family, flowlabel } = address;
  return [
    host,
    port,
    family,
    flowlabel,
    address.toJSON(),
    JSON.stringify(address),
    inspect(address),
  ];
}

test('the constructor takes and refuses what that of built-in net does', () => {
  for (const options of [
    undefined,
    null,
    1,
    'x',
    [],
    () => {},
    {},
    new Map(),
    Object.create(null),
  ]) {
    same(inspect(options), ({ SocketAddress }) => shown(new SocketAddress(options)));
  }
  same('no argument', ({ SocketAddress }) => shown(new SocketAddress()));
  for (const family of FAMILIES) {
    same(inspect(family), ({ SocketAddress }) => shown(new SocketAddress({ family })));
    for (const address of ADDRESSES) {
      const options = { address, family };
      same(inspect(options), ({ SocketAddress }) => shown(new SocketAddress(options)));
    }
    for (const options of [
      ...PORTS.map((port) => ({ family, port })),
      ...FLOW_LABELS.map((flowlabel) => ({ family, flowlabel })),
    ]) {
      same(inspect(options), ({ SocketAddress }) => shown(new SocketAddress(options)));
    }
  }
});

test('of several invalid options the same one is told', () => {
  for (const family of ['x', 'ipv4', 'ipv6']) {
    for (const address of [1, 'x', '1.2.3.4']) {
      for (const port of [-1, 1]) {
        for (const flowlabel of [-1, 1]) {
          const options = { family, address, port, flowlabel };
          same(inspect(options), ({ SocketAddress }) => shown(new SocketAddress(options)));
        }
      }
    }
  }
});

test('a port may be a string', () => {
  for (const [port, expected] of [
    ['80', 80],
    ['0x50', 80],
    [' 80 ', 80],
    ['0', 0],
  ]) {
    assert.equal(new ours.SocketAddress({ port }).port, expected);
  }
  assert.throws(() => new ours.SocketAddress({ port: '65536' }), { code: 'ERR_SOCKET_BAD_PORT' });
});

test('a flow label of more than 20 bits is refused, where core ends the process', () => {
  assert.throws(() => new ours.SocketAddress({ family: 'ipv6', flowlabel: 0x100000 }), {
    name: 'RangeError',
    code: 'ERR_OUT_OF_RANGE',
  });
});

test('parse() reads what that of Node 26 reads', () => {
  for (const [input, expected] of Object.entries(PARSED)) {
    const parsed = ours.SocketAddress.parse(input);
    assert.equal(parsed && `${parsed.address} ${parsed.port}`, expected, JSON.stringify(input));
    assert.equal(parsed?.family, expected && (expected.includes(':') ? 'ipv6' : 'ipv4'));
  }
  for (const input of [undefined, null, 1, {}, [], Symbol('1.2.3.4')]) {
    assert.throws(() => ours.SocketAddress.parse(/** @type {any} */ (input)), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: /^The "input" argument must be of type string\. Received /,
    });
  }
});

test(
  'parse() reads what that of the running Node reads',
  { skip: !core.SocketAddress.parse },
  () => {
    for (const input of [...Object.keys(PARSED), undefined, null, 1, {}, []]) {
      same(inspect(input), ({ SocketAddress }) => SocketAddress.parse(/** @type {any} */ (input)));
    }
  },
);

test('it is printed, enumerated and subclassed as that of built-in net', () => {
  for (const options of [{}, { depth: 0 }, { depth: -1 }, { depth: null }, { compact: false }]) {
    same(inspect(options), ({ SocketAddress }) => {
      const address = new SocketAddress({ family: 'ipv6', port: 5, flowlabel: 3 });
      return [address, [address], { a: { b: { c: address } } }].map((v) => inspect(v, options));
    });
  }
  same('keys', ({ SocketAddress }) => Object.keys(new SocketAddress()));
  same('for in', ({ SocketAddress }) => {
    const keys = [];
    for (const key in new SocketAddress()) keys.push(key);
    return keys;
  });
  same('subclass', ({ SocketAddress }) => {
    class Sub extends SocketAddress {}
    const sub = new Sub({ port: 3 });
    return [sub instanceof SocketAddress, SocketAddress.isSocketAddress(sub), inspect(sub)];
  });
  same('without new', ({ SocketAddress }) => /** @type {any} */ (SocketAddress)());
  same('read only', ({ SocketAddress }) => {
    const address = /** @type {any} */ (new SocketAddress());
    const refused = ['address', 'port', 'family', 'flowlabel'].map(
      (name) => outcome(() => (address[name] = 1)).threw,
    );
    return [refused, address];
  });
});

test('isSocketAddress() knows both classes', () => {
  const { SocketAddress } = ours;
  assert.equal(SocketAddress.isSocketAddress(new SocketAddress()), true);
  assert.equal(SocketAddress.isSocketAddress(new core.SocketAddress()), true);
  assert.equal(SocketAddress.isSocketAddress(structuredClone(new core.SocketAddress())), true);
  for (const value of [
    undefined,
    null,
    1,
    '',
    {},
    () => {},
    Object.create(SocketAddress.prototype),
  ]) {
    assert.equal(SocketAddress.isSocketAddress(value), false);
  }
});

test('a copy is one of core, and the same in each of its parts', () => {
  const address = new ours.SocketAddress({ family: 'ipv6', address: '::1', port: 5, flowlabel: 3 });
  const copy = structuredClone(address);
  assert.deepEqual(copy.toJSON(), address.toJSON());
  assert.ok(copy instanceof ours.SocketAddress);
  assert.ok(address instanceof core.SocketAddress);
  assert.deepEqual(shown(new ours.SocketAddress(copy)), shown(address));
});
