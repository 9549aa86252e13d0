'use strict';

const { scenario } = require('../harness');

const EVENTS = ['error', 'finish', 'prefinish', 'end', 'close', 'ready', 'connect'];

scenario(
  'end() with a callback on a socket that never connected',
  async ({ net, track, record, log, settle, mark }) => {
    const socket = track(new net.Socket());
    record(socket, EVENTS);
    log(socket.end((...args) => log('end callback', args)) === socket);
    log(socket.writableEnded, socket.writable, socket.readyState);
    await mark('ended');
    log(socket.destroyed, socket.writableFinished, socket.readyState);
    socket.destroy();
    await settle(socket);
    return log.entries;
  },
  { cross: false },
);

scenario(
  'end() with data on a socket that never connected',
  async ({ net, track, record, log, mark, settle }) => {
    const socket = track(new net.Socket());
    record(socket, EVENTS);
    socket.end('data', 'latin1', (...args) => log('end callback', args));
    await mark('ended');
    socket.destroy();
    await settle(socket);
    return log.entries;
  },
  { cross: false },
);

scenario(
  'write() on a socket that never connected',
  async ({ net, track, record, log, mark, settle }) => {
    const socket = track(new net.Socket());
    record(socket, EVENTS);
    log(
      'returned',
      socket.write('x', (...args) => log('callback', args)),
    );
    log(socket.bytesWritten, socket.writableLength, socket.destroyed);
    await mark('written');
    log(socket.bytesWritten, socket.writableLength, socket.destroyed);
    await settle(socket);
    return log.entries;
  },
  { cross: false },
);

scenario(
  'every method on a socket that never connected',
  async ({ net, track, log }) => {
    const socket = track(new net.Socket());
    const calls = {
      address: [],
      cork: [],
      uncork: [],
      pause: [],
      resume: [],
      ref: [],
      unref: [],
      setEncoding: ['utf8'],
      setKeepAlive: [true, 1000],
      setNoDelay: [true],
      setTimeout: [0],
      read: [],
      isPaused: [],
      destroySoon: [],
    };
    for (const [name, args] of Object.entries(calls)) {
      const result = socket[name](...args);
      log(name, result === socket ? 'this' : result);
    }
    log(socket.destroyed, socket.readyState);
    return log.entries;
  },
  { cross: false },
);

scenario(
  'destroySoon() on a socket that never connected',
  async ({ net, track, record, log, mark }) => {
    const socket = track(new net.Socket());
    record(socket, EVENTS);
    socket.destroySoon();
    log('returned', socket.destroyed, socket.writableEnded);
    await mark('destroyed');
    return log.entries;
  },
  { cross: false },
);

scenario(
  'resetAndDestroy() on a socket that never connected',
  async ({ net, track, record, log, settle, mark }) => {
    const socket = track(new net.Socket());
    record(socket, EVENTS);
    log('returned', socket.resetAndDestroy() === socket, socket.destroyed);
    await mark('reset');
    await settle(socket);
    return log.entries;
  },
  { cross: false },
);

scenario(
  'destroy() with and without an error on a socket that never connected',
  async ({ net, track, record, log, settle }) => {
    for (const error of [undefined, null, new Error('own'), 'text']) {
      const socket = track(new net.Socket());
      record(socket, EVENTS);
      log(socket.destroy(error, (...args) => log('callback', args)) === socket);
      log(socket.destroyed, socket.errored, socket.closed);
      await settle(socket);
      log('then', socket.destroy() === socket);
    }
    return log.entries;
  },
  { cross: false },
);

scenario('writes and end() before connect() wait for it and arrive', async (t) => {
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  const accepted = t.once(server, 'connection');
  const socket = t.track(new t.clientNet.Socket());
  t.record(socket, ['connect', 'ready', 'finish'], 'socket');
  socket.connect(port, '127.0.0.1', () => t.log('listener', socket.bytesWritten));
  socket.write('one ', () => t.log('one written', socket.connecting));
  socket.write('two ', () => t.log('two written'));
  socket.end('three', () => t.log('ended'));
  const [peer] = await accepted;
  const text = String(await t.collect(t.track(peer)));
  await t.settle(socket);
  return [text, t.log.entries];
});

scenario('pause(), setEncoding() and listeners before connect() hold after it', async (t) => {
  const server = t.serverNet.createServer((peer) => t.track(peer).end('grüße'));
  const { port } = await t.listen(server);
  const socket = t.track(new t.clientNet.Socket());
  socket.pause();
  socket.setEncoding('utf8');
  const own = t.record(socket, ['data', 'end']);
  socket.connect(port, '127.0.0.1');
  await t.once(socket, 'connect');
  await t.mark('connected');
  const while_ = [socket.isPaused(), own.length];
  socket.resume();
  await t.once(socket, 'end');
  return [while_, own];
});
