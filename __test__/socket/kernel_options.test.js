'use strict';

const assert = require('node:assert');
const { execFile, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { promisify } = require('node:util');

const { documented, scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');

const run = promisify(execFile);

/** @returns {boolean} Whether strace is here and may trace a process */
function canTrace() {
  try {
    execFileSync('strace', ['-o', '/dev/null', '-e', 'trace=none', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns {boolean} Whether `ss` of iproute2 is here */
function hasSs() {
  try {
    execFileSync('ss', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const skipTrace = canTrace() ? false : 'strace is not here, or may not trace';
const skipSs = hasSs() ? false : 'ss is not here';

/**
 * @param {any} socket A connected socket
 * @returns {Promise<string | null>} Its keep-alive timer's time, rounded up to minutes or seconds
 */
async function keepAliveTimer(socket) {
  const filter = [
    'sport',
    '=',
    `:${socket.localPort}`,
    'and',
    'dport',
    '=',
    `:${socket.remotePort}`,
  ];
  const { stdout } = await run('ss', ['-Htnoi', ...filter]);
  const match = /timer:\(keepalive,([\d.]+)(min|sec|ms)/.exec(stdout);
  if (match === null) return null;
  const factor = { min: 60, sec: 1, ms: 0.001 }[match[2]];
  return String(Math.ceil((Number(match[1]) * factor) / 10) * 10);
}

scenario(
  'setKeepAlive() before and after connect() starts the timer in the kernel',
  async (t) => {
    const { client, accepted } = await t.connectPair();
    t.log('off', await keepAliveTimer(client));
    client.setKeepAlive(true, 40_000);
    t.log('on', await keepAliveTimer(client));
    client.setKeepAlive(true, 20_000);
    t.log('shorter', await keepAliveTimer(client));
    client.setKeepAlive(false);
    t.log('off', await keepAliveTimer(client));
    accepted.setKeepAlive(true, 30_000);
    t.log('accepted', await keepAliveTimer(accepted));
    const option = { keepAlive: true, keepAliveInitialDelay: 50_000 };
    const early = await t.connectPair({}, option, option);
    t.log('option', await keepAliveTimer(early.client), await keepAliveTimer(early.accepted));
    const server = t.serverNet.createServer((socket) => t.track(socket));
    const { port } = await t.listen(server);
    const before = t.track(new t.clientNet.Socket());
    before.setKeepAlive(true, 60_000);
    before.connect(port, '127.0.0.1');
    await t.once(before, 'connect');
    t.log('before connect()', await keepAliveTimer(before));
    return t.log.entries;
  },
  { skip: skipSs },
);

const TRACED = `
const done = [];
const server = net.createServer({ noDelay: process.argv[1] === 'server' }, (socket) => {
  socket.resume();
  done.push(socket);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const options = { port, host: '127.0.0.1' };
  if (process.argv[1] === 'option') options.noDelay = true;
  const socket = new net.Socket(options);
  if (process.argv[1] === 'before') socket.setNoDelay(true);
  socket.connect(options, () => {
    if (process.argv[1] === 'after') socket.setNoDelay();
    if (process.argv[1] === 'toggle') socket.setNoDelay(true).setNoDelay(true).setNoDelay(false);
    if (process.argv[1] === 'alive') socket.setKeepAlive(true, 7000);
    if (process.argv[1] === 'alive-off') socket.setKeepAlive(true, 7000).setKeepAlive(false);
    if (process.argv[1] === 'alive-object') {
      socket.setKeepAlive({ enable: true, initialDelay: 5000, interval: 2000, count: 4 });
    }
    if (process.argv[1] === 'alive-args') socket.setKeepAlive(...eval(process.argv[2]));
    if (process.argv[1] === 'delay-only') socket.setKeepAlive(false, 9000);
    setImmediate(() => setImmediate(() => { socket.destroy(); server.close(); }));
  });
});`;

/**
 * The settings that a program of its own makes, as the kernel is told of them.
 *
 * @param {any} t The scenario's context
 * @param {string} mode What the program does
 * @param {...string} args More for it
 * @returns {Promise<object>} The values of each option, in their order
 */
async function traceOptions(t, mode, ...args) {
  const trace = `${t.tmp}/trace`;
  const program = `const net = require(${JSON.stringify(specifierOf(t.net))});${TRACED}`;
  const flags = ['-f', '-qq', '-e', 'trace=setsockopt', '-o', trace];
  await run('strace', [...flags, process.execPath, '-e', program, '--', mode, ...args]);
  const values = {};
  for (const line of fs.readFileSync(trace, 'utf8').split('\n')) {
    const match = /(TCP_NODELAY|SO_KEEPALIVE|TCP_KEEP\w+), \[(\d+)\]/.exec(line);
    if (match === null) continue;
    const seen = (values[match[1]] ??= []);
    // The same value twice is one setting.
    if (seen.at(-1) !== match[2]) seen.push(match[2]);
  }
  return values;
}

const MODES = ['none', 'option', 'before', 'after', 'toggle', 'alive', 'alive-off', 'delay-only'];

for (const mode of [...MODES, 'server']) {
  scenario(`the setsockopt calls of a connection: ${mode}`, (t) => traceOptions(t, mode), {
    cross: false,
    skip: skipTrace,
    timeout: 60_000,
  });
}

documented(
  'interval and count of setKeepAlive() reach the kernel',
  async (t) => {
    assert.deepStrictEqual(await traceOptions(t, 'alive-object'), {
      SO_KEEPALIVE: ['1'],
      TCP_KEEPIDLE: ['5'],
      TCP_KEEPINTVL: ['2'],
      TCP_KEEPCNT: ['4'],
    });
  },
  {
    skip: skipTrace,
    timeout: 60_000,
    builtin: (net) => net.Socket.prototype.setKeepAlive.length > 2,
  },
);

for (const [args, idle, interval, count] of [
  ['[true, 5000, undefined, 4]', '5', '1', '4'],
  ['[true, 5000, 3000]', '5', '3', '10'],
  ['[true, "5000", "3000", "4"]', '5', '3', '10'],
  ['[true, 5000, 3000, -1]', '5', '3', '10'],
  ['[true, 5000, 3000, { valueOf: () => 4 }]', '5', '3', '10'],
  ['[true, 5000, 3000, 0]'],
  ['[true, 5000, 500, 4]'],
  ['[true, 5000, null, 4]'],
  ['[true, 0, 3000, 4]'],
]) {
  documented(
    `setKeepAlive(...${args}) sets all of delay, interval and count, or none`,
    async (t) => {
      const all = { TCP_KEEPIDLE: [idle], TCP_KEEPINTVL: [interval], TCP_KEEPCNT: [count] };
      assert.deepStrictEqual(await traceOptions(t, 'alive-args', args), {
        SO_KEEPALIVE: ['1'],
        ...(idle === undefined ? {} : all),
      });
    },
    {
      skip: skipTrace,
      timeout: 60_000,
      builtin: (net) => net.Socket.prototype.setKeepAlive.length > 2,
    },
  );
}

documented(
  'setKeepAlive({ enable, initialDelay, interval, count }) and its positional form',
  async (t) => {
    const { client } = await t.connectPair();
    const options = { enable: true, initialDelay: 40_000, interval: 5000, count: 4 };
    assert.strictEqual(client.setKeepAlive(options), client);
    if (!skipSs) assert.strictEqual(await keepAliveTimer(client), '40');
    client.setKeepAlive({ enable: false });
    if (!skipSs) assert.strictEqual(await keepAliveTimer(client), null);
    assert.strictEqual(client.setKeepAlive(true, 20_000, 2000, 3), client);
    if (!skipSs) assert.strictEqual(await keepAliveTimer(client), '20');
  },
  { builtin: (net) => net.Socket.prototype.setKeepAlive.length > 2 },
);

documented(
  'setTypeOfService() and getTypeOfService(), before and after connect()',
  async (t) => {
    const fresh = t.track(new t.net.Socket({ typeOfService: 0x20 }));
    assert.strictEqual(fresh.getTypeOfService(), 0x20);
    assert.strictEqual(fresh.setTypeOfService(0x48), fresh);
    assert.strictEqual(fresh.getTypeOfService(), 0x48);
    assert.strictEqual(t.track(new t.net.Socket()).getTypeOfService(), 0);
    const connecting = t.track(t.net.connect({ port: 9, host: '127.0.0.1', typeOfService: 0x10 }));
    connecting.on('error', () => {});
    assert.throws(() => connecting.getTypeOfService(), { code: 'EBADF' });
    await t.settle(connecting);
    const { client, accepted } = await t.connectPair({}, {}, { typeOfService: 0x10 });
    assert.strictEqual(client.getTypeOfService(), 0x10);
    client.setTypeOfService(0x68);
    assert.strictEqual(client.getTypeOfService(), 0x68);
    assert.strictEqual(accepted.getTypeOfService(), 0);
    for (const value of [-1, 256, 1.5]) {
      assert.throws(() => fresh.setTypeOfService(value), { code: 'ERR_OUT_OF_RANGE' });
    }
    for (const value of ['1', null, undefined, {}, NaN]) {
      assert.throws(() => fresh.setTypeOfService(value), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    for (const typeOfService of [-1, 256]) {
      assert.throws(() => new t.net.Socket({ typeOfService }), { code: 'ERR_OUT_OF_RANGE' });
    }
    assert.throws(() => new t.net.Socket({ typeOfService: 'x' }), { code: 'ERR_INVALID_ARG_TYPE' });
  },
  { builtin: (net) => 'setTypeOfService' in net.Socket.prototype },
);
