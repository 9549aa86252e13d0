'use strict';

const { scenario } = require('../harness');

scenario(
  'a server is made by createServer, by new and by a plain call',
  async ({ net }) => {
    const listener = () => {};
    const made = [
      net.createServer(),
      net.createServer(listener),
      net.createServer({}, listener),
      net.createServer(undefined, listener),
      net.createServer(null),
      new net.Server(),
      new net.Server(listener),
      net.Server({ allowHalfOpen: true }, listener),
    ];
    return made.map((server) => [
      server instanceof net.Server,
      server.listenerCount('connection'),
      server.listeners('connection')[0] === listener,
      server.allowHalfOpen,
      server.pauseOnConnect,
      server.listening,
      server.address(),
      server.maxConnections,
    ]);
  },
  { cross: false },
);

scenario(
  'arguments of createServer that are refused, and how',
  async ({ net, summarise }) => {
    const lists = [
      ['x'],
      [1],
      [true],
      [Symbol('s')],
      [{}, 'x'],
      [{}, null],
      [{ keepAliveInitialDelay: 'x' }],
      [{ keepAliveInitialDelay: null }],
      [{ highWaterMark: 'x' }],
      [{ highWaterMark: {} }],
    ];
    return lists.map((list) => {
      try {
        return net.createServer(...list).listenerCount('connection');
      } catch (error) {
        return summarise(error);
      }
    });
  },
  { cross: false },
);

scenario(
  'the options are properties of the server, in the form that it uses them',
  async ({ net }) => {
    const keys = ['allowHalfOpen', 'pauseOnConnect', 'noDelay', 'keepAlive'];
    keys.push('keepAliveInitialDelay', 'highWaterMark');
    const lists = [
      {},
      { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true },
      { keepAlive: true, keepAliveInitialDelay: 2500 },
      { keepAliveInitialDelay: 999 },
      { keepAliveInitialDelay: -5 },
      { noDelay: 1, keepAlive: 'x', pauseOnConnect: 0 },
      { highWaterMark: 1000 },
      { highWaterMark: 0 },
      { highWaterMark: -1 },
    ];
    return lists.map((options) => {
      const server = net.createServer(options);
      return keys.map((key) => server[key]);
    });
  },
  { cross: false },
);

scenario(
  "a server's options stay its own: the object handed in is not kept or changed",
  async ({ net }) => {
    const options = Object.freeze({ allowHalfOpen: true, noDelay: true });
    const server = net.createServer(options);
    return [server.allowHalfOpen, server.noDelay, Object.keys(options)];
  },
  { cross: false },
);

scenario(
  'methods answer with the server before, while and after it listens',
  async ({ net, track, once }) => {
    const server = track(net.createServer());
    const answers = [server.ref() === server, server.unref() === server, server.ref() === server];
    answers.push(server.listen(0, '127.0.0.1') === server);
    await once(server, 'listening');
    answers.push(server.unref() === server, server.ref() === server);
    answers.push(server.getConnections(() => {}) === server);
    answers.push(server.close() === server);
    await once(server, 'close');
    answers.push(server.ref() === server, server.unref() === server);
    answers.push(server.close() === server);
    return answers;
  },
  { cross: false },
);

scenario(
  'the fields that packages look at: _handle, _connections, _connectionKey, _pipeName',
  async ({ net, track, listen, tmp, once }) => {
    const look = (server) => [
      server._handle === null ? null : typeof server._handle,
      server._connections,
      typeof server._connectionKey,
      typeof server._pipeName,
    ];
    const tcp = track(net.createServer());
    const seen = [look(tcp)];
    await listen(tcp);
    seen.push(look(tcp), tcp._connectionKey, tcp._handle.fd > 0);
    tcp.close();
    seen.push(look(tcp));
    await once(tcp, 'close');
    const local = track(net.createServer());
    await listen(local, `${tmp}/s`);
    seen.push(look(local));
    return seen;
  },
  { cross: false },
);
