'use strict';

const EventEmitter = require('node:events');
const stream = require('node:stream');

const { scenario } = require('../harness');

const PROPERTIES = [
  'allowHalfOpen',
  'autoSelectFamilyAttemptedAddresses',
  'bufferSize',
  'bytesRead',
  'bytesWritten',
  'closed',
  'connecting',
  'destroyed',
  'errored',
  'localAddress',
  'localFamily',
  'localPort',
  'pending',
  'readable',
  'readableEnded',
  'readableFlowing',
  'readableHighWaterMark',
  'readableLength',
  'readyState',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
  'server',
  'timeout',
  'writable',
  'writableEnded',
  'writableFinished',
  'writableHighWaterMark',
  'writableLength',
  'writableNeedDrain',
];

/**
 * @param {any} socket A socket
 * @returns {object} What each of its documented properties says
 */
function properties(socket) {
  return Object.fromEntries(PROPERTIES.map((name) => [name, socket[name] ?? String(socket[name])]));
}

scenario(
  'a new socket has the documented properties',
  async ({ net, track, settle }) => {
    const socket = track(new net.Socket());
    const fresh = properties(socket);
    const address = socket.address();
    socket.destroy();
    const destroyed = properties(socket);
    await settle(socket);
    return { fresh, address, destroyed, closed: properties(socket) };
  },
  { cross: false },
);

scenario(
  'Socket and Stream are one class, callable without new',
  async ({ net, track }) => {
    const socket = track(net.Socket());
    const stream_ = track(net.Stream({ allowHalfOpen: true }));
    return {
      same: net.Stream === net.Socket,
      instances: [socket, stream_].map((object) => [
        object instanceof net.Socket,
        object instanceof stream.Duplex,
        object instanceof stream.Readable,
        object instanceof stream.Writable,
        object instanceof EventEmitter,
        object.constructor === net.Socket,
        object.constructor.name,
      ]),
      halfOpen: [socket.allowHalfOpen, stream_.allowHalfOpen],
    };
  },
  { cross: false },
);

scenario(
  'a class can extend Socket, by class and by util.inherits',
  async ({ net, track, once }) => {
    class Derived extends net.Socket {
      /** @param {object} options As for Socket */
      constructor(options) {
        super(options);
        this.own = true;
      }
    }
    /** @param {object} options As for Socket */
    function Old(options) {
      net.Socket.call(this, options);
      this.own = true;
    }
    require('node:util').inherits(Old, net.Socket);
    const result = [];
    for (const socket of [new Derived({ allowHalfOpen: true }), new Old({ allowHalfOpen: true })]) {
      track(socket);
      const closed = once(socket, 'close');
      result.push([socket instanceof net.Socket, socket.own, socket.allowHalfOpen]);
      socket.destroy();
      result.push(await closed);
    }
    return result;
  },
  { cross: false },
);

scenario(
  'stream options reach the streams of a socket',
  async ({ net, track }) => {
    const shapes = [
      {},
      { highWaterMark: 5 },
      { readableHighWaterMark: 6, writableHighWaterMark: 7 },
      { allowHalfOpen: true },
      { allowHalfOpen: 0 },
      { readable: false },
      { writable: false },
      { readable: false, writable: false },
      { readable: true, writable: true },
      { emitClose: false },
      { autoDestroy: false },
      { decodeStrings: true },
      { encoding: 'utf8' },
      { defaultEncoding: 'latin1' },
      { captureRejections: true },
    ];
    return shapes.map((options) => {
      const socket = new net.Socket(options);
      socket.on('close', () => {});
      const { _readableState: r, _writableState: w } = socket;
      const result = [
        socket.allowHalfOpen,
        socket.readable,
        socket.writable,
        socket.readableHighWaterMark,
        socket.writableHighWaterMark,
        socket.readableObjectMode,
        socket.writableObjectMode,
        r.emitClose,
        r.autoDestroy,
        w.decodeStrings,
        w.defaultEncoding,
        socket.readableEncoding,
        socket.readyState,
      ];
      if (r.emitClose) track(socket);
      else socket.destroy();
      return result;
    });
  },
  { cross: false },
);

scenario(
  'options that take no object: undefined, null, a number for the descriptor, false',
  async ({ net, log, track }) => {
    for (const options of [undefined, null, 'x', true, false]) {
      try {
        const socket = track(new net.Socket(options));
        log(options, socket.readyState, socket.allowHalfOpen);
      } catch (error) {
        log(options, 'throws', error);
      }
    }
    return log.entries;
  },
  { cross: false },
);

scenario(
  'invalid constructor options throw at once',
  async ({ net, log, track }) => {
    const table = [
      { objectMode: true },
      { readableObjectMode: true },
      { writableObjectMode: true },
      { fd: -1 },
      { fd: 'x' },
      { fd: 1.5 },
      { fd: null },
      { fd: 2 ** 31 },
      { fd: {} },
      { handle: null },
      { signal: {} },
      { signal: null },
      { signal: 'abort' },
      { highWaterMark: -1 },
      { highWaterMark: 'many' },
      { readableHighWaterMark: NaN },
      { keepAliveInitialDelay: 'x' },
      { keepAliveInitialDelay: -1 },
      { keepAlive: 'yes', noDelay: 'yes' },
      { onread: null },
      { onread: {} },
      { onread: { buffer: Buffer.alloc(4) } },
      { onread: { callback() {} } },
      { onread: { buffer: 'x', callback() {} } },
      { onread: { buffer: [], callback() {} } },
      { onread: { buffer: new Uint16Array(4), callback() {} } },
      { onread: 5 },
    ];
    for (const options of table) {
      try {
        const socket = track(new net.Socket(options));
        log(options, 'accepted', socket.readyState);
      } catch (error) {
        log(options, error);
      }
    }
    return log.entries;
  },
  { cross: false },
);

scenario(
  'own functions in the options replace the stream methods that Duplex lets them replace',
  async ({ net, log, mark }) => {
    const socket = new net.Socket({
      read() {
        log('read');
      },
      destroy(error, callback) {
        log('destroy', error);
        callback(error);
      },
    });
    log(Object.keys(socket).filter((key) => ['_read', '_write', '_destroy'].includes(key)));
    socket.on('close', () => log('close'));
    socket.on('error', (error) => log('error', error));
    socket.destroy();
    await mark('destroyed');
    return log.entries;
  },
  { cross: false },
);
