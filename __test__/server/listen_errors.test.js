'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { scenario } = require('../harness');

/**
 * Listens on what cannot be had, and logs the timing of the error.
 *
 * @param {any} context The scenario's context
 * @param {any} server The server
 * @param {any[]} args For listen
 * @returns {Promise<any>} The error, and the state around it
 */
async function refusal({ log, mark, once, summarise }, server, args) {
  server.on('listening', () => log('listening'));
  server.on('close', () => log('close'));
  server.once('error', () => log('error', server.listening, server.address()));
  const error = once(server, 'error');
  server.listen(...args, () => log('callback'));
  log('returned', server.listening, server.address());
  await mark('queues');
  return [summarise((await error)[0]), log.entries.splice(0), server.listenerCount('listening')];
}

scenario('a TCP port in use, by either module', async (context) => {
  const { serverNet, clientNet, track, listen } = context;
  const first = track(serverNet.createServer());
  const { port } = await listen(first);
  const second = track(clientNet.createServer());
  return refusal(context, second, [port, '127.0.0.1']);
});

scenario('a TCP port in use, and the wildcard asks for it', async (context) => {
  const { serverNet, clientNet, track, listen } = context;
  const first = track(serverNet.createServer());
  const { port } = await listen(first, 0);
  const results = [];
  for (const host of [undefined, '::', '0.0.0.0']) {
    const second = track(clientNet.createServer());
    results.push(await refusal(context, second, [{ port, host }]));
  }
  return results;
});

scenario('a path in use', async (context) => {
  const { serverNet, clientNet, track, listen, tmp } = context;
  await listen(track(serverNet.createServer()), `${tmp}/s`);
  const second = track(clientNet.createServer());
  const result = await refusal(context, second, [`${tmp}/s`]);
  return [result, fs.existsSync(`${tmp}/s`)];
});

scenario(
  'an abstract name in use',
  async (context) => {
    const { serverNet, clientNet, track, listen, abstractName } = context;
    const name = abstractName();
    await listen(track(serverNet.createServer()), name);
    return refusal(context, track(clientNet.createServer()), [name]);
  },
  // Built-in net of Node 20 pads the name: the two modules bind different ones there.
  Number(process.versions.node.split('.')[0]) < 22 ? { pairings: ['both'] } : {},
);

scenario(
  'what else the system refuses',
  async (context) => {
    const { net, track, tmp } = context;
    fs.writeFileSync(path.join(tmp, 'file'), '');
    const results = [];
    for (const argument of [
      { port: 0, host: '192.0.2.1' },
      { port: 0, host: '2001:db8::1' },
      { path: `${tmp}/none/x` },
      { path: tmp },
      { path: `${tmp}/file` },
      { path: `${tmp}/file/x` },
      { fd: 1 << 20 },
      { fd: 1.5 },
    ]) {
      results.push(await refusal(context, track(net.createServer()), [argument]));
    }
    return results;
  },
  { cross: false },
);

scenario(
  "a descriptor that is no socket: a file's, a pipe's",
  async (context) => {
    const { net, track } = context;
    const file = fs.openSync(__filename, 'r');
    const results = [await refusal(context, track(net.createServer()), [{ fd: file }])];
    try {
      fs.closeSync(file);
      results.push('still open');
    } catch (error) {
      results.push(error.code);
    }
    return results;
  },
  { cross: false },
);

scenario(
  "without an 'error' listener the error is thrown where nobody catches it",
  async ({ runChild, serverNet, clientNet, track, listen }) => {
    const { port } = await listen(track(serverNet.createServer()));
    const { code, stderr, stdout } = await runChild(
      clientNet,
      `process.on('uncaughtExceptionMonitor', (error, origin) => console.log(error.code, origin));
       net.createServer().listen(${port}, '127.0.0.1');
       console.log('returned');`,
    );
    return [code, stdout, /Unhandled 'error' event/.test(stderr), /EADDRINUSE/.test(stderr)];
  },
);

scenario(
  'listening twice throws, whatever the second asks for; the first goes on',
  async ({ net, track, once, summarise, tmp }) => {
    const server = track(net.createServer());
    const attempt = (...args) => {
      try {
        server.listen(...args);
        return 'accepted';
      } catch (error) {
        return summarise(error);
      }
    };
    server.listen(0, '127.0.0.1');
    const results = [attempt(0), attempt(`${tmp}/s`), attempt({ port: 0 }), attempt()];
    await once(server, 'listening');
    results.push(attempt(0), attempt({ port: -1 }), attempt({}));
    results.push(server.listening, server.listenerCount('listening'));
    server.close();
    results.push(server.listening);
    await once(server, 'close');
    return results;
  },
  { cross: false },
);

scenario(
  'listening again while a host name is being looked up',
  async ({ net, track, once, summarise }) => {
    const server = track(net.createServer());
    server.listen(0, 'localhost');
    let second;
    try {
      server.listen(0, '127.0.0.1');
      second = 'accepted';
    } catch (error) {
      second = summarise(error);
    }
    await once(server, 'listening');
    return [second, server.listening];
  },
  { cross: false },
);

scenario(
  'after an error the server can listen elsewhere, and after close again',
  async ({ serverNet, clientNet, track, listen, once, settle, record }) => {
    const { port } = await listen(track(serverNet.createServer()));
    const server = track(clientNet.createServer());
    const events = record(server, ['listening', 'close']);
    server.listen(port, '127.0.0.1');
    const [error] = await once(server, 'error');
    const rounds = [error.code];
    for (let round = 0; round < 3; round++) {
      const { address } = await listen(server);
      rounds.push(address, server.listening);
      const closed = once(server, 'close');
      server.close();
      await closed;
      rounds.push(server.listening);
    }
    await settle(server);
    return [rounds, events];
  },
);

scenario(
  'retrying from the error event, as the documentation shows',
  async ({ serverNet, clientNet, track, listen, once, settle }) => {
    const first = track(serverNet.createServer());
    const { port } = await listen(first);
    const second = track(clientNet.createServer());
    let errors = 0;
    second.on('error', () => {
      errors++;
      first.close(() => {
        second.close(() => {});
        second.listen(port, '127.0.0.1');
      });
    });
    const listening = once(second, 'listening');
    second.listen(port, '127.0.0.1');
    await listening;
    const result = [errors, second.address().port === port];
    await settle(first);
    return result;
  },
);
