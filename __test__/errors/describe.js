'use strict';

const { inspect } = require('node:util');

/**
 * Runs a function that may throw.
 *
 * @param {() => unknown} run
 * @returns {any} What it threw, else undefined
 */
function thrownBy(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/**
 * Takes down all that a program can see of an error, but for the frames of its stack.
 *
 * @param {any} error
 * @returns {object | undefined} Comparable with `deepStrictEqual`; undefined where there is none
 */
function describe(error) {
  if (error === undefined) return undefined;
  const keys = Reflect.ownKeys(error);
  return {
    tag: Object.prototype.toString.call(error),
    name: error.name,
    message: error.message,
    string: String(error),
    constructor: error.constructor.name,
    builtin: [Error, TypeError, RangeError, AggregateError].map((type) => [
      type.name,
      error instanceof type,
      error.constructor === type,
    ]),
    json: JSON.stringify(error),
    properties: Object.entries(error).map(([key, value]) => [key, shallow(value)]),
    hidden: keys.filter((key) => !Object.keys(error).includes(/** @type {string} */ (key))).sort(),
    order: keys.map(String),
    writable: keys.map((key) => Object.getOwnPropertyDescriptor(error, key)?.configurable),
    header: withoutFrames(error.stack),
    inspected: withoutFrames(inspect(error)),
  };
}

/**
 * @param {any} value
 * @returns {unknown}
 */
function shallow(value) {
  return value instanceof Error ? describe(value) : value;
}

/**
 * @param {string} text
 * @returns {string} The text without the lines that name a place in a file
 */
function withoutFrames(text) {
  return text.replace(/\n +at [^\n{]*/g, '');
}

/**
 * @param {Error} error
 * @returns {string} The innermost frame
 */
function firstFrame(error) {
  // The message itself may print the stack of another error.
  const [stack, message] = [String(error.stack), error.message];
  const frames = message ? stack.slice(stack.lastIndexOf(message) + message.length) : stack;
  return /\n +at ([^\n]*)/.exec(frames)?.[1] ?? '';
}

class Named {}

/** One of everything that may be handed over in the place of what is wanted. */
const VALUES = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  1.5,
  255,
  256,
  65535,
  65536,
  2147483647,
  2147483648,
  4294967295,
  4294967296,
  4294967297,
  -4294967297,
  1e21,
  -(2 ** 53),
  NaN,
  Infinity,
  -Infinity,
  10n,
  -(2n ** 70n),
  '',
  ' ',
  '0',
  '80',
  '0x50',
  ' 80\n',
  '-1',
  '1.5',
  'text',
  "it's",
  'say "it\'s"',
  "'".repeat(30),
  'x'.repeat(28),
  'x'.repeat(29),
  'x'.repeat(200),
  '\n'.repeat(40),
  '\u{1F600}'.repeat(20),
  Symbol('symbol'),
  Symbol(''),
  () => {},
  function named() {},
  class Klass {},
  Object.defineProperty(() => {}, 'name', { value: 5 }),
  {},
  { a: { b: { c: { d: 1 } } } },
  { text: 'x'.repeat(200) },
  [],
  [1, [2, [3, [4]]]],
  new Named(),
  new (class {})(),
  Object.create(null),
  Object.assign(Object.create(null), { a: 1 }),
  { constructor: undefined },
  { constructor: { name: '' } },
  { constructor: { name: 'Zed' } },
  { aborted: false },
  new Map([[1, 2]]),
  new Date(0),
  /expression/,
  new Error('inner'),
  Promise.resolve(),
  Buffer.from('bytes'),
  new Uint16Array(2),
  new DataView(new ArrayBuffer(1)),
  new ArrayBuffer(1),
  new AbortController().signal,
  new Proxy({}, {}),
  (function* generator() {})(),
];

/**
 * @param {unknown} value
 * @returns {string} For the name of a test
 */
function label(value) {
  return inspect(value, { depth: 0, breakLength: Infinity }).slice(0, 40);
}

module.exports = { VALUES, describe, firstFrame, label, thrownBy };
