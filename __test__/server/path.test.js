'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { scenario } = require('../harness');

// Built-in net of Node 20 binds an abstract name with NULs up to the full length, so that nobody who
// gives the name alone can meet it; tokio-net binds the name as newer Nodes do.
const pads = Number(process.versions.node.split('.')[0]) < 22;
const abstractOptions = pads ? { pairings: ['both'] } : {};

/** Every form that takes a path. */
const FORMS = {
  'listen(path)': (file) => [file],
  'listen(path, callback)': (file, cb) => [file, cb],
  'listen(path, backlog, callback)': (file, cb) => [file, 5, cb],
  'listen({ path })': (file) => [{ path: file }],
  'listen({ path, backlog }, callback)': (file, cb) => [{ path: file, backlog: 5 }, cb],
  'listen({ path, exclusive })': (file) => [{ path: file, exclusive: true }],
};

scenario(
  'every form with a path: state when listen returns, events, address, file',
  async ({ net, track, record, once, tmp }) => {
    const seen = [];
    for (const [form, argumentsOf] of Object.entries(FORMS)) {
      const file = path.join(tmp, 's');
      const server = track(net.createServer());
      const events = record(server, ['listening', 'close', 'error']);
      let callbacks = 0;
      server.listen(...argumentsOf(file, () => callbacks++));
      const state = [server.listening, server.address() === file, fs.existsSync(file)];
      await once(server, 'listening');
      const address = server.address() === file;
      server.close();
      state.push(fs.existsSync(file), server.address() === file);
      await once(server, 'close');
      seen.push([form, state, callbacks, address, fs.existsSync(file), events.splice(0)]);
    }
    return seen;
  },
  { cross: false },
);

scenario(
  'an exchange over a path, and what both ends say of their addresses',
  async ({ connectPair, collect, settle, summarise, tmp }) => {
    const file = path.join(tmp, 's');
    const { server, client, accepted } = await connectPair({}, { listen: file });
    const describe = (socket) => [
      ...[socket.localAddress, socket.localPort, socket.localFamily],
      ...[socket.remoteAddress, socket.remotePort, socket.remoteFamily],
      summarise(socket.address()),
    ];
    const result = [describe(client), describe(accepted)];
    accepted.end('from the server');
    const text = collect(client);
    client.end('from the client');
    result.push(String(await collect(accepted)), String(await text));
    server.close();
    await settle(server, client, accepted);
    return result;
  },
);

scenario(
  'a relative path is relative to the working directory',
  async ({ net, tmp, runChild }) => {
    const { code, stdout } = await runChild(
      net,
      `process.chdir(${JSON.stringify(tmp)});
       const fs = require('node:fs');
       const server = net.createServer((socket) => socket.end('x'));
       server.listen('rel.sock', () => {
         console.log(server.address(), fs.statSync('rel.sock').isSocket());
         net.connect({ path: './rel.sock' }).on('data', (data) => console.log(String(data)))
           .on('close', () => server.close(() => console.log(fs.existsSync('rel.sock'))));
       });`,
    );
    return [code, stdout];
  },
  { cross: false },
);

scenario(
  'an abstract name: no file, the name as address, free again after close',
  async ({
    serverNet,
    clientNet,
    track,
    listen,
    settle,
    abstractName,
    collect,
    tmp,
    summarise,
  }) => {
    const name = abstractName();
    const seen = [];
    for (let round = 0; round < 2; round++) {
      const server = track(serverNet.createServer((socket) => socket.end('abstract')));
      const address = await listen(server, name);
      const client = track(clientNet.connect(name));
      seen.push(summarise(address), address === name, String(await collect(client)));
      server.close();
      await settle(server, client);
    }
    return [seen, fs.readdirSync(tmp)];
  },
  abstractOptions,
);

scenario(
  'readableAll and writableAll decide the mode of the file',
  async ({ net, track, once, tmp }) => {
    const modes = [];
    for (const options of [
      {},
      { readableAll: true },
      { writableAll: true },
      { readableAll: true, writableAll: true },
    ]) {
      const file = path.join(tmp, 'mode');
      const server = track(net.createServer());
      server.listen({ path: file, ...options });
      await once(server, 'listening');
      modes.push((fs.statSync(file).mode & 0o777).toString(8));
      server.close();
      await once(server, 'close');
    }
    return modes;
  },
  { cross: false },
);

scenario(
  'a file that somebody removed while the server listened is no error at close',
  async ({ net, track, listen, settle, record, tmp }) => {
    const file = path.join(tmp, 's');
    const server = track(net.createServer());
    const events = record(server, ['error', 'close']);
    await listen(server, file);
    fs.unlinkSync(file);
    server.close();
    await settle(server);
    return events;
  },
  { cross: false },
);

scenario(
  'the file of a closed server is gone inside the callback, and another can have it',
  async ({ serverNet, clientNet, track, listen, settle, tmp }) => {
    const file = path.join(tmp, 's');
    const first = track(serverNet.createServer());
    await listen(first, file);
    const second = track(clientNet.createServer());
    const gone = await new Promise((resolve) => first.close(() => resolve(!fs.existsSync(file))));
    const address = await listen(second, file);
    second.close();
    await settle(second);
    return [gone, address === file, fs.existsSync(file)];
  },
);

scenario(
  'sockets that are connected over a path live on when the server closes and the file goes',
  async ({ connectPair, settle, once, tmp }) => {
    const file = path.join(tmp, 's');
    const { server, client, accepted } = await connectPair({}, { listen: file });
    server.close();
    const exists = fs.existsSync(file);
    accepted.write('still here');
    const [data] = await once(client, 'data');
    client.end();
    accepted.resume();
    await settle(server, client, accepted);
    return [exists, String(data)];
  },
);

scenario(
  'a name of the greatest length is taken whole',
  async ({ serverNet, clientNet, track, listen, collect, settle, tmp }) => {
    const room = 107 - tmp.length - 1;
    const file = path.join(tmp, 'x'.repeat(room));
    const server = track(serverNet.createServer((socket) => socket.end('fits')));
    const address = await listen(server, file);
    const names = fs.readdirSync(tmp).map((name) => name.length === room);
    const client = track(clientNet.connect(file));
    const text = String(await collect(client));
    server.close();
    await settle(server, client);
    return [address === file, names, text];
  },
);

scenario(
  'names beyond ASCII and with spaces',
  async ({ serverNet, clientNet, track, listen, collect, settle, tmp }) => {
    const file = path.join(tmp, 'größe – 接口 x');
    const server = track(serverNet.createServer((socket) => socket.end('ok')));
    const address = await listen(server, file);
    const names = fs.readdirSync(tmp);
    const client = track(clientNet.connect(file));
    const text = String(await collect(client));
    server.close();
    await settle(server, client);
    return [address === file, names, text];
  },
);
