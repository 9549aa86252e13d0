'use strict';

const assert = require('node:assert');
const fs = require('node:fs');

const { documented, isBuiltin, ours, scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');
const { runProgram } = require('../lifetime/program');

const noProc = fs.existsSync('/proc/self/task') ? false : 'no /proc';

/** Milliseconds of CPU; loading takes a few, and the rest is for a slow machine. */
const LOAD_LIMIT = 150;

documented(
  'loading starts no thread and opens no descriptor; the first socket may',
  async (context) => {
    const { code, stdout } = await runProgram(
      context,
      require('node:net'),
      (net, specifier) => {
        const { readdirSync } = require('node:fs');
        const count = () => [
          readdirSync('/proc/self/task').length,
          readdirSync('/proc/self/fd').length,
        ];
        count();
        const before = count();
        const loaded = require(specifier);
        loaded.isIP('::1');
        new loaded.Socket();
        loaded.createServer();
        console.log(JSON.stringify([before, count()]));
      },
      { args: [specifierOf(context.net)] },
    );
    assert.strictEqual(code, 0);
    const [before, after] = JSON.parse(stdout[0]);
    assert.deepStrictEqual(after, before);
  },
  { skip: noProc, builtin: () => true },
);

documented('loading takes milliseconds', async (context) => {
  const times = [];
  for (let round = 0; round < 3; round++) {
    const { stdout } = await runProgram(
      context,
      require('node:net'),
      (net, specifier) => {
        // The streams that the module builds on are Node's to load.
        require('node:stream');
        require('node:dns');
        const start = process.cpuUsage();
        require(specifier);
        const { user, system } = process.cpuUsage(start);
        console.log((user + system) / 1000);
      },
      { args: [specifierOf(context.net)] },
    );
    times.push(Number(stdout[0]));
  }
  assert.ok(Math.min(...times) < LOAD_LIMIT, `loading took ${times.join(', ')} ms`);
});

documented(
  'a server runs without the parts that only other programs need',
  async (context) => {
    const program = (/** @type {any} */ builtin, /** @type {string} */ specifier) => {
      const path = require('node:path');
      const vm = require('node:vm');
      const parts = [
        ...['block_list', 'bound_socket', 'child_process', 'cluster', 'connect', 'defaults'],
        ...['error_codes', 'flags', 'foreign', 'ip', 'permission', 'promises', 'pump', 'takeover'],
        // All of them where npm installed the package.
        ...['client', 'later'],
      ];
      // Those that V8 had compiled before are no modules of Node's.
      /** @type {string[]} */
      const compiled = [];
      const { Script } = vm;
      vm.Script = class extends Script {
        constructor(/** @type {string} */ text, /** @type {any} */ options) {
          super(text, options);
          compiled.push(options.filename);
        }
      };
      const loaded = () =>
        [...compiled, ...Object.keys(require.cache)]
          .map((file) => path.basename(file, '.js'))
          .filter((name) => parts.includes(name));
      const net = require(specifier);
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        console.log(loaded().join());
        server.close();
        new net.BlockList();
        console.log(loaded().some((name) => ['block_list', 'later'].includes(name)));
      });
    };
    const args = [specifierOf(ours)];
    const { code, stdout } = await runProgram(context, require('node:net'), program, { args });
    assert.deepStrictEqual([code, stdout], [0, ['', 'true']]);
  },
  { skip: isBuiltin(ours) ? 'is about tokio-net' : false },
);

documented(
  'a part that is loaded later is a property like any other',
  async () => {
    for (const name of ['BoundSocket', 'promises']) {
      const value = ours[name];
      const descriptor = { value, configurable: true, enumerable: true, writable: true };
      assert.deepStrictEqual(Object.getOwnPropertyDescriptor(ours, name), descriptor);
    }
  },
  { skip: isBuiltin(ours) ? 'is about tokio-net' : false },
);

scenario(
  'exports are there for the first time when a server has used up the descriptors',
  async (context) =>
    runProgram(
      context,
      context.net,
      (net) => {
        const fs = require('node:fs');
        const server = net.createServer().listen(0, '127.0.0.1', () => {
          setImmediate(() => {
            let code;
            while (code === undefined) {
              try {
                fs.openSync('/dev/null');
              } catch (error) {
                ({ code } = error);
              }
            }
            const list = new net.BlockList();
            list.addAddress('127.0.0.1');
            console.log(code, list.rules.join(), new net.SocketAddress().address);
            for (const name of Object.keys(net)) void net[name];
            server.close();
          });
        });
      },
      { descriptors: 64 },
    ),
  { cross: false },
);

documented('loading twice gives one module', async (context) => {
  const specifier = specifierOf(context.net);
  assert.strictEqual(require(specifier), require(specifier));
  assert.strictEqual(require(specifier), context.net);
});

documented('import gives the same functions by name and the module as default', async () => {
  const specifier = specifierOf(ours);
  const imported = await import(specifier.replace(/index\.js$/, 'index.mjs'));
  for (const name of ['Socket', 'Server', 'connect', 'createServer', 'isIP', 'BlockList']) {
    assert.strictEqual(imported[name], ours[name], name);
    assert.strictEqual(imported.default[name], ours[name], name);
  }
});

scenario(
  'a program that only loads the module ends by itself',
  async (context) =>
    runProgram(context, context.net, (net) => {
      console.log(typeof net.connect);
      process.on('exit', (code) => console.log('exit', code));
    }),
  { cross: false },
);

scenario(
  'a program that makes sockets and servers without using them ends by itself',
  async (context) =>
    runProgram(context, context.net, (net) => {
      const kept = [new net.Socket(), net.createServer(), new net.Socket({ allowHalfOpen: true })];
      process.on('exit', (code) => console.log('exit', code, kept.length));
    }),
  { cross: false },
);
