'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { formatIPv6, parseIPv6, readIPv4, readIPv6 } = require('../../lib/ip');
const { core, ours, outcome, randomSource, same } = require('./outcome');

const TEXTS = [
  ...['', ' ', 'a', '.', ':', '%', '[::1]', '::1/64', '1.2.3.4/8', '1.2.3.4%lo', '%lo', '\0'],
  ...['1.2.3.4', '0.0.0.0', '255.255.255.255', '127.0.0.1', '1.2.3.40', '10.20.30.40'],
  ...[' 1.2.3.4', '1.2.3.4 ', '1.2.3.4\n', '1.2.3.4\0', '1.2.3.4\0x', '1.2.3.4x', '\t1.2.3.4'],
  ...['01.2.3.4', '1.2.3.04', '00.0.0.0', '0.0.0.00', '1.2.3', '1.2.3.4.5', '1.2.3.', '.1.2.3'],
  ...['1..2.3', '1.2.3.256', '256.2.3.4', '1.2.3.1000', '1.2.3.a', '0x1.2.3.4', '1.2.3.-4', '1e1'],
  ...['16909060', '1.2.772', '１.2.3.4', '١.2.3.4', '1.2.3.4.', '1,2,3,4', '1.2.3.+4'],
  ...['::', '::1', '1::', ':::', '::::', '1:', ':1', '1:::2', '1::2::3', '::1::', ':1::', '::1:'],
  ...[
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8:',
    '1:2:3:4:5:6:7:',
  ],
  ...[
    ':1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
  ],
  ...[
    '1:2:3:4::5:6:7:8',
    '1::3:4:5:6:7:8',
    'fe80::',
    'FE80::A',
    'aBcD::EF',
    'g::',
    '::g',
    '12345::',
  ],
  ...[
    '00001::',
    '0000::',
    '::0000',
    '::00000',
    '::-1',
    '::+1',
    '::0x1',
    '::1 ',
    ' ::1',
    '::1\n',
    '::１',
  ],
  ...[
    '::1.2.3.4',
    '::1.2.3',
    '::1.2.3.4.5',
    '::01.2.3.4',
    '::256.1.1.1',
    '::1.2.3.4:5',
    '::1234.1.1.1',
  ],
  ...['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:1.2.3.4', '1:2:3:4:5:6:7:1.2.3.4', '1:2:3:4:5::1.2.3.4'],
  ...[
    '1:2:3:4:5:6::1.2.3.4',
    '1.2.3.4::',
    '::ffff:1.2.3.4',
    '::FFFF:1.2.3.4',
    '::a.2.3.4',
    '::.1.2.3',
  ],
  ...[
    'fe80::1%',
    'fe80::1%lo',
    'fe80::1%eth0',
    'fe80::1%1',
    'fe80::1%25',
    'fe80::1%l o',
    'fe80::1%a%b',
  ],
  ...[
    'fe80::1%é',
    'fe80::1%-',
    'fe80::1%a_b',
    'fe80::1%a.b',
    'fe80::1%a-b',
    'fe80::1%1:2',
    'fe80::1%/',
  ],
  ...[
    'fe80::1%a\0',
    'fe80::1%a\n',
    'fe80::1%~',
    '::ffff:1.2.3.4%lo',
    '::ffff:1.2.3.4\0',
    '::\0',
    '::%',
  ],
  ...[
    `::1%${'a'.repeat(200)}`,
    '1'.repeat(300),
    ':'.repeat(300),
    `${'0'.repeat(50)}::1`,
    '1:1:1:1:1:1:1:1%x',
  ],
];

const VALUES = [
  ...[undefined, null, true, 0, 1, 1.2, NaN, 10n, [], {}, () => {}, ['1.2.3.4'], ['::1'], [1, 2]],
  ...[new String('1.2.3.4'), Buffer.from('::1'), { toString: () => '::1' }, Symbol('1.2.3.4')],
  ...[Object.create(null), { toString: () => 1 }, new Date(0), new URL('http://[::1]/'), /1.2.3.4/],
];

/**
 * Changes a few characters of a text.
 *
 * @param {string} text
 * @param {(below: number) => number} random
 * @returns {string}
 */
function mutate(text, random) {
  const alphabet = '0123456789abcfF:.%:.::..g \0';
  const chars = [...text];
  for (let changes = random(3); changes >= 0; changes--) {
    const char = alphabet[random(alphabet.length)];
    chars.splice(random(chars.length + 1), random(2), ...(random(3) === 0 ? [] : [char]));
  }
  return chars.join('');
}

for (const name of ['isIP', 'isIPv4', 'isIPv6']) {
  test(`${name}() answers as built-in net does`, () => {
    for (const input of [...TEXTS, ...VALUES]) same(`${name}(…)`, (net) => net[name](input));
    same(`${name}()`, (net) => net[name]());
    assert.deepEqual([ours[name].name, ours[name].length], [core[name].name, core[name].length]);
  });
}

test('mutated addresses are told apart as built-in net tells them', () => {
  const random = randomSource(20261);
  let valid = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = mutate(TEXTS[random(TEXTS.length)], random);
    const expected = core.isIP(text);
    assert.equal(ours.isIP(text), expected, JSON.stringify(text));
    if (expected !== 0) valid++;
  }
  // Were there none, or nothing else, the comparison would say nothing.
  assert.ok(valid > 500 && valid < 19_500, `${valid} valid`);
});

test('addresses are read and brought into canonical form as by a core SocketAddress', () => {
  const random = randomSource(20262);
  const texts = [...TEXTS];
  for (let i = 0; i < 5_000; i++) texts.push(mutate(TEXTS[random(TEXTS.length)], random));
  for (const address of texts) {
    for (const family of ['ipv4', 'ipv6']) {
      same(
        JSON.stringify([address, family]),
        (net) => new net.SocketAddress({ address, family }).address,
      );
    }
  }
});

test('each pattern of zero groups has the canonical form that core gives it', () => {
  for (let pattern = 0; pattern < 256; pattern++) {
    for (const group of ['1', 'ffff', 'a0']) {
      const address = Array.from({ length: 8 }, (_, i) => ((pattern >> i) & 1 ? group : '0')).join(
        ':',
      );
      same(address, (net) => new net.SocketAddress({ address, family: 'ipv6' }).address);
    }
  }
});

test('what is read has the bits of what was written', () => {
  const words = new Uint32Array(4);
  assert.equal(readIPv4('1.2.3.4'), 0x01020304);
  assert.equal(readIPv4('255.255.255.255'), 0xffffffff);
  assert.equal(readIPv4('1.2.3'), -1);
  assert.equal(parseIPv6('1:23:456:789a::fffe:1.2.3.4', words), true);
  assert.deepEqual([...words], [0x00010023, 0x0456789a, 0x0000fffe, 0x01020304]);
  assert.equal(parseIPv6('fe80::1%lo', words), false);
  assert.equal(readIPv6('fe80::1%lo', words), true);
  assert.deepEqual([...words], [0xfe800000, 0, 0, 1]);
  assert.equal(formatIPv6(words), 'fe80::1');
  assert.deepEqual(
    outcome(() => ours.isIP('fe80::1%lo')),
    { returned: '6' },
  );
});
