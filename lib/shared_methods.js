'use strict';

/**
 * Methods of `Socket.prototype` and `Server.prototype` for what is core's, too. Instrumentation and mocks
 * put functions of their own there, and mean every socket and server by it: also a TLSSocket, and a
 * server of http, whose classes have built-in `net`'s among their ancestors. What they put in the place of
 * a function of the module is for Node's other modules as well: `http2.connect()` asks `net.connect`.
 */

const { coreNet } = require('./core.js');
const net = require('./net.js');
const { Server } = require('./server.js');
const { Socket, rememberMethods } = require('./socket.js');
const { kServed } = require('./symbols.js');

const { isPrototypeOf } = Object.prototype;

/**
 * A prototype of ours, and core's of the same name.
 *
 * @typedef {object} Pair
 * @property {any} ours Where a program replaces methods
 * @property {() => any} core Core's
 * @property {boolean} all Whether methods count whose names begin with an underscore
 * @property {Map<string | symbol, any>} usual What it has, as long as nobody replaces it
 * @property {Map<string, Function>} corePart What core has under these names, once that is loaded
 */

/** @type {Pair[]} */
const pairs = [
  {
    ours: Socket.prototype,
    core: () => coreNet().Socket.prototype,
    // The others are called for each chunk, and nobody else's business.
    all: false,
    usual: new Map(),
    corePart: new Map(),
  },
  {
    ours: Server.prototype,
    core: () => coreNet().Server.prototype,
    all: true,
    usual: new Map(),
    corePart: new Map(),
  },
];

/** Functions of the module that Node's other modules ask it for whenever they need them. */
const FUNCTIONS = /** @type {const} */ ([
  'connect',
  'createConnection',
  'createServer',
  'isIP',
  'isIPv4',
  'isIPv6',
]);

/**
 * What each is, as long as nobody replaces it.
 *
 * @type {Map<string, Function>}
 */
const usualFunctions = new Map();

/**
 * @param {any} prototype A prototype
 * @param {boolean} all Whether methods count whose names begin with an underscore
 * @returns {[name: string, descriptor: PropertyDescriptor][]} Its own methods
 */
function methodsOf(prototype, all) {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(
    ([name, { value }]) =>
      typeof value === 'function' && name !== 'constructor' && (all || !name.startsWith('_')),
  );
}

/**
 * @param {any} prototype A prototype of core's
 * @param {boolean} all Whether methods count whose names begin with an underscore
 * @returns {Map<string, PropertyDescriptor>} Its methods, also those that it inherits
 */
function allMethodsOf(prototype, all) {
  const methods = new Map();
  for (let each = prototype; each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const [name, descriptor] of methodsOf(each, all)) {
      if (!methods.has(name)) methods.set(name, descriptor);
    }
  }
  return methods;
}

/**
 * From now on our methods, called on what is core's, are core's. This comes before a program can have seen
 * them: what it puts in their place often calls them.
 */
function prepare() {
  for (const { ours, core, all, usual, corePart } of pairs) {
    for (const [name, descriptor] of methodsOf(ours, all)) {
      const { value: own } = descriptor;
      put(ours, name, descriptor, function (...args) {
        const isOurs = isPrototypeOf.call(ours, this) || this?.[kServed] === true;
        const method = isOurs ? own : (corePart.get(name) ?? core()[name]);
        return method.apply(this, args);
      });
    }
    for (const key of Reflect.ownKeys(ours)) usual.set(key, valueOf(ours, key));
  }
  for (const name of FUNCTIONS) usualFunctions.set(name, net[name]);
  rememberMethods();
}

/** From now on what is core's has what a program puts on our prototypes, and on the module. */
function share() {
  const core = coreNet();
  for (const name of FUNCTIONS) {
    const corePart = core[name];
    const descriptor = /** @type {PropertyDescriptor} */ (
      Object.getOwnPropertyDescriptor(core, name)
    );
    put(core, name, descriptor, function (...args) {
      const now = /** @type {Function} */ (net[name]);
      return Reflect.apply(now === usualFunctions.get(name) ? corePart : now, this, args);
    });
  }
  for (const { ours, core, all, corePart } of pairs) {
    const prototype = core();
    for (const [name, descriptor] of allMethodsOf(prototype, all)) {
      corePart.set(name, descriptor.value);
      // Ours comes back to core's, or both inherit it.
      if (name in ours) {
        put(prototype, name, descriptor, function (...args) {
          return ours[name].apply(this, args);
        });
      }
    }
  }
}

/** @returns {boolean} Whether a program has put something of its own on `Socket.prototype` */
function isSocketReplaced() {
  const [{ ours, usual }] = pairs;
  if (usual.size === 0) return false;
  return Reflect.ownKeys(ours).some((key) => valueOf(ours, key) !== usual.get(key));
}

/**
 * @param {object} owner An object
 * @param {string | symbol} key One of its own keys
 * @returns {any} What stands under it; undefined for an accessor
 */
function valueOf(owner, key) {
  return Object.getOwnPropertyDescriptor(owner, key)?.value;
}

/**
 * @param {any} prototype Gets the method
 * @param {string} name Its name
 * @param {PropertyDescriptor} descriptor Of the method that it stands for
 * @param {(this: any, ...args: any[]) => any} value The method
 */
function put(prototype, name, descriptor, value) {
  for (const key of ['name', 'length']) {
    Object.defineProperty(value, key, { value: descriptor.value[key], configurable: true });
  }
  Object.defineProperty(prototype, name, { ...descriptor, value });
}

module.exports = { isSocketReplaced, prepare, share };
