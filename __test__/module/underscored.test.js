'use strict';

const { scenario } = require('../harness');

scenario(
  '_normalizeArgs sorts the arguments of connect and listen into options and a callback',
  async ({ net, summarise }) => {
    const callback = () => {};
    const lists = [
      [],
      [undefined],
      [null],
      [80],
      ['80'],
      ['80', callback],
      [80, 'host'],
      [80, 'host', callback],
      [80, callback],
      [80, null, callback],
      [80, undefined, callback],
      [80, '', callback],
      [80, 'host', 511, callback],
      ['/a/path'],
      ['/a/path', callback],
      ['relative', 511, callback],
      ['', callback],
      ['-1'],
      ['1e3'],
      [{ port: 80 }],
      [{ port: 80, host: 'x' }, callback],
      [{ path: '/x' }, callback],
      [callback],
      [undefined, callback],
      [80, callback, callback],
      [true],
      [NaN],
    ];
    return lists.map((list) => {
      const answer = net._normalizeArgs(list);
      const options = Object.entries(answer[0]).map(([key, value]) => [key, summarise(value)]);
      return [answer.length, Array.isArray(answer), options, summarise(answer[1])];
    });
  },
  { cross: false },
);

scenario(
  '_normalizeArgs copies nothing of the options: the same object comes back',
  async ({ net }) => {
    const options = { port: 1 };
    return [net._normalizeArgs([options])[0] === options];
  },
  { cross: false },
);

scenario(
  '_createServerHandle binds, and listen takes the handle',
  async ({ net, listen, track, once, settle }) => {
    const seen = [];
    for (const [address, family] of [
      ['127.0.0.1', 4],
      ['::1', 6],
      ['0.0.0.0', 4],
    ]) {
      const handle = net._createServerHandle(address, 0, family);
      const name = {};
      seen.push(typeof handle, handle.getsockname(name), name.address, name.family, handle.fd > 0);
      const server = track(net.createServer((socket) => socket.end()));
      const bound = await listen(server, handle);
      seen.push(bound.address, bound.port === name.port);
      const client = track(net.connect(bound.port, address === '::1' ? '::1' : '127.0.0.1'));
      client.resume();
      await once(client, 'close');
      server.close();
      await settle(server);
    }
    return seen;
  },
  { cross: false },
);

scenario(
  '_createServerHandle without an address takes the dual-stack wildcard',
  async ({ net, summarise }) => {
    const handle = net._createServerHandle(null, 0, 4);
    const name = {};
    handle.getsockname(name);
    await new Promise((resolve) => handle.close(resolve));
    return summarise(name);
  },
  { cross: false },
);

scenario(
  '_createServerHandle answers with a negative errno for what the system refuses',
  async ({ net, tmp }) => [
    net._createServerHandle('192.0.2.1', 0, 4),
    net._createServerHandle(`${tmp}/none/x`, -1, -1),
    net._createServerHandle(null, null, null, 1 << 20),
  ],
  { cross: false },
);

scenario(
  '_createServerHandle binds a path; the file is there before listen',
  async ({ net, tmp, listen, track, settle }) => {
    const fs = require('node:fs');
    const file = `${tmp}/s`;
    const handle = net._createServerHandle(file, -1, -1);
    const before = fs.statSync(file).isSocket();
    const server = track(net.createServer());
    await listen(server, handle);
    server.close();
    await settle(server);
    return [before, fs.existsSync(file)];
  },
  { cross: false },
);
