'use strict';

// Handles and classes of a program's own, as mocks bring them.

const http = require('node:http');
const { setImmediate } = require('node:timers/promises');
const tls = require('node:tls');

const { scenario } = require('../harness');

const VERBS = [
  ...['readStart', 'readStop', 'connect', 'bind', 'shutdown', 'getpeername', 'getsockname'],
  ...['writeBuffer', 'writeUtf8String', 'writev', 'ref', 'unref', 'setNoDelay', 'setKeepAlive'],
];

/**
 * @param {unknown} answer What each verb answers
 * @returns {any} A handle that only takes down what is asked of it
 */
function standIn(answer) {
  /** @type {string[]} */
  const calls = [];
  const handle = {
    calls,
    reading: false,
    bytesRead: 3,
    bytesWritten: 5,
    close(/** @type {Function | undefined} */ callback) {
      calls.push('close');
      process.nextTick(() => callback?.call(handle));
    },
  };
  for (const verb of VERBS) {
    Object.assign(handle, {
      [verb]: () => {
        calls.push(verb);
        return answer;
      },
    });
  }
  return handle;
}

const DEEDS = {
  write: (socket, tell) => socket.write('x', tell),
  cork: (socket, tell) => {
    socket.cork();
    socket.write('x');
    socket.write(Buffer.from('y'), tell);
    socket.uncork();
  },
  end: (socket) => socket.end(),
  connect: (socket) => socket.connect({ port: 1, host: '127.0.0.1' }),
  bind: (socket) => socket.connect({ port: 1, host: '127.0.0.1', localAddress: '127.0.0.1' }),
  pause: (socket) => socket.resume().pause().resume(),
  address: (socket, tell) => tell(null, socket.address(), socket.remoteAddress, socket.readyState),
};

for (const answer of [undefined, 0, -9, true]) {
  scenario(
    `a stand-in for a handle answers ${answer}`,
    async (t) => {
      const seen = [];
      for (const [name, deed] of Object.entries(DEEDS)) {
        // Reading fails at once then, and ends the socket.
        if (answer && name !== 'pause' && name !== 'write') continue;
        // What has to answer a number, and what comes of it otherwise, is not net's own error.
        if (answer === undefined && ['write', 'cork', 'end'].includes(name)) continue;
        const handle = standIn(answer);
        const told = [];
        const tell = (error, ...rest) => told.push([error?.code, ...rest]);
        let socket;
        try {
          socket = new t.net.Socket({ handle });
          for (const event of ['error', 'finish', 'connect', 'close']) {
            socket.on(event, (value) => told.push([event, value?.message ?? value]));
          }
          deed(socket, tell);
        } catch (error) {
          told.push(['thrown', error.code]);
        }
        for (let round = 0; round < 3; round++) await setImmediate();
        socket.destroy();
        for (let round = 0; round < 3; round++) await setImmediate();
        seen.push([name, handle.calls, told, typeof handle.onread]);
      }
      return seen;
    },
    { cross: false },
  );
}

scenario(
  'a handle of Node itself that is put in the place of a socket',
  async (t) => {
    const builtin = require('node:net');
    const server = builtin.createServer((socket) => socket.on('error', () => {}).resume());
    const { port } = await t.listen(server);
    const below = builtin.connect(port, '127.0.0.1');
    await t.once(below, 'connect');
    const socket = new t.net.Socket();
    socket._handle = below._handle;
    below._handle = null;
    socket.destroy();
    const [hadError] = await t.once(socket, 'close');
    return [hadError, socket._handle];
  },
  { cross: false },
);

scenario(
  'Socket and Server as the constructors of what extends classes of Node itself',
  async (t) => {
    function Secure(options) {
      t.net.Socket.call(this, options);
    }
    Secure.prototype = Object.create(tls.TLSSocket.prototype, { constructor: { value: Secure } });
    const handle = standIn(0);
    const secure = new Secure({ handle });
    secure.on('close', () => t.log('close'));
    t.log(secure instanceof tls.TLSSocket, secure instanceof t.net.Socket, secure.readyState);
    secure.write('x');
    secure.destroy();
    await t.once(secure, 'close');
    t.log(handle.calls);

    function Web(listener) {
      t.net.Server.call(this, listener);
    }
    Web.prototype = Object.create(http.Server.prototype, { constructor: { value: Web } });
    const web = new Web((socket) => socket.end('hello'));
    const { port } = await t.listen(web);
    const client = t.track(t.net.connect(port, '127.0.0.1'));
    t.log(String(await t.collect(client)), web instanceof t.net.Server);
    return t.log.entries;
  },
  { cross: false },
);
