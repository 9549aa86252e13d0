'use strict';

// Keeps V8's code of the joined files of `lib/` beside them, for the Node that runs this: to compile
// them takes longer than anything else of loading the package. Fails only where the package does not load.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');
const native = require('../binding.js');

/** The joined files whose code is kept. */
const JOINED = ['first.js', 'client.js', 'later.js'];

/** Milliseconds for a conversation, which takes a few. */
const PATIENCE = 2000;

/**
 * Compiles a joined file, and has `require` give what was compiled here.
 *
 * @param {string} filename
 * @returns {() => void} Keeps the code of what has run of it by then
 */
function compile(filename) {
  const text = /** @type {string} */ (native.scriptText(filename));
  const script = new Script(text, { filename });
  const module = new Module(filename);
  script.runInThisContext()(module);
  require.cache[filename] = module;
  return () => void native.keepCompiled(filename, text, script.createCachedData());
}

/** Has a client talk to a server, as most programs will: V8 compiles a function when it is called. */
function converse() {
  const net = require('../index.js');
  process.on('uncaughtException', () => process.exit());
  setTimeout(() => process.exit(), PATIENCE).unref();
  const server = net.createServer((socket) => {
    server.close();
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {net.AddressInfo} */ (server.address());
    const client = net.connect(port, '127.0.0.1', () => client.write('hello'));
    client.on('data', () => client.end());
  });
}

const files = JOINED.map((name) => path.join(__dirname, '..', 'lib', name));
const missing = files.filter((file) => fs.existsSync(file) && native.compiledScript(file) === null);
const keep = missing.map(compile);
process.on('exit', (status) => {
  if (status === 0) for (const keepOne of keep) keepOne();
});
converse();
