'use strict';

const { scenario } = require('../harness');

const NAMES = /^(TCPServer|TCPSocket|Pipe|Connect|SimpleWrite)Wrap$/;

/** @returns {string[]} What is active and of the kinds that sockets and servers have */
function activeNames() {
  return process.getActiveResourcesInfo().filter((name) => NAMES.test(name));
}

/** @returns {Promise<void>} Settles when handles whose owner has emitted 'close' are gone */
async function closed() {
  // Nothing tells of that. Standard output, which stays, may be a pipe.
  do await new Promise((resolve) => setImmediate(resolve));
  while (activeNames().some((name) => name !== 'PipeWrap'));
}

/**
 * @param {Record<string, object>} known Sockets and servers
 * @returns {Promise<() => object>} Tells which of them are active, and what else has become so
 */
async function observer(known) {
  await closed();
  const before = activeNames();
  return () => {
    const names = activeNames();
    for (const name of before) names.splice(names.indexOf(name), 1);
    const handles = /** @type {any} */ (process)._getActiveHandles();
    const active = Object.keys(known).filter((label) => handles.includes(known[label]));
    return { names: names.sort(), active };
  };
}

for (const kind of ['TCP', 'Unix']) {
  scenario(
    `active resources tell of sockets and servers that are open and referenced (${kind})`,
    async ({ net, track, once, settle, tmp }) => {
      const known = /** @type {any} */ ({});
      const look = await observer(known);
      const server = (known.server = track(net.createServer()));
      const seen = [look()];
      server.listen(kind === 'TCP' ? { port: 0, host: '127.0.0.1' } : `${tmp}/s`);
      await once(server, 'listening');
      seen.push(look());
      server.unref();
      seen.push(look());
      server.ref();
      const address = server.address();
      const target = kind === 'TCP' ? { port: address.port, host: '127.0.0.1' } : address;
      const client = (known.client = track(new net.Socket()));
      seen.push(look());
      client.connect(target);
      seen.push(look());
      const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
      known.peer = track(peer);
      // The request of the connect ends after its callback.
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(look());
      client.unref();
      peer.pause();
      seen.push(look());
      client.ref();
      // More than the kernel takes at once.
      client.write(Buffer.alloc(1 << 25));
      seen.push(look());
      client.destroy();
      peer.destroy();
      server.close();
      seen.push(look());
      await Promise.all([settle(client), settle(peer), settle(server)]);
      await closed();
      seen.push(look());
      return seen;
    },
    { cross: false },
  );
}

scenario(
  'a socket is active while its name is looked up',
  async ({ net, track, once }) => {
    const known = /** @type {any} */ ({});
    const look = await observer(known);
    let finish;
    const lookup = (host, options, callback) => {
      finish = callback;
    };
    const client = (known.client = track(new net.Socket()));
    client.connect({ port: 1, host: 'name.invalid', lookup });
    const seen = [look()];
    client.destroy();
    finish(null, []);
    await once(client, 'close');
    await closed();
    seen.push(look());
    return seen;
  },
  { cross: false },
);

scenario(
  'active requests tell of a connect under way',
  async ({ net, track, once, settle, listen }) => {
    await closed();
    const { length } = /** @type {any} */ (process)._getActiveRequests();
    const server = track(net.createServer((socket) => socket.end()));
    const { port } = await listen(server);
    const client = track(net.connect(port, '127.0.0.1')).resume();
    await new Promise((resolve) => process.nextTick(resolve));
    const during = /** @type {any} */ (process)._getActiveRequests().length - length;
    await once(client, 'close');
    server.close();
    await settle(server);
    await closed();
    return [during, /** @type {any} */ (process)._getActiveRequests().length - length];
  },
  { cross: false },
);
