'use strict';

const assert = require('node:assert');
const path = require('node:path');

const { documented, ours, scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');
const { runProgram } = require('../lifetime/program');

/** What test frameworks do to the process, and what built-in net makes of it. */

scenario(
  'stand-ins for timers stand still for sockets',
  async (context) =>
    runProgram(
      context,
      context.net,
      async (net) => {
        const { once } = require('node:events');
        const { mock } = require('node:test');
        mock.timers.enable();
        const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const socket = net.connect(server.address().port, '127.0.0.1');
        await once(socket, 'connect');
        let count = 0;
        socket.setTimeout(20, () => count++);
        mock.timers.tick(60_000);
        console.log('after the ticks', count);
        await once(socket, 'timeout');
        console.log('by itself', count);
        // Destroyed before it has a descriptor: its end is not an event of the system's.
        const early = net.connect(server.address().port, '127.0.0.1').destroy();
        await once(early, 'close');
        socket.destroy();
        await once(socket, 'close');
        server.close(() => console.log('closed'));
      },
      { flags: ['--no-warnings'] },
    ),
  { cross: false },
);

scenario(
  'stand-ins for timers that were there before the module was',
  async (context) =>
    runProgram(
      context,
      require('node:net'),
      async (net, specifier) => {
        const { once } = require('node:events');
        const { mock } = require('node:test');
        mock.timers.enable();
        const loaded = require(specifier);
        const early = new loaded.Socket();
        early.connect(1, '127.0.0.1').destroy();
        await once(early, 'close');
        const server = loaded.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const socket = loaded.connect(server.address().port, '127.0.0.1');
        await once(socket, 'connect');
        let count = 0;
        socket.setTimeout(20, () => count++);
        mock.timers.tick(60_000);
        socket.setTimeout(0);
        socket.setTimeout(20);
        await once(socket, 'timeout');
        console.log('by itself', count);
        socket.destroy();
        await once(socket, 'close');
        server.close(() => console.log('closed'));
      },
      { flags: ['--no-warnings'], args: [specifierOf(context.net)] },
    ),
  { cross: false },
);

documented('there is one module, also where the cache was emptied', async (context) => {
  const specifier = specifierOf(context.net);
  const kept = { ...require.cache };
  for (const file of Object.keys(require.cache)) delete require.cache[file];
  try {
    assert.strictEqual(require(specifier), context.net);
  } finally {
    Object.assign(require.cache, kept);
  }
});

documented('a context that loads the module by itself gets that of the main context', async () => {
  const { readFileSync } = require('node:fs');
  const vm = require('node:vm');
  const specifier = specifierOf(ours);
  if (specifier === 'node:net') return;
  const context = vm.createContext();

  /**
   * Loads a file into the context, as test frameworks do.
   *
   * @param {string} file Its path
   * @returns {any} Its exports
   */
  function load(file) {
    const source = `(function (module, require, __filename) { ${readFileSync(file, 'utf8')}\n})`;
    const module = { exports: {} };
    const resolve = (name) =>
      name.startsWith('.') ? load(require.resolve(path.resolve(file, '..', name))) : require(name);
    vm.runInContext(source, context)(module, resolve, file);
    return module.exports;
  }

  assert.strictEqual(load(specifier), ours);
  assert.strictEqual(load(path.join(specifier, '..', 'promises.js')), ours.promises);
});
