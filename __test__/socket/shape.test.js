'use strict';

const { builtin, scenario } = require('../harness');

/**
 * @param {object} object A prototype
 * @param {string} name A property's name
 * @returns {any[]} What kind of property it is
 */
function describe(object, name) {
  const descriptor = Object.getOwnPropertyDescriptor(object, name);
  if (descriptor === undefined) return ['missing'];
  const { value, get, set, configurable, enumerable, writable } = descriptor;
  if (get || set) return ['accessor', Boolean(get), Boolean(set), enumerable];
  if (typeof value === 'function') {
    return ['method', value.length, configurable, enumerable, writable];
  }
  return ['value', typeof value, configurable, enumerable, writable];
}

scenario(
  'the prototype has the methods and accessors of built-in net, with their lengths',
  async ({ net }) => {
    const names = Object.getOwnPropertyNames(builtin.Socket.prototype);
    return Object.fromEntries(
      names
        // setKeepAlive takes two parameters more in newer Nodes, and here on each; _handle has tests
        // of its own.
        .filter((name) => !['constructor', 'setKeepAlive', '_handle'].includes(name))
        .map((name) => [name, describe(net.Socket.prototype, name)]),
    );
  },
  { cross: false },
);

scenario(
  'the class itself: name, length, own names, prototype chain',
  async ({ net }) => ({
    name: net.Socket.name,
    length: net.Socket.length,
    chain: [
      Object.getPrototypeOf(net.Socket).name,
      Object.getPrototypeOf(net.Socket.prototype).constructor.name,
    ],
    constructor: describe(net.Socket.prototype, 'constructor').slice(0, 1),
    asyncDispose: typeof net.Socket.prototype[Symbol.asyncDispose],
    asyncIterator: typeof net.Socket.prototype[Symbol.asyncIterator],
    inherited: ['write', 'pipe', 'cork', 'setEncoding', 'unshift', 'destroy'].map((name) => [
      Object.hasOwn(net.Socket.prototype, name),
      net.Socket.prototype[name] === require('node:stream').Duplex.prototype[name],
    ]),
  }),
  { cross: false },
);

/**
 * @param {any} state A `_readableState` or `_writableState`
 * @param {string[]} names The fields to show
 * @returns {object} Their values
 */
function fields(state, names) {
  return Object.fromEntries(names.map((name) => [name, state[name] ?? String(state[name])]));
}

const READABLE = [
  'objectMode highWaterMark length flowing ended endEmitted reading constructed sync needReadable',
  'emittedReadable readableListening resumeScheduled errorEmitted emitClose autoDestroy destroyed',
  'closed closeEmitted multiAwaitDrain readingMore dataEmitted encoding',
].flatMap((line) => line.split(' '));

const WRITABLE = [
  'objectMode highWaterMark finalCalled needDrain ending ended finished destroyed decodeStrings',
  'defaultEncoding length writing corked sync bufferProcessing pendingcb constructed prefinished',
  'errorEmitted emitClose autoDestroy closed closeEmitted writelen bufferedRequestCount',
].flatMap((line) => line.split(' '));

/**
 * @param {any} socket A socket
 * @returns {object} The state of its two streams
 */
function states({ _readableState: readable, _writableState: writable }) {
  return { readable: fields(readable, READABLE), writable: fields(writable, WRITABLE) };
}

scenario(
  '_readableState and _writableState of a new and of a destroyed socket',
  async ({ net, track, settle }) => {
    const socket = track(new net.Socket());
    const fresh = states(socket);
    socket.destroy();
    await settle(socket);
    return { fresh, closed: states(socket) };
  },
  { cross: false },
);

scenario('_readableState and _writableState through the life of a connection', async (t) => {
  const { server, client, accepted } = await t.connectPair();
  const connected = [states(client), states(accepted)];
  server.close();
  accepted.resume();
  client.end('bytes');
  const ending = states(client);
  client.resume();
  await t.settle(client, accepted, server);
  return { connected, ending, closed: [states(client), states(accepted)] };
});

scenario('own enumerable names of a connected and of an accepted socket', async (t) => {
  const { client, accepted } = await t.connectPair();
  const wanted = ['connecting', 'allowHalfOpen', 'server', '_server', '_parent', '_hadError'];
  return [client, accepted].map((socket) =>
    wanted.map((name) => [name, Object.keys(socket).includes(name), typeof socket[name]]),
  );
});

scenario('what sockets and servers own, and what they are as JSON', async (t) => {
  const { server, client, accepted } = await t.connectPair();
  const json = (value) => JSON.parse(JSON.stringify(value));
  return [server, client, accepted, new t.net.Socket(), t.net.createServer()].map((each) => [
    Object.keys(each),
    Object.hasOwn(each, '_handle'),
    json(each),
  ]);
});

scenario(
  'the accessor of a handle',
  async ({ net, track }) => {
    const { enumerable, get, set } = Object.getOwnPropertyDescriptor(
      net.Socket.prototype,
      '_handle',
    );
    const socket = track(new net.Socket());
    const before = socket._handle;
    const handle = { close() {} };
    socket._handle = handle;
    const after = socket._handle === handle;
    socket._handle = null;
    return [enumerable, typeof get, typeof set, before, after];
  },
  { cross: false },
);

scenario(
  'the names of the listeners that a socket has by itself',
  async ({ net, track }) => {
    const socket = track(new net.Socket());
    return socket.eventNames().map((event) => socket.listeners(event).map(({ name }) => name));
  },
  { cross: false },
);

scenario(
  'an option captureRejections of a server is none of net',
  async ({ net, track }) => {
    const server = track(net.createServer({ captureRejections: true }));
    const symbol = Object.getOwnPropertySymbols(server).find(
      ({ description }) => description === 'kCapture',
    );
    return [server[symbol], typeof net.createServer({ captureRejections: 5 })];
  },
  { cross: false },
);

scenario(
  'connect() puts the own write() in the place of any other',
  async ({ serverNet, clientNet, track, listen, settle }) => {
    const server = track(serverNet.createServer((socket) => socket.resume().end()));
    const { port } = await listen(server);
    const seen = [];
    class Loud extends clientNet.Socket {
      write(...args) {
        seen.push('write');
        return super.write(...args);
      }
    }
    const socket = track(new Loud());
    const look = () => seen.push(Object.hasOwn(socket, 'write'), socket.write.name);
    look();
    for (const text of ['one', 'two']) {
      socket.connect(port, '127.0.0.1');
      look();
      socket.write(text);
      socket.resume();
      await settle(socket);
      look();
    }
    server.close();
    await settle(server);
    return seen;
  },
);

scenario('the names of listeners while a socket connects', async (t) => {
  const server = t.track(t.serverNet.createServer((socket) => socket.resume()));
  const { port } = await t.listen(server);
  const client = t.track(t.clientNet.connect(port, '127.0.0.1'));
  client.write('x');
  const names = client.eventNames().map((event) => [event, client.listenerCount(event)]);
  const connect = client.listeners('connect').map(({ name }) => name);
  await t.once(client, 'connect');
  client.destroy();
  return [names, connect];
});
