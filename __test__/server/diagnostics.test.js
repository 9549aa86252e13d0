'use strict';

const { channel } = require('node:diagnostics_channel');

const { scenario } = require('../harness');

const LISTEN = ['asyncStart', 'asyncEnd', 'error'].map(
  (name) => `tracing:net.server.listen:${name}`,
);
const SOCKET = ['net.client.socket', 'net.server.socket'];

/**
 * Subscribes to channels.
 *
 * @param {string[]} names Theirs
 * @param {(name: string, message: any) => void} onMessage Called with each message
 * @returns {() => void} Ends the subscription
 */
function subscribe(names, onMessage) {
  const pairs = names.map((name) => [channel(name), (message) => onMessage(name, message)]);
  for (const [published, listener] of pairs) published.subscribe(listener);
  return () => {
    for (const [published, listener] of pairs) published.unsubscribe(listener);
  };
}

scenario(
  'what is published of a listen that succeeds, one that fails, and one that throws',
  async ({ net, track, log, settle, once, tmp }) => {
    const server = track(net.createServer());
    const options = { port: 0, host: '127.0.0.1', custom: true };
    const stop = subscribe(LISTEN, (name, message) => {
      const { error } = message;
      log(name, Object.keys(message), message.server === server, server.listening);
      log('details', message.options === options, error?.code, server.listenerCount('listening'));
    });
    try {
      for (const value of [options, { path: `${tmp}/none/s` }, { port: 65536 }, {}]) {
        try {
          server.listen(value, () => log('listening'));
          log('returned');
          await Promise.race([once(server, 'listening'), once(server, 'error')]);
        } catch (error) {
          log('thrown', error.code);
        }
        server.removeAllListeners('listening');
        if (!server.listening) continue;
        server.close();
        await settle(server);
      }
    } finally {
      stop();
    }
    return log.entries;
  },
  { cross: false },
);

scenario(
  'sockets are published: when the client is made or connects, and after the connection event',
  async ({ net, track, log, listen, once, settle }) => {
    const server = track(net.createServer((socket) => track(socket).resume()));
    const { port } = await listen(server);
    const stop = subscribe(SOCKET, (name, { socket }) => {
      log(name, socket instanceof net.Socket, socket.connecting, socket.pending);
    });
    try {
      for (const make of [
        () => net.connect(port, '127.0.0.1'),
        () => new net.Socket().connect(port, '127.0.0.1'),
      ]) {
        server.once('connection', () => log('connection'));
        const client = track(make());
        const accepted = once(server, 'connection');
        await once(client, 'connect');
        await accepted;
        client.destroy();
        await settle(client);
        log('closed');
      }
    } finally {
      stop();
    }
    return log.entries;
  },
  { cross: false },
);
