'use strict';

const fs = require('node:fs');

const { scenario } = require('../harness');

/**
 * Connects to a server and waits for the greeting that it sends.
 *
 * @param {any} context The scenario's context
 * @param {any} clientNet The module that connects
 * @param {object} target Where to
 * @returns {Promise<string>} What the server sent
 */
async function greeting({ track, collect, settle }, clientNet, target) {
  const client = track(clientNet.connect(target));
  const text = String(await collect(client));
  await settle(client);
  return text;
}

scenario(
  "a server listens on another server's handle",
  async (context) => {
    const { net, track, listen, once, settle } = context;
    const first = track(net.createServer((socket) => socket.end('first')));
    const address = await listen(first);
    const second = track(net.createServer((socket) => socket.end('second')));
    second.listen(first);
    await once(second, 'listening');
    const same = second.address().port === address.port;
    const text = await greeting(context, net, { port: address.port, host: '127.0.0.1' });
    const state = [second.listening, first.listening];
    second.close();
    await settle(second);
    // The two share one handle; closing the one that took it over has closed both.
    first.close();
    return [same, ['first', 'second'].includes(text), state];
  },
  { cross: false },
);

for (const [form, argumentOf] of [
  ['the handle itself', (handle) => handle],
  ['{ _handle }', (handle) => ({ _handle: handle })],
]) {
  scenario(
    `a handle: ${form}`,
    async (context) => {
      const { net, track, listen, settle } = context;
      const handle = net._createServerHandle('127.0.0.1', 0, 4);
      const server = track(net.createServer((socket) => socket.end('hello')));
      const address = await listen(server, argumentOf(handle));
      const own = server._handle === handle;
      const text = await greeting(context, net, { port: address.port, host: '127.0.0.1' });
      server.close();
      await settle(server);
      return [own, address.address, text];
    },
    { cross: false },
  );
}

scenario(
  'a descriptor that another server has bound',
  async (context) => {
    const { net, runChild } = context;
    // The child gives its listening descriptor to a second server, of its own module.
    const source = `
    const first = net.createServer();
    first.listen(0, '127.0.0.1', () => {
      const second = net.createServer((socket) => socket.end('from the second'));
      second.listen({ fd: first._handle.fd }, () => {
        console.log(second.address().port === first.address().port, second.address().family);
        let count = 0;
        const client = net.connect(first.address().port, '127.0.0.1');
        client.on('data', (data) => { count += data.length; });
        client.on('close', () => { console.log('closed'); process.exit(0); });
        // Either of the two may be woken.
        first.on('connection', (socket) => socket.end());
      });
    });`;
    return runChild(net, source);
  },
  { cross: false },
);

scenario(
  'listen({ fd }) adopts: closing the server closes the descriptor, once',
  async ({ net, runChild, tmp }) => {
    const path = `${tmp}/s`;
    const { code, stdout } = await runChild(
      net,
      `const fs = require('node:fs');
       const handle = net._createServerHandle(${JSON.stringify(path)}, -1, -1);
       const fd = handle.fd;
       const server = net.createServer();
       server.listen({ fd }, () => {
         console.log(server.address() === ${JSON.stringify(path)}, server._handle.fd === fd);
         server.close(() => {
           try { fs.fstatSync(fd); console.log('open'); } catch (error) { console.log(error.code); }
           process.exit();
         });
       });`,
    );
    return [code, stdout, fs.existsSync(path)];
  },
  { cross: false },
);

scenario(
  "a socket's handle is no listener: what happens when listen gets a socket",
  async ({ net, track, once, connectPair, summarise }) => {
    const { client } = await connectPair();
    const server = track(net.createServer());
    const outcome = Promise.race([
      once(server, 'error').then(([error]) => summarise(error)),
      once(server, 'listening').then(() => 'listening'),
    ]);
    try {
      server.listen(client);
    } catch (error) {
      return ['thrown', summarise(error)];
    }
    return outcome;
  },
  { cross: false },
);
