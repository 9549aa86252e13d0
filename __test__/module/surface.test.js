'use strict';

const assert = require('node:assert');
const { EventEmitter } = require('node:events');
const { Duplex } = require('node:stream');

const { builtin, documented, isBuiltin, ours, scenario } = require('../harness');

/** What the newest documentation lists, and the two underscored functions that packages use. */
const EXPORTS = {
  BlockList: 'function',
  BoundSocket: 'function',
  Server: 'function',
  Socket: 'function',
  SocketAddress: 'function',
  Stream: 'function',
  _createServerHandle: 'function',
  _normalizeArgs: 'function',
  connect: 'function',
  createConnection: 'function',
  createServer: 'function',
  getDefaultAutoSelectFamily: 'function',
  getDefaultAutoSelectFamilyAttemptTimeout: 'function',
  isIP: 'function',
  isIPv4: 'function',
  isIPv6: 'function',
  promises: 'object',
  setDefaultAutoSelectFamily: 'function',
  setDefaultAutoSelectFamilyAttemptTimeout: 'function',
};

const lacking = Object.keys(EXPORTS).filter((name) => !Object.hasOwn(builtin, name));
const skip = isBuiltin(ours) && lacking.length > 0 ? `this Node lacks ${lacking}` : false;

/** Those of them that the running Node has as well. */
const shared = Object.keys(EXPORTS).filter((name) => Object.hasOwn(builtin, name));

documented(
  'every documented export is an own enumerable property',
  async ({ net }) => {
    for (const [name, type] of Object.entries(EXPORTS)) {
      const descriptor = Object.getOwnPropertyDescriptor(net, name);
      assert.ok(descriptor, `${name} is missing`);
      assert.strictEqual(descriptor.enumerable, true, `${name} is not enumerable`);
      assert.strictEqual(typeof net[name], type, name);
      assert.strictEqual(net[name], net[name], `${name} changes from one access to the next`);
    }
  },
  { skip },
);

scenario(
  'an object spread has the whole surface',
  async ({ net }) => {
    const copy = { ...net };
    return shared.map((name) => [name, copy[name] === net[name]]);
  },
  { cross: false },
);

documented('exports can be replaced, as test doubles do', async ({ net }) => {
  const original = net.connect;
  const double = () => {};
  net.connect = double;
  const replaced = net.connect === double;
  net.connect = original;
  assert.ok(replaced);
});

scenario(
  'functions have the names and lengths of the documentation',
  async ({ net }) =>
    shared
      .filter((name) => typeof net[name] === 'function')
      .map((name) => [name, net[name].name, net[name].length]),
  { cross: false },
);

scenario(
  'aliases are the same function',
  async ({ net }) => [
    net.Stream === net.Socket,
    net.connect === net.createConnection,
    net.Socket === net.connect,
  ],
  { cross: false },
);

scenario(
  'Socket is a Duplex and Server an EventEmitter, by prototype and by static inheritance',
  async ({ net }) => [
    Object.getPrototypeOf(net.Socket.prototype) === Duplex.prototype,
    Object.getPrototypeOf(net.Socket) === Duplex,
    Object.getPrototypeOf(net.Server.prototype) === EventEmitter.prototype,
    Object.getPrototypeOf(net.Server) === EventEmitter,
    net.Socket.prototype.constructor === net.Socket,
    net.Server.prototype.constructor === net.Server,
  ],
  { cross: false },
);

scenario(
  'instances answer instanceof, with and without new',
  async ({ net }) => {
    const { Server, Socket } = net;
    return [new Socket(), Socket(), new Server(), Server(), net.createServer()].map((object) => [
      object instanceof Socket,
      object instanceof Duplex,
      object instanceof EventEmitter,
      object instanceof Server,
      object.constructor.name,
    ]);
  },
  { cross: false },
);

scenario(
  'classes in the old style can inherit from both by util.inherits',
  async ({ net }) => {
    const util = require('node:util');
    /** @this {any} */
    function Child() {
      net.Socket.call(this, { allowHalfOpen: true });
    }
    util.inherits(Child, net.Socket);
    /** @this {any} */
    function ChildServer(listener) {
      net.Server.call(this, { pauseOnConnect: true }, listener);
    }
    util.inherits(ChildServer, net.Server);
    const child = new Child();
    const server = new ChildServer(() => {});
    return [
      child instanceof net.Socket,
      child.allowHalfOpen,
      server instanceof net.Server,
      server.pauseOnConnect,
      server.listenerCount('connection'),
    ];
  },
  { cross: false },
);

scenario(
  "Server's prototype has the public methods with their lengths",
  async ({ net }) => {
    const { prototype } = net.Server;
    const describe = (key) => {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
      if (!descriptor) return [String(key), 'missing'];
      if (descriptor.get) return [String(key), 'getter', descriptor.enumerable];
      return [String(key), typeof descriptor.value, descriptor.value.length];
    };
    const names = ['address', 'close', 'getConnections', 'listen', 'listening', 'ref', 'unref'];
    return names.map(describe);
  },
  { cross: false },
);

scenario(
  'the well-known symbols of Server are methods',
  async ({ net }) => {
    const keys = [Symbol.for('nodejs.rejection'), Symbol.asyncDispose];
    return keys.map((key) => typeof net.Server.prototype[key]);
  },
  { cross: false, skip: Symbol.asyncDispose ? false : 'no Symbol.asyncDispose in this Node' },
);

documented(
  'a server is async iterable',
  async ({ net }) => {
    assert.strictEqual(typeof net.Server.prototype[Symbol.asyncIterator], 'function');
  },
  { skip },
);

scenario(
  'isIP, isIPv4 and isIPv6 agree with net on every shape of input',
  async ({ net }) => {
    const inputs = [
      ...['127.0.0.1', '0.0.0.0', '255.255.255.255', '256.0.0.1', '1.2.3', '1.2.3.4.5', '01.2.3.4'],
      ...['127.0.0.1/24', ' 1.2.3.4', '1.2.3.4 ', '1.2.3.4\n', '0x7f.0.0.1', '', 'localhost'],
      ...['::', '::1', '1::', '::ffff:1.2.3.4', '::ffff:1.2.3', '2001:db8::1', '2001:DB8::1'],
      ...['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', ':::', '12345::'],
      ...[
        'fe80::1%lo',
        'fe80::1%',
        'fe80::1%25eth0',
        '::1%1',
        '[::1]',
        '::g',
        '1:2:3:4:5:6:1.2.3.4',
      ],
      ...[undefined, null, 0, 1, true, {}, [], ['1.2.3.4'], new Date(0), Symbol.iterator],
      { toString: () => '::1' },
    ];
    const attempt = (name, input) => {
      try {
        return net[name](input);
      } catch (error) {
        return [error.name, error.code, error.message];
      }
    };
    return inputs.map((input) => ['isIP', 'isIPv4', 'isIPv6'].map((name) => attempt(name, input)));
  },
  { cross: false },
);
