'use strict';

// Keeps V8's code of the joined files of `lib/` beside them, for the Node that runs this: to compile
// them takes longer than anything else of loading the package. Fails only where the package does not load.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');
const native = require('../binding.js');

/** The joined files are there, and what loads them. */
const LIB = path.join(__dirname, '..', 'lib');
const LOADER = 'main.js';

/** Milliseconds for a conversation, which takes a few. */
const PATIENCE = 2000;

/**
 * Compiles a joined file, and has `require` give what was compiled here.
 *
 * @param {string} filename
 * @param {string} text
 * @returns {() => void} Keeps the code of what has run of it by then
 */
function compile(filename, text) {
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

/** @type {(() => void)[]} */
const keepers = [];
for (const name of fs.readdirSync(LIB)) {
  if (!name.endsWith('.js') || name === LOADER) continue;
  const file = path.join(LIB, name);
  // None where somebody has put something there that is not ASCII: that is compiled by each process.
  const text = native.scriptText(file);
  if (text !== null && native.compiledScript(file) === null) keepers.push(compile(file, text));
}
process.on('exit', (status) => {
  if (status === 0) for (const keep of keepers) keep();
});
converse();
