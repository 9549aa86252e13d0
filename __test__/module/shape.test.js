'use strict';

// What can be reached from the exports has the descriptors, names, lengths and order of built-in net's.

const assert = require('node:assert');

const { builtin, documented } = require('../harness');

/** Symbols that programs know; others are a module's own affair. */
const PUBLIC_SYMBOLS = new Set(
  Object.getOwnPropertyNames(Symbol)
    .map((name) => Symbol[name])
    .filter((value) => typeof value === 'symbol'),
);

/** What is not asked for: `postMessage()` finds core's class under that name. */
const LEFT_OUT = new Set(['_TransferredBoundSocket']);

/** What takes more than that of older Nodes does. */
if (builtin.Socket.prototype.setKeepAlive.length < 4) {
  LEFT_OUT.add('Socket.prototype.setKeepAlive.length');
}

/**
 * @param {object} owner An object
 * @returns {(string | symbol)[]} Its own keys that programs can know
 */
function keysOf(owner) {
  return Reflect.ownKeys(owner).filter(
    (key) => typeof key === 'string' || PUBLIC_SYMBOLS.has(key) || Symbol.keyFor(key) !== undefined,
  );
}

/**
 * @param {PropertyDescriptor} descriptor
 * @returns {string} All of it, but for what an object or a function in it is
 */
function print(descriptor) {
  return Object.entries(descriptor)
    .map(([name, value]) => {
      const isSimple = value === null || (typeof value !== 'object' && typeof value !== 'function');
      return `${name}: ${isSimple ? JSON.stringify(value) : typeof value}`;
    })
    .join(', ');
}

/**
 * @param {any} net The module
 * @returns {Map<string, string>} Every property by its path, depth first
 */
function tableOf(net) {
  /** @type {Map<string, string>} */
  const table = new Map();
  const seen = new Set();
  const walk = (/** @type {any} */ owner, /** @type {string} */ prefix) => {
    if (owner === null || (typeof owner !== 'object' && typeof owner !== 'function')) return;
    if (seen.has(owner)) return;
    seen.add(owner);
    for (const key of keysOf(owner)) {
      const path = `${prefix}${String(key)}`;
      if (LEFT_OUT.has(path)) continue;
      // Some exports are loaded when they are first asked for.
      if (owner === net) walk(net[key], `${path}.`);
      const descriptor = Object.getOwnPropertyDescriptor(owner, key);
      table.set(path, print(descriptor));
      for (const [name, value] of Object.entries(descriptor)) {
        walk(value, name === 'value' ? `${path}.` : `${path}<${name}>.`);
      }
    }
  };
  walk(net, '');
  return table;
}

documented('properties have the descriptors and the order of built-in net', async ({ net }) => {
  const expected = tableOf(builtin);
  const found = tableOf(net);
  assert.ok(expected.has('Socket.prototype.connect.name'));
  for (const [path, descriptor] of expected) assert.strictEqual(found.get(path), descriptor, path);
  const shared = [...found.keys()].filter((path) => expected.has(path));
  assert.strictEqual(shared.join('\n'), [...expected.keys()].join('\n'));
});
