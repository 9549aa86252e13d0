'use strict';

const assert = require('node:assert');
const { once } = require('node:events');

const { documented, isBuiltin, ours, scenario } = require('../harness');

const major = Number(process.versions.node.split('.')[0]);

const REFUSED = [
  [-1],
  [65536],
  [1.5],
  [NaN],
  [Infinity],
  [true],
  [false],
  [1n],
  [Symbol('s')],
  [''],
  ['', 1],
  [{}],
  [[]],
  [new Date(0)],
  [{ port: -1 }],
  [{ port: 65536 }],
  [{ port: 'x' }],
  [{ port: '' }],
  [{ port: false }],
  [{ port: {} }],
  [{ port: 1n }],
  [{ path: 1 }],
  [{ path: '' }],
  [{ path: null }],
  [{ path: {} }],
  [{ host: '127.0.0.1' }],
  [{ fd: -1 }],
  [{ fd: 'x' }],
  [{ fd: null }],
  [{ _handle: null }],
  [{ _handle: {} }],
  [{ readableAll: true }],
  [{ port: 0, host: 1 }],
  [{ port: 0, host: {} }],
  [{ port: 0, host: true }],
  [{ port: 0, signal: {} }],
  [{ port: 0, signal: 1 }],
  [{ path: '/none/x', signal: 'x' }],
];

scenario(
  'arguments of listen that throw, and what; the server stays as it was',
  async ({ net, summarise }) =>
    REFUSED.map((list) => {
      const server = net.createServer();
      const name = list.map((item) => typeof item).join();
      try {
        server.listen(...list, () => {});
        server.close();
        return [name, 'accepted'];
      } catch (error) {
        return [name, summarise(error), server.listening, server.listenerCount('listening')];
      }
    }),
  { cross: false },
);

scenario(
  'after a listen that threw, the same server can listen',
  async ({ net, track, listen, summarise }) => {
    const server = track(net.createServer());
    const errors = [];
    for (const argument of [{ port: -1 }, {}, true]) {
      try {
        server.listen(argument);
      } catch (error) {
        errors.push(summarise(error).code);
      }
    }
    const { address } = await listen(server);
    return [errors, address];
  },
  { cross: false },
);

scenario(
  'values that are taken though they look odd',
  async ({ net, track, once }) => {
    const seen = [];
    for (const list of [
      [{ port: 0, host: '' }],
      [{ port: 0, host: null }],
      [{ port: ' 0 ', host: '127.0.0.1' }],
      [{ port: '0x0', host: '127.0.0.1' }],
      [{ port: 0, host: '127.0.0.1', backlog: 'x' }],
      [{ port: 0, host: '127.0.0.1', backlog: -1 }],
      [{ port: 0, host: '127.0.0.1', backlog: 1e9 }],
      [{ port: 0, ipv6Only: 1 }],
      [0, '127.0.0.1', '10'],
      [0, '127.0.0.1', {}],
    ]) {
      const server = track(net.createServer());
      server.listen(...list);
      await once(server, 'listening');
      seen.push([server.address().address, server.address().family]);
      server.close();
    }
    return seen;
  },
  { cross: false },
);

scenario(
  'callbacks that are no functions: close ignores, getConnections refuses',
  async ({ net, track, listen, summarise, settle }) => {
    const server = track(net.createServer());
    await listen(server);
    const results = [];
    for (const value of [undefined, null, 1, 'x', {}]) {
      try {
        server.getConnections(value);
        results.push('accepted');
      } catch (error) {
        results.push(summarise(error));
      }
    }
    server.close('x');
    await settle(server);
    return results;
  },
  { cross: false },
);

documented(
  'a path that is too long is refused with EINVAL, not cut',
  async ({ net, track, tmp }) => {
    const server = track(net.createServer());
    const path = `${tmp}/${'x'.repeat(120)}`;
    server.listen(path);
    assert.strictEqual(server.listening, false);
    const [error] = await once(server, 'error');
    assert.deepStrictEqual(
      [error.code, error.errno, error.syscall, error.address],
      ['EINVAL', -22, 'listen', path],
    );
  },
  {
    builtin: () => major >= 24,
    skip: isBuiltin(ours) && major < 24 ? 'this Node cuts the path' : false,
  },
);

scenario(
  'a path with a NUL in it, which the system would cut',
  async ({ net, track, once, tmp, settle }) => {
    const server = track(net.createServer());
    server.listen(`${tmp}/a\0b`);
    const events = ['listening', 'error'].map(async (event) => [event, await once(server, event)]);
    const [event, [error]] = await Promise.race(events);
    const seen = [event, error?.code, error?.syscall, server.listening];
    if (server.listening) {
      server.close();
      await settle(server);
    }
    return seen;
  },
  { cross: false },
);
