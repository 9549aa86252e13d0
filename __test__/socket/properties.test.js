'use strict';

const os = require('node:os');

const { scenario } = require('../harness');

const ADDRESSES = [
  'localAddress',
  'localFamily',
  'localPort',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
];

const hasIPv6 = Object.values(os.networkInterfaces())
  .flat()
  .some((entry) => entry?.address === '::1');

/**
 * @param {any} socket A socket
 * @param {any} address Its server's address
 * @returns {any[]} The six properties and address(), with the client's port named
 */
function addresses(socket, address) {
  const ports = (port) => {
    if (typeof port !== 'number') return port;
    return port === address.port ? '<server>' : '<client>';
  };
  const values = ADDRESSES.map((name) => (/Port/.test(name) ? ports(socket[name]) : socket[name]));
  const own = socket.address();
  return [...values, { ...own, port: ports(own.port) }];
}

scenario('addresses before, while, and after a connection', async (t) => {
  const server = t.serverNet.createServer();
  const address = await t.listen(server);
  const accepting = t.once(server, 'connection');
  const client = t.track(new t.clientNet.Socket());
  const all = {};
  all.fresh = addresses(client, address);
  client.connect(address.port, '127.0.0.1');
  all.connecting = addresses(client, address);
  const [[accepted]] = await Promise.all([accepting, t.once(client, 'connect')]);
  t.track(accepted).resume();
  all.connected = [addresses(client, address), addresses(accepted, address)];
  client.end();
  client.resume();
  client.once('end', () => (all.ended = addresses(client, address)));
  await t.settle(client, accepted);
  all.closed = [addresses(client, address), addresses(accepted, address)];
  return all;
});

scenario('remote addresses asked for while open are still there after close', async (t) => {
  const { server, client, accepted } = await t.connectPair();
  const address = server.address();
  const before = [addresses(client, address), addresses(accepted, address)];
  accepted.resume();
  client.resume();
  const inEnd = new Promise((resolve) => {
    accepted.once('end', () => resolve(addresses(accepted, address)));
  });
  client.end();
  const ended = await inEnd;
  await t.settle(client, accepted);
  return [before, ended, addresses(client, address), addresses(accepted, address)];
});

scenario('addresses after destroy(), asked for the first time', async (t) => {
  const { server, client, accepted } = await t.connectPair();
  const address = server.address();
  client.destroy();
  const atOnce = addresses(client, address);
  accepted.resume();
  await t.settle(client, accepted);
  return [atOnce, addresses(client, address), addresses(accepted, address)];
});

scenario(
  'IPv6 and dual-stack addresses',
  async (t) => {
    const six = await t.connectPair({}, { listen: { port: 0, host: '::1' } });
    t.log(addresses(six.client, six.server.address()));
    t.log(addresses(six.accepted, six.server.address()));
    const dual = t.serverNet.createServer();
    const { port } = await t.listen(dual, { port: 0, host: '::' });
    const accepting = t.once(dual, 'connection');
    const client = t.track(t.clientNet.connect({ port, host: '127.0.0.1' }));
    const [[accepted]] = await Promise.all([accepting, t.once(client, 'connect')]);
    t.track(accepted);
    t.log(addresses(client, { port }), addresses(accepted, { port }));
    return t.log.entries;
  },
  { skip: hasIPv6 ? false : 'no ::1 here' },
);

scenario('addresses of Unix sockets', async (t) => {
  const { client, accepted } = await t.connectPair({}, { listen: { path: `${t.tmp}/sock` } });
  const seen = [client, accepted].map((socket) => addresses(socket, {}));
  client.destroy();
  await t.settle(client);
  return [t.summarise(seen), t.summarise(addresses(client, {}))];
});

scenario('the addresses are read-only, the underscored forms are functions', async (t) => {
  const { client } = await t.connectPair();
  for (const name of [...ADDRESSES, 'bytesRead', 'bytesWritten', 'readyState', 'pending']) {
    try {
      client[name] = 'other';
      t.log(name, 'ignored', client[name] === 'other');
    } catch (error) {
      t.log(name, error.name);
    }
  }
  t.log(Object.keys(client._getpeername()).sort(), Object.keys(client._getsockname()).sort());
  return t.log.entries;
});

scenario('server and _server of an accepted socket', async (t) => {
  const { server, client, accepted } = await t.connectPair();
  return [accepted.server === server, accepted._server === server, client.server, client._server];
});

scenario('bytes are counted on both sides, and stay after close', async (t) => {
  const { client, accepted } = await t.connectPair();
  const counts = () => [client, accepted].map((s) => [s.bytesRead, s.bytesWritten]);
  t.log(counts());
  accepted.end(Buffer.alloc(1000));
  client.end(Buffer.alloc(77));
  client.resume();
  accepted.resume();
  await t.settle(client, accepted);
  t.log(counts());
  t.log(client._bytesDispatched, accepted._bytesDispatched);
  return t.log.entries;
});
