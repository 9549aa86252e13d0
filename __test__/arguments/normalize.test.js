'use strict';

const assert = require('node:assert');
const net = require('node:net');
const { test } = require('node:test');
const { inspect } = require('node:util');

const {
  isNormalizedArgs,
  isPipeName,
  normalizeArgs,
  normalizedArgs,
  toNumber,
} = require('../../lib/arguments');

const coreNormalizeArgs = /** @type {any} */ (net)._normalizeArgs;

const FIRST = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  80,
  -1,
  1e30,
  NaN,
  Infinity,
  10n,
  Symbol.iterator,
  callback,
  '',
  ' ',
  '0',
  '-0',
  '80',
  ' 80\n',
  '0x10',
  '1e3',
  '1.5',
  '+5',
  '-1',
  '5_0',
  '1n',
  'Infinity',
  'NaN',
  'path',
  '/a/path',
  '\0abstract',
  {},
  { port: 1, host: 'h' },
  { path: '/x' },
  [],
  [1],
  new Date(0),
  new String('80'),
  Object.create(null),
];

const REST = [
  [],
  [callback],
  ['host'],
  ['host', callback],
  ['host', 511, callback],
  ['host', 511],
  ['', callback],
  [undefined, callback],
  [null, callback],
  [511, callback],
  [true],
  [{ host: 'x' }],
  [callback, callback],
  [callback, 'host'],
];

/** @returns {void} */
function callback() {}

/**
 * @param {any[]} normalized
 * @returns {unknown} What is comparable of it
 */
function parts(normalized) {
  const marks = Object.getOwnPropertySymbols(normalized).map((symbol) => [
    symbol.description,
    Object.getOwnPropertyDescriptor(normalized, symbol),
  ]);
  return [[...normalized], Object.getPrototypeOf(normalized[0]), marks];
}

for (const rest of REST) {
  test(`normalizeArgs: a first argument and ${inspect(rest)}`, () => {
    for (const first of FIRST) {
      const list = [first, ...rest];
      const [ours, core] = [normalizeArgs(list), coreNormalizeArgs(list)];
      assert.deepStrictEqual(parts(ours), parts(core), inspect(list));
      assert.strictEqual(ours[0] === first, core[0] === first, 'copied, or not');
    }
  });
}

test('normalizeArgs: no arguments, and array-likes', () => {
  for (const list of [[], { length: 0 }, { 0: 80, 1: 'host', 2: callback, length: 3 }]) {
    assert.deepStrictEqual(parts(normalizeArgs(list)), parts(coreNormalizeArgs(list)));
  }
});

test('normalizeArgs has the name and the length of the built-in function', () => {
  assert.strictEqual(normalizeArgs.name, coreNormalizeArgs.name);
  assert.strictEqual(normalizeArgs.length, coreNormalizeArgs.length);
});

test('isNormalizedArgs knows our arrays and those of built-in net', () => {
  assert.ok(normalizeArgs([80])[normalizedArgs]);
  assert.ok(isNormalizedArgs(normalizeArgs([80])));
  assert.ok(isNormalizedArgs(coreNormalizeArgs([80])));
  for (const value of [undefined, null, 80, 'path', [], [{}, null], { 0: {}, length: 1 }]) {
    assert.ok(!isNormalizedArgs(value), inspect(value));
  }
});

test('isPipeName: a string that is no port', () => {
  for (const value of FIRST) {
    const core = coreNormalizeArgs([value])[0];
    const isPath = core !== value && Object.hasOwn(core, 'path');
    assert.strictEqual(isPipeName(value), isPath, inspect(value));
  }
});

test('toNumber', () => {
  assert.deepStrictEqual(['80', 80, '', '0x10', -1, '-1', 'path', NaN, undefined].map(toNumber), [
    80,
    80,
    0,
    16,
    false,
    false,
    false,
    false,
    false,
  ]);
});
