'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const builtin = require('node:net');

const { scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');

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
  'listen({ fd }) with a bound descriptor that came from a parent process',
  async ({ net, track, once, collect, settle }) => {
    const owner = builtin._createServerHandle('127.0.0.1', 0, 4);
    const name = {};
    owner.getsockname(name);
    const child = spawn(
      process.execPath,
      [
        '-e',
        `const net = require(${JSON.stringify(specifierOf(net))});
         const server = net.createServer((socket) => socket.end('child', () => server.close()));
         server.listen({ fd: 3 }, () => console.log(JSON.stringify(server.address())));
         server.on('close', () => console.log('closed'));`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit', owner.fd] },
    );
    // Unlike 'exit', it comes after all of the output.
    const ended = once(child, 'close');
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    await once(child.stdout, 'data');
    const client = track(builtin.connect(name.port, '127.0.0.1'));
    const text = String(await collect(client));
    await settle(client);
    const [code] = await ended;
    await new Promise((resolve) => owner.close(resolve));
    const [address, last] = output.trim().split('\n');
    return [JSON.parse(address).port === name.port, last, text, code];
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
       const { ino } = fs.fstatSync(fd);
       const server = net.createServer();
       server.listen({ fd }, () => {
         console.log(server.address() === ${JSON.stringify(path)}, server._handle.fd === fd);
         server.close(() => {
           // Something else may have got the number by now.
           let open = false;
           try { open = fs.fstatSync(fd).ino === ino; } catch {}
           console.log(open ? 'open' : 'closed');
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
