'use strict';

const { scenario } = require('../harness');

const WRONG = [undefined, null, true, false, 0, -1, 1.5, NaN, '', 'x', {}, [], () => {}];

/**
 * Calls a method on fresh sockets with each of a list of argument lists.
 *
 * @param {any} t The scenario's context
 * @param {string} method The method's name
 * @param {any[][]} table The argument lists
 * @returns {Promise<any[]>} For each: what was returned or thrown
 */
async function call(t, method, table) {
  for (const args of table) {
    const socket = t.track(new t.net.Socket());
    socket.on('error', (error) => t.log(args, 'emits', error));
    try {
      const result = socket[method](...args);
      t.log(args, result === socket ? 'this' : result, socket.connecting);
    } catch (error) {
      t.log(args, 'throws', error, socket.connecting, socket.destroyed);
    }
    socket.destroy();
  }
  return t.log.entries;
}

scenario(
  'setNoDelay() of anything',
  (t) =>
    call(
      t,
      'setNoDelay',
      WRONG.map((value) => [value]),
    ),
  {
    cross: false,
  },
);

scenario(
  'setKeepAlive() of anything, positional',
  (t) => call(t, 'setKeepAlive', [[], ...[true, false, 0, 1, 'x'].map((value) => [value, 1000])]),
  { cross: false },
);

scenario(
  'setEncoding() of anything',
  (t) =>
    call(
      t,
      'setEncoding',
      [undefined, null, '', 'utf8', 'UTF8', 'Latin1', 'nonsense', 5, {}].map((value) => [value]),
    ),
  { cross: false },
);

scenario(
  'connect() without a usable target throws at once',
  (t) =>
    call(t, 'connect', [
      [],
      [undefined],
      [null],
      [{}],
      [true],
      [[]],
      [() => {}],
      [{ host: '127.0.0.1' }],
      [{ port: undefined }],
      [{ port: null }],
      [{ path: undefined }],
      [{ path: null }],
      [{ path: 5 }],
      [{ path: {} }],
      [{ path: '' }],
      [{ path: 'has\0nul' }],
    ]),
  { cross: false },
);

scenario(
  'connect() with a port out of range or of another type',
  (t) =>
    call(
      t,
      'connect',
      [-1, 65536, 1e9, 1.5, NaN, Infinity, '', ' ', 'port', '0x10000', '-1', true, {}, [], 1n].map(
        (port) => [{ port: port === 1n ? Symbol('p') : port, host: '127.0.0.1' }],
      ),
    ),
  { cross: false },
);

scenario(
  'connect() with invalid hosts, families, lookups and local ends',
  (t) =>
    call(
      t,
      'connect',
      [
        { host: 5 },
        { host: {} },
        { host: true },
        { lookup: 'x' },
        { lookup: {} },
        { lookup: null },
        { host: 'a.test', lookup: 5 },
        { localAddress: 'nonsense' },
        { localAddress: 5 },
        { localAddress: '1.2.3' },
        { localPort: 'x' },
        { localPort: 70000 },
        { localPort: -1 },
        { localPort: 1.5 },
        { localPort: null },
        { autoSelectFamily: 'yes' },
        { autoSelectFamily: 1 },
        { autoSelectFamily: null },
        { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 'x' },
        { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 0 },
        { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: -5 },
        { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 1.5 },
      ].map((options) => [{ port: 1, host: '127.0.0.1', ...options }]),
    ),
  { cross: false },
);

scenario(
  'hints and family that are invalid, with a host to look up',
  async (t) => {
    for (const options of [
      { hints: -1 },
      { hints: 'x' },
      { hints: 12345678 },
      { hints: 1.5 },
      { family: 5 },
      { family: 'IPv5' },
      { family: -4 },
      { family: {} },
    ]) {
      const socket = new t.net.Socket();
      t.record(socket, ['lookup', 'error', 'close'], 'event');
      try {
        socket.connect({ port: 1, host: 'localhost', autoSelectFamily: false, ...options });
        t.log(options, 'returned', socket.connecting);
        socket.destroy();
        await t.settle(socket);
      } catch (error) {
        t.log(options, 'throws', error, socket.connecting);
        t.track(socket).destroy();
      }
    }
    return t.log.entries;
  },
  { cross: false },
);

scenario(
  'net.connect() and createConnection() check as connect() does',
  async ({ net, log }) => {
    for (const args of [[], [null], [{}], [{ port: -1 }], [{ port: 1, lookup: 1 }], [true], ['']]) {
      for (const name of ['connect', 'createConnection']) {
        try {
          const socket = net[name](...args);
          socket.on('error', (error) => log(name, 'emits', error));
          socket.destroy();
          log(name, args, 'returned');
        } catch (error) {
          log(name, args, error);
        }
      }
    }
    return log.entries;
  },
  { cross: false },
);

scenario(
  'methods called on what is not a socket',
  async ({ net, log }) => {
    const { prototype } = net.Socket;
    for (const name of ['setNoDelay', 'setTimeout', 'address', 'ref', 'pause', 'end', 'connect']) {
      try {
        prototype[name].call({}, 0);
        log(name, 'returned');
      } catch (error) {
        log(name, error.name);
      }
    }
    return log.entries;
  },
  {
    cross: false,
    skip: 'the messages are those of the engine; only callers of private code see it',
  },
);

scenario(
  '_normalizeArgs()',
  async ({ net, summarise }) => {
    const callback = () => {};
    return [
      [],
      [80],
      ['80'],
      [80, 'host'],
      [80, callback],
      [80, 'host', callback],
      [80, 'host', 1, callback],
      ['/path'],
      ['path', callback],
      [{ port: 1 }, callback],
      [{ path: 'p' }],
      [null, callback],
      [undefined],
      [80, null],
      [80, ''],
      ['x', 'host'],
      [-1],
      [1.5],
      [true],
    ].map((args) => {
      const [options, listener] = net._normalizeArgs(args);
      const symbols = Object.getOwnPropertySymbols(net._normalizeArgs(args)).length;
      return [summarise(args), summarise(options), listener === callback, symbols];
    });
  },
  { cross: false },
);

scenario(
  'connect() to a name with a NUL in it',
  async ({ net, track, once }) => {
    const lookup = (host, options, callback) => callback(new Error('looked up'));
    try {
      const socket = track(net.connect({ port: 1, host: 'a\0b', lookup }));
      const [{ message }] = await once(socket, 'error');
      return message;
    } catch ({ name, code, message }) {
      return [name, code, message];
    }
  },
  { cross: false },
);
