'use strict';

// What `tokio-net/register` leaves alone, what it survives, and how it is seen.

const assert = require('node:assert');
const Module = require('node:module');
const path = require('node:path');
const { test } = require('node:test');
const { runNode } = require('./run');

const FIXTURES = path.join(__dirname, 'fixtures');
const runsHooksInThread = 'registerHooks' in Module;
const PRELOAD = ['-r', 'tokio-net/register'];

/**
 * Runs a function as a program.
 *
 * @param {Function} main It sees nothing of this file, and prints JSON
 * @param {{ flags?: string[], env?: Record<string, string> }} [options]
 * @returns {Promise<any>} What it printed
 */
async function run(main, { flags = PRELOAD, env } = {}) {
  const { stdout, stderr, code } = await runNode(
    [...flags, '-e', `(async () => console.log(JSON.stringify(await (${main})())))();`],
    { cwd: FIXTURES, env },
  );
  assert.deepStrictEqual([code, stderr], [0, '']);
  return JSON.parse(stdout);
}

/** Where a program can see that tokio-net is in place. */
const look = () => [
  require('tokio-net/register').active,
  process[Symbol.for('tokio-net.register')]?.active ?? false,
  require('node:net') === require('tokio-net'),
];

test('it can be seen whether it is in place', async () => {
  assert.deepStrictEqual(await run(look), [true, true, true]);
  assert.deepStrictEqual(await run(look, { flags: [] }), [true, true, true]);
  const off = { TOKIO_NET: 'off' };
  assert.deepStrictEqual(await run(look, { env: off }), [false, false, false]);
  assert.deepStrictEqual(await run(look, { env: { TOKIO_NET: '' } }), [true, true, true]);
});

test('Node that may not load addons keeps built-in net', async () => {
  const allowed = process.allowedNodeEnvironmentFlags;
  const permission = allowed.has('--permission') ? '--permission' : '--experimental-permission';
  const denied = [permission, '--allow-fs-read=*'];
  const look = async () => [
    require('tokio-net/register').active,
    process[Symbol.for('tokio-net.register')]?.active ?? false,
    (await import('node:net')).Socket === Object.getPrototypeOf(require('node:tls').TLSSocket),
    require('node:net').Socket === Object.getPrototypeOf(require('node:tls').TLSSocket),
  ];
  const env = { NODE_NO_WARNINGS: '1' };
  for (const flags of [['--no-addons'], denied]) {
    const found = await run(look, { flags: [...flags, ...PRELOAD], env });
    assert.deepStrictEqual(found, [false, false, true, true], flags[0]);
  }
  const flags = [...denied, '--allow-addons', ...PRELOAD];
  // Before there were hooks in the program's thread, those for import need one of their own.
  const found = await run(look, { flags, env });
  assert.deepStrictEqual(found, [true, true, !runsHooksInThread, false]);
});

test('loading the package says so where addons may not be loaded', async () => {
  const load = () => {
    try {
      return typeof require('tokio-net');
    } catch ({ code }) {
      return code;
    }
  };
  assert.strictEqual(await run(load, { flags: ['--no-addons'] }), 'ERR_DLOPEN_DISABLED');
});

test('Node without it has built-in net', async () => {
  const found = await run(() => require('node:net') === require('tokio-net'), { flags: [] });
  assert.strictEqual(found, false);
});

test('loading it does not load tokio-net, and asking for net does not load built-in net', async () => {
  const loaded = await run(() => {
    const isLoaded = () => [
      Object.keys(require.cache).some((file) => file.endsWith('.node')),
      process.moduleLoadList.includes('NativeModule net'),
    ];
    const before = isLoaded();
    require('net');
    return [before, isLoaded()];
  });
  // Without hooks in this thread, `child_process` is loaded in advance, and brings built-in net.
  assert.deepStrictEqual(loaded, [
    [false, !runsHooksInThread],
    [true, !runsHooksInThread],
  ]);
});

test("Node's own modules keep their sockets", async () => {
  const kept = await run(async () => {
    const net = require('node:net');
    const http = require('node:http');
    const { once } = require('node:events');
    const server = http.createServer((request, response) => response.end('hello'));
    let accepted;
    server.once('connection', (socket) => (accepted = socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const [response] = await once(http.get(server.address()), 'response');
    const text = (await response.toArray()).join('');
    server.close();
    const BuiltinSocket = Object.getPrototypeOf(require('node:tls').TLSSocket);
    return [
      Object.getPrototypeOf(http.Server) === net.Server,
      BuiltinSocket === net.Socket,
      accepted.constructor === BuiltinSocket,
      text,
    ];
  });
  assert.deepStrictEqual(kept, [false, false, true, 'hello']);
});

test('files of the package still reach built-in net', async () => {
  const recognised = await run(
    () => {
      const builtin = require('node:net');
      const { active } = require('tokio-net/register');
      const net = require('node:net');
      return [
        active,
        net !== builtin,
        net.BlockList.isBlockList(new builtin.BlockList()),
        net.BlockList.isBlockList(new net.BlockList()),
        net.BlockList.isBlockList({}),
      ];
    },
    { flags: [] },
  );
  assert.deepStrictEqual(recognised, [true, true, true, true, false]);
});

test('sockets of a registered program carry data', async () => {
  const answer = await run(async () => {
    const { default: net, connect, createServer } = await import('node:net');
    const { once } = require('node:events');
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(server.address().port, '127.0.0.1');
    client.setEncoding('utf8').end('there and back');
    const text = (await client.toArray()).join('');
    server.close();
    return [text, client instanceof net.Socket, server instanceof require('tokio-net').Server];
  });
  assert.deepStrictEqual(answer, ['there and back', true, true]);
});

test('loading it again changes nothing, from another copy of the package or after the cache is emptied', async () => {
  const seen = await run(async () => {
    const Module = require('node:module');
    const net = require('net');
    const before = [Module._load, process.getBuiltinModule, Module.syncBuiltinESMExports];
    require('tokio-net/register');
    for (const file of Object.keys(require.cache)) delete require.cache[file];
    const { active } = require('tokio-net/register');
    const after = [Module._load, process.getBuiltinModule, Module.syncBuiltinESMExports];
    return [
      active,
      after.every((each, index) => each === before[index]),
      require('net') === net,
      (await import('net')).default === net,
    ];
  });
  assert.deepStrictEqual(seen, [true, true, true, true]);
});

test('in a sandbox with a loader of its own it leaves the process alone', async () => {
  const seen = await run(
    () => {
      const fs = require('node:fs');
      const Module = require('node:module');
      const vm = require('node:vm');
      const file = require.resolve('tokio-net/register');
      const before = [Module._load, process.getBuiltinModule];
      const sandbox = vm.createContext({ process });
      const wrapper = vm.runInContext(Module.wrap(fs.readFileSync(file, 'utf8')), sandbox);
      const module = { exports: { active: undefined } };
      wrapper.call(
        module.exports,
        module.exports,
        Module.createRequire(file),
        module,
        file,
        require('node:path').dirname(file),
      );
      return [
        module.exports.active,
        before[0] === Module._load && before[1] === process.getBuiltinModule,
        require('net') === require('tokio-net'),
      ];
    },
    { flags: [] },
  );
  assert.deepStrictEqual(seen, [false, true, false]);
});

test('a text in another context gets tokio-net through the require that it is given', async () => {
  const same = await run(() => {
    const vm = require('node:vm');
    const net = vm.runInNewContext("require('tokio-net/register'); require('net')", { require });
    return net === require('tokio-net');
  });
  assert.strictEqual(same, true);
});

test('names that are imported follow syncBuiltinESMExports()', async () => {
  const followed = await run(async () => {
    const { syncBuiltinESMExports } = require('node:module');
    const imported = await import('node:net');
    const net = require('net');
    const { connect } = net;
    const double = () => 'double';
    net.connect = double;
    const before = imported.connect === connect;
    syncBuiltinESMExports();
    const during = imported.connect === double && imported.default.connect === double;
    net.connect = connect;
    syncBuiltinESMExports();
    return [before, during, imported.connect === connect];
  });
  assert.deepStrictEqual(followed, [true, true, true]);
});

test('what is named `net` without being the module stays what it is', async () => {
  const found = await run(() => {
    const { builtinModules, isBuiltin } = require('node:module');
    const attempt = (name) => {
      try {
        return typeof require(name);
      } catch (error) {
        return error.code;
      }
    };
    return [
      builtinModules.includes('net'),
      isBuiltin('net'),
      require.resolve('net'),
      Object.hasOwn(require.cache, 'net'),
      attempt('./net'),
      attempt('net/nothing'),
      attempt('node:NET'),
    ];
  });
  const missing = ['MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE'];
  assert.deepStrictEqual(found, [true, true, 'net', false, ...missing]);
});

// Where hooks run in a thread of their own, they do not see it.
if (runsHooksInThread) {
  test('an ES module that is loaded by require() has tokio-net', async () => {
    const same = await run(() => {
      const { default: net, createServer } = require('./net.mjs');
      return [net === require('tokio-net'), createServer === net.createServer];
    });
    assert.deepStrictEqual(same, [true, true]);
  });
}

test('flags of the process that are not for threads do not keep a worker from starting', async () => {
  const answer = await run(
    async () => {
      const { once } = require('node:events');
      const { Worker } = require('node:worker_threads');
      const text = `
        const { parentPort } = require('node:worker_threads');
        parentPort.postMessage(require('net') === require('tokio-net'));
      `;
      const worker = new Worker(text, { eval: true, env: { PATH: '' } });
      const [same] = await once(worker, 'message');
      return [same, worker instanceof Worker, Worker.name, Worker.length];
    },
    { flags: ['--expose-gc', '--max-old-space-size=300', '--title=x', ...PRELOAD] },
  );
  const { Worker } = require('node:worker_threads');
  assert.deepStrictEqual(answer, [true, true, Worker.name, Worker.length]);
});

test('what Worker and fork() refuse, they refuse as before', async () => {
  const refusals = () => {
    const { fork } = require('node:child_process');
    const { Worker } = require('node:worker_threads');
    const attempts = [
      () => new Worker(),
      () => Reflect.apply(Worker, undefined, ['']),
      () => new Worker('x', { eval: true, execArgv: 1 }),
      () => new Worker('x', { eval: true, execArgv: ['--none'] }),
      () => new Worker('x', { eval: true, env: 1 }),
      () => fork(),
      () => fork('x', 1),
      () => fork('x', [], 1),
      () => fork('x', [], { execArgv: 1 }),
      () => fork('x', [], { env: 1 }),
    ];
    return [
      [fork.name, fork.length],
      ...attempts.map((attempt) => {
        try {
          const child = attempt();
          child.on('error', () => {});
          child.kill?.('SIGKILL');
          child.terminate?.();
          return 'none';
        } catch (error) {
          return [error.name, error.code, error.message];
        }
      }),
    ];
  };
  assert.deepStrictEqual(await run(refusals), await run(refusals, { flags: [] }));
});

test('a child that is told to leave it out does', async () => {
  const answers = await run(async () => {
    const { fork } = require('node:child_process');
    const { once } = require('node:events');
    const { Worker } = require('node:worker_threads');
    const env = { ...process.env, TOKIO_NET: 'off' };
    const text = `
      const { parentPort } = require('node:worker_threads');
      parentPort.postMessage(require('net') === require('tokio-net'));
    `;
    const child = fork('./answer.cjs', { env });
    return Promise.all([
      once(child, 'message').then(([answer]) => answer),
      once(new Worker(text, { eval: true, env }), 'message').then(([answer]) => answer),
    ]);
  });
  assert.deepStrictEqual(answers, [false, false]);
});
