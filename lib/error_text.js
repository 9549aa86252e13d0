'use strict';

/**
 * The parts of which core puts together the messages of its errors: what was expected, and what
 * was received instead.
 *
 * Source: https://nodejs.org/api/errors.html, and the messages of the running Node.
 */

const EventEmitter = require('node:events');
const { inspect } = require('node:util');

/** An integer with more digits than this is printed in groups of three. */
const SEPARATE_ABOVE = 2 ** 32;

/** The names of `typeof` that an `expected` list may contain; all else is a class or free text. */
const PRIMITIVE_TYPES = new Set([
  'string',
  'function',
  'number',
  'object',
  'Function',
  'Object',
  'boolean',
  'bigint',
  'symbol',
]);

const CLASS_NAME = /^([A-Z][a-z0-9]*)+$/;

/**
 * Joins words as English does: "a", "a or b", "a, b, or c".
 *
 * @param {readonly string[]} words At least one word
 * @param {'or' | 'and'} conjunction The word before the last item
 * @returns {string}
 */
function formatList(words, conjunction) {
  if (words.length < 3) return words.join(` ${conjunction} `);
  return `${words.slice(0, -1).join(', ')}, ${conjunction} ${words[words.length - 1]}`;
}

/**
 * @param {string} digits A number, perhaps with a minus sign
 * @returns {string} The same with an underscore between groups of three characters, counted from
 *   the end; core groups an exponent like digits ("1e_+21")
 */
function addNumericalSeparators(digits) {
  const start = digits.startsWith('-') ? 1 : 0;
  const groups = [];
  for (let end = digits.length; end > start; end -= 3) {
    groups.unshift(digits.slice(Math.max(start, end - 3), end));
  }
  return digits.slice(0, start) + groups.join('_');
}

/**
 * Whether the running Node names an object's class only where that name is not empty, or wherever
 * the constructor has the property. Asked of core once: an event emitter must refuse the listener.
 *
 * @type {boolean | undefined}
 */
let skipsEmptyClassName;

/**
 * @returns {boolean}
 */
function coreSkipsEmptyClassName() {
  if (skipsEmptyClassName === undefined) {
    skipsEmptyClassName = true;
    try {
      new EventEmitter().on('x', /** @type {any} */ ({ constructor: { name: '' } }));
    } catch (error) {
      skipsEmptyClassName = !(/** @type {Error} */ (error).message.includes('an instance of'));
    }
  }
  return skipsEmptyClassName;
}

/**
 * @param {object} value
 * @returns {boolean} Whether the value is described by the name of its class
 */
function isNamedInstance(value) {
  const { constructor } = value;
  if (!constructor) return false;
  if (coreSkipsEmptyClassName()) return Boolean(constructor.name);
  return 'name' in constructor;
}

/**
 * Describes a value as core does after "Received".
 *
 * @param {unknown} value Anything
 * @returns {string} For instance "type number (1)", "an instance of Foo", "function bar", "null"
 */
function describeReceived(value) {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case 'function':
      return `function ${value.name}`;
    case 'object':
      return isNamedInstance(value)
        ? `an instance of ${value.constructor.name}`
        : inspect(value, { depth: -1 });
    case 'bigint':
      return `type bigint (${value}n)`;
    case 'number':
      return `type number (${Object.is(value, -0) ? '-0' : value})`;
    case 'string': {
      const text = value.length > 28 ? `${value.slice(0, 25)}...` : value;
      return `type string (${text.includes("'") ? JSON.stringify(text) : `'${text}'`})`;
    }
    default:
      return `type ${typeof value} (${String(value)})`;
  }
}

/**
 * @param {string | readonly string[]} expected Type names, class names and free text, in any order
 * @returns {string} For instance "of type string or an instance of Buffer or URL"
 */
function describeExpected(expected) {
  const types = [];
  const classes = [];
  const others = [];
  for (const item of Array.isArray(expected) ? expected : [expected]) {
    if (PRIMITIVE_TYPES.has(item)) types.push(item.toLowerCase());
    else if (CLASS_NAME.test(item)) classes.push(item);
    else others.push(item);
  }
  // Beside other classes a plain object is one more class.
  const object = types.indexOf('object');
  if (classes.length > 0 && object !== -1) {
    types.splice(object, 1);
    classes.push('Object');
  }

  const phrases = [];
  if (types.length > 0) {
    phrases.push(`${types.length > 1 ? 'one of type' : 'of type'} ${formatList(types, 'or')}`);
  }
  if (classes.length > 0) phrases.push(`an instance of ${formatList(classes, 'or')}`);
  if (others.length > 1) phrases.push(`one of ${formatList(others, 'or')}`);
  else if (others.length === 1) {
    phrases.push(`${others[0].toLowerCase() === others[0] ? '' : 'an '}${others[0]}`);
  }
  return phrases.join(' or ');
}

/**
 * @param {string} name Of an argument, or dotted of an option
 * @returns {'argument' | 'property'}
 */
function kindOf(name) {
  return name.includes('.') ? 'property' : 'argument';
}

/**
 * Describes a value that is out of range.
 *
 * @param {unknown} value
 * @returns {string} For instance "4_294_967_297"
 */
function describeNumber(value) {
  if (typeof value === 'bigint') {
    const limit = BigInt(SEPARATE_ABOVE);
    const digits = String(value);
    return `${value > limit || value < -limit ? addNumericalSeparators(digits) : digits}n`;
  }
  if (Number.isInteger(value) && Math.abs(/** @type {number} */ (value)) > SEPARATE_ABOVE) {
    return addNumericalSeparators(String(value));
  }
  return inspect(value);
}

/**
 * @param {string | readonly string[]} name Of an argument; an array lists alternatives
 * @returns {string} For instance '"options" or "port"'
 */
function quoteAlternatives(name) {
  return typeof name === 'string' ? `"${name}"` : `"${name.join('" or "')}"`;
}

module.exports = {
  describeExpected,
  describeNumber,
  describeReceived,
  formatList,
  kindOf,
  quoteAlternatives,
};
