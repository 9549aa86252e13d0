'use strict';

const { scenario } = require('../harness');

/** Every form that takes a port, with what `address()` says then. */
const TCP_FORMS = {
  'listen()': () => [],
  'listen(callback)': (cb) => [cb],
  'listen(undefined, callback)': (cb) => [undefined, cb],
  'listen(null, callback)': (cb) => [null, cb],
  'listen(0)': () => [0],
  'listen(0, callback)': (cb) => [0, cb],
  "listen('0', callback)": (cb) => ['0', cb],
  'listen(0, host)': () => [0, '127.0.0.1'],
  'listen(0, host, callback)': (cb) => [0, '127.0.0.1', cb],
  'listen(0, host, backlog, callback)': (cb) => [0, '127.0.0.1', 5, cb],
  'listen(0, backlog, callback)': (cb) => [0, 5, cb],
  'listen(0, null, backlog, callback)': (cb) => [0, null, 5, cb],
  'listen(0, undefined, callback)': (cb) => [0, undefined, cb],
  "listen(0, '', callback)": (cb) => [0, '', cb],
  'listen(0, name, callback)': (cb) => [0, 'localhost', cb],
  "listen(0, '::1')": () => [0, '::1'],
  "listen(0, '0.0.0.0')": () => [0, '0.0.0.0'],
  "listen(0, '::')": () => [0, '::'],
  'listen({ port })': () => [{ port: 0 }],
  "listen({ port: '0' }, callback)": (cb) => [{ port: '0' }, cb],
  'listen({ port: undefined })': () => [{ port: undefined }],
  'listen({ port: null })': () => [{ port: null }],
  'listen({ port: undefined, path }): any port': () => [{ port: undefined, path: '/none/x' }],
  'listen({ port: null, path, host }): any port': () => [
    { port: null, path: '/none/x', host: '127.0.0.1' },
  ],
  'listen({ port, host }, callback)': (cb) => [{ port: 0, host: '127.0.0.1' }, cb],
  'listen({ port, path }): the port wins': (cb) => [{ port: 0, path: '/none/x' }, cb],
  'listen({ port, exclusive })': () => [{ port: 0, host: '127.0.0.1', exclusive: true }],
  'listen({ port, backlog })': () => [{ port: 0, host: '127.0.0.1', backlog: 1 }],
  'listen({ port, ipv6Only })': () => [{ port: 0, host: '::', ipv6Only: true }],
  'listen({ port, reusePort })': () => [{ port: 0, host: '127.0.0.1', reusePort: true }],
  'a callback that is no function is ignored': () => [0, '127.0.0.1', 5, 'x'],
};

scenario(
  'every form with a port: state when listen returns, events, address',
  async ({ net, track, record, once }) => {
    const seen = [];
    for (const [form, argumentsOf] of Object.entries(TCP_FORMS)) {
      const server = track(net.createServer());
      const events = record(server, ['listening', 'close', 'error'], form);
      let callbacks = 0;
      server.listen(...argumentsOf(() => callbacks++));
      const now = server.address();
      const state = [server.listening, now && now.port > 0];
      await once(server, 'listening');
      const { port, ...address } = server.address();
      const count = server.listenerCount('listening');
      server.close();
      await once(server, 'close');
      seen.push([form, state, callbacks, address, port > 0, count, events.length]);
    }
    return seen;
  },
  { cross: false },
);

scenario(
  'each host: who can connect, and how the accepted socket names both ends',
  async ({ serverNet, clientNet, track, listen, once, settle }) => {
    const seen = [];
    for (const [host, targets] of [
      [undefined, ['127.0.0.1', '::1']],
      ['::', ['127.0.0.1', '::1']],
      ['0.0.0.0', ['127.0.0.1', '::1']],
      ['127.0.0.1', ['127.0.0.1', '127.0.0.2']],
      ['127.0.0.2', ['127.0.0.2', '127.0.0.1']],
      ['::1', ['::1', '127.0.0.1']],
    ]) {
      const server = track(serverNet.createServer());
      const { port } = await listen(server, { port: 0, host });
      for (const target of targets) {
        const accepted = once(server, 'connection');
        const client = track(clientNet.connect({ port, host: target }));
        const outcome = await Promise.race([
          once(client, 'connect').then(() => 'connect'),
          once(client, 'error').then(([error]) => error.code),
        ]);
        seen.push([host, target, outcome]);
        if (outcome === 'connect') {
          const [socket] = await accepted;
          track(socket);
          seen.push([socket.localAddress, socket.localFamily, socket.localPort === port]);
          seen.push([socket.remoteAddress, socket.remoteFamily]);
          seen.push([client.remoteAddress, client.remoteFamily, client.remotePort === port]);
          socket.destroy();
          client.destroy();
          await settle(socket);
        }
        await settle(client);
      }
      server.close();
      await settle(server);
    }
    return seen;
  },
);

scenario(
  'ipv6Only leaves the IPv4 port to somebody else',
  async ({ net, track, listen }) => {
    const six = track(net.createServer());
    const { port } = await listen(six, { port: 0, host: '::', ipv6Only: true });
    const four = track(net.createServer());
    const address = await listen(four, { port, host: '0.0.0.0' });
    return [address.port === port, address.family];
  },
  { cross: false },
);

scenario(
  'reusePort: two servers share a port when both want to',
  async ({ serverNet, clientNet, track, listen, once, log }) => {
    const first = track(serverNet.createServer());
    const { port } = await listen(first, { port: 0, host: '127.0.0.1', reusePort: true });
    const second = track(clientNet.createServer());
    await listen(second, { port, host: '127.0.0.1', reusePort: true });
    log('both listen');
    const third = track(clientNet.createServer());
    third.listen({ port, host: '127.0.0.1' });
    const [error] = await once(third, 'error');
    return [first.address().port === second.address().port, error.code];
  },
  {
    // Node 20 has no such option: two servers would be refused there.
    skip: Number(process.versions.node.split('.')[0]) < 22 ? 'not in built-in net here' : false,
  },
);

scenario(
  'listen with a name that does not resolve: an error event, and the server can be used again',
  async ({ net, track, once, record, listen, summarise }) => {
    const server = track(net.createServer());
    const events = record(server, ['listening', 'close']);
    server.listen(0, '300.0.0.1');
    const state = [server.listening, server.address()];
    const [error] = await once(server, 'error');
    const after = [server.listening, server.address()];
    const { address } = await listen(server);
    return [state, summarise(error), after, address, events];
  },
  { cross: false },
);

scenario(
  "the order of 'listening', its callback and the queues around it",
  async ({ net, track, log, mark }) => {
    const results = [];
    for (const host of [undefined, '127.0.0.1']) {
      const server = track(net.createServer());
      server.on('listening', () => log('event', server.listening));
      server.listen(0, host, () => log('callback'));
      log('returned');
      await mark('queues');
      results.push(log.entries.splice(0));
    }
    return results;
  },
  { cross: false },
);
