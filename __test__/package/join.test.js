'use strict';

// scripts/join.js: what it makes of the sources does what they do.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { join } = require('../../scripts/join');

const ROOT = path.join(__dirname, '..', '..');

/**
 * Makes a folder that is gone when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @returns {string}
 */
function makeFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-join-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Files that have to be there. */
const FILES = {
  ...Object.fromEntries(
    ['main', 'net', 'connect', 'error_codes', 'flags', 'pump', 'takeover'].map((name) => [
      `${name}.js`,
      '',
    ]),
  ),
  'native.js': 'exports.compiledScript = () => null;',
};

/**
 * Makes a package of some files.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} files The text of those in `lib/` that are to be others
 * @returns {string} Its folder
 */
function makePackage(t, files) {
  const folder = makeFolder(t);
  fs.mkdirSync(path.join(folder, 'lib', 'register'), { recursive: true });
  for (const [name, text] of Object.entries({ ...FILES, ...files })) {
    fs.writeFileSync(path.join(folder, 'lib', name), `'use strict';\n${text}\n`);
  }
  return folder;
}

/**
 * Makes a copy of this package, with its files joined.
 *
 * @param {import('node:test').TestContext} t
 * @returns {string} Its folder
 */
function joinCopy(t) {
  const folder = makeFolder(t);
  for (const name of fs.readdirSync(ROOT)) {
    if (/^lib$|\.m?js$|\.node$|^package\.json$/.test(name)) {
      fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
    }
  }
  join(folder);
  return folder;
}

/**
 * Runs a program in a process of its own.
 *
 * @param {(...args: any[]) => unknown} program Prints what it has seen
 * @param {...string} args For it
 * @returns {string} What it printed
 */
function runProgram(program, ...args) {
  const text = `(${program})(...${JSON.stringify(args)})`;
  return execFileSync(process.execPath, ['-e', text], { encoding: 'utf8' });
}

/**
 * Prints what a program can see of a package: everything that its entries lead to, with the
 * properties, names and lengths.
 *
 * @param {string} root The package's folder
 */
function printSurface(root) {
  const path = require('node:path');
  const lines = [];
  const seen = new Set([Object.prototype, Function.prototype, process, globalThis]);
  const walk = (owner, way) => {
    const isObject = (typeof owner === 'object' && owner !== null) || typeof owner === 'function';
    if (!isObject) return lines.push(`${way} ${typeof owner} ${String(owner)}`);
    if (seen.has(owner)) return lines.push(`${way} again`);
    seen.add(owner);
    for (const key of Reflect.ownKeys(owner)) {
      const here = `${way}.${String(key)}`;
      // An export that is loaded later.
      const exported = way === 'index' ? owner[key] : undefined;
      const { value, get, set, ...rest } = Object.getOwnPropertyDescriptor(owner, key);
      lines.push(`${here} ${Object.values(rest)}`);
      // What Node's classes have is the same in any case.
      if (key === 'constructor') continue;
      for (const each of [exported, value, get, set]) if (each !== undefined) walk(each, here);
    }
  };
  for (const entry of ['index', 'promises', 'http']) walk(require(path.join(root, entry)), entry);
  console.log(lines.join('\n'));
}

test('what can be seen of it is what can be seen of the sources', (t) => {
  const sources = runProgram(printSurface, ROOT);
  assert.match(sources, /^index\.Socket\.prototype\.setTimeout\.name /m);
  assert.match(sources, /^index\.BlockList\.prototype\.check\.length /m);
  assert.strictEqual(runProgram(printSurface, joinCopy(t)), sources);
});

test('errors come from functions of the same names, in files that are there', (t) => {
  const print = (/** @type {string} */ root) => {
    const net = require(root);
    try {
      net.connect({ port: -1 });
    } catch (error) {
      const frames = error.stack.split('\n').filter((line) => line.includes(root));
      const read = (/** @type {string} */ file) => require('node:fs').readFileSync(file, 'utf8');
      for (const frame of frames) {
        const [, name, file, line, column] = /at (.*) \((.*):(\d+):(\d+)\)/.exec(frame);
        const text = read(file).split('\n')[Number(line) - 1];
        console.log(name, text.slice(Number(column) - 1));
      }
    }
  };
  const sources = runProgram(print, ROOT);
  assert.match(sources, /^(?:\S.*\n){3}/);
  assert.strictEqual(runProgram(print, joinCopy(t)), sources);
});

test('all entries have one instance, also when the cache was emptied or another context asks', (t) => {
  const printed = runProgram((root) => {
    const vm = require('node:vm');
    const fs = require('node:fs');
    const path = require('node:path');
    const from = (name) => require(path.join(root, name));
    const net = from('index.js');
    console.log(from('promises.js') === net.promises);
    for (const file of Object.keys(require.cache)) delete require.cache[file];
    console.log(from('index.js') === net, from('promises.js') === net.promises);
    // What is first loaded now is of the same instance, too.
    const server = net.createServer();
    console.log(from('http.js').serve(server) === server);

    const context = vm.createContext();
    const load = (file) => {
      const names = 'module, exports, require, __filename, __dirname';
      const text = `(function (${names}) {${fs.readFileSync(file)}\n})`;
      const module = { exports: {} };
      const ask = (name) =>
        name.startsWith('.') ? load(path.resolve(file, '..', name)) : require(name);
      const folder = path.dirname(file);
      vm.runInContext(text, context)(module, module.exports, ask, file, folder);
      return module.exports;
    };
    console.log(load(path.join(root, 'index.js')) === net);
    console.log(load(path.join(root, 'http.js')) === from('http.js'));
  }, joinCopy(t));
  assert.strictEqual(printed, 'true\ntrue true\ntrue\ntrue\ntrue\n');
});

test('what is loaded with it is in one file, what clients need in another, the rest in a third', (t) => {
  const folder = makePackage(t, {
    'main.js': `const { net } = require('./net.js');\nmodule.exports = { net };`,
    'net.js': `const {\n  a,\n} = require('./a.js');
      exports.net = { a, connect: () => require('./connect.js'), rest: () => require('./rest.js') };`,
    'a.js': `exports.a = 'a';`,
    'b.js': `const { a } = require('./a.js');\nexports.b = ['b', a];`,
    'connect.js': `const { b } = require('./b.js');\nexports.c = ['c', b];`,
    'rest.js': `const { c } = require('./connect.js');\nexports.rest = ['rest', c];`,
  });
  join(folder);
  const lib = path.join(folder, 'lib');
  const names = ['client.js', 'first.js', 'later.js', 'main.js', 'register'];
  assert.deepStrictEqual(fs.readdirSync(lib), names);
  const isRead = (/** @type {string} */ name) => path.join(lib, name) in require.cache;
  const { net } = require(path.join(lib, 'main.js'));
  assert.strictEqual(net.a, 'a');
  assert.ok(isRead('first.js'));
  assert.deepStrictEqual([isRead('client.js'), isRead('later.js')], [false, false]);
  assert.deepStrictEqual(net.connect(), { c: ['c', ['b', 'a']] });
  assert.strictEqual(net.connect(), net.connect());
  assert.deepStrictEqual([isRead('client.js'), isRead('later.js')], [true, false]);
  assert.deepStrictEqual(net.rest(), { rest: ['rest', ['c', ['b', 'a']]] });
  assert.deepStrictEqual([isRead('client.js'), isRead('later.js')], [true, true]);
});

test('a file that threw is loaded again, one that is being loaded is given as it is', (t) => {
  const folder = makePackage(t, {
    'main.js': `const net = require('./net.js');\nexports.net = net;`,
    'net.js': `exports.early = true;\nexports.ask = () => require('./a.js');`,
    'a.js': `exports.a = 1;\nexports.b = require('./b.js').seen;`,
    'b.js': `globalThis.joined = (globalThis.joined ?? 0) + 1;\nif (globalThis.joined === 1) throw new Error('once');\nexports.seen = { ...require('./a.js') };`,
  });
  join(folder);
  t.after(() => delete (/** @type {any} */ (globalThis).joined));
  const { net } = require(path.join(folder, 'lib', 'main.js'));
  assert.throws(() => net.ask(), /^Error: once$/);
  assert.deepStrictEqual(net.ask(), { a: 1, b: { a: 1 } });
});

test('comments are left out, and nothing that looks like one', (t) => {
  const folder = makePackage(t, {
    'main.js': [
      '/** Here is `__dirname`. … */',
      '// And require.main.',
      'exports.url = () => "http://a"; // all of it',
      'exports.pattern = /\\/\\*[/*]/; /* and it */ exports.text = `//${/* but this */ 1}/* */`;',
      '',
      '/* the end */',
    ].join('\n'),
  });
  join(folder);
  const { url, pattern, text } = require(path.join(folder, 'lib', 'main.js'));
  assert.deepStrictEqual([url(), pattern.source, text], ['http://a', '\\/\\*[/*]', '//1/* */']);
  const joined = fs.readFileSync(path.join(folder, 'lib', 'first.js'), 'utf8');
  const [, body] = /\n'use strict';\n(.*?)\}\)\);/s.exec(joined.slice(joined.indexOf('main.js')));
  assert.strictEqual(
    body,
    'exports.url = () => "http://a";\n' +
      'exports.pattern = /\\/\\*[/*]/;  exports.text = `//${ 1}/* */`;\n',
  );
});

test('a file of lib/register/ that asks for one that is joined ends it', (t) => {
  const folder = makePackage(t, { 'register/a.js': "require('../main.js');" });
  join(folder);
  const wrong = makePackage(t, { 'register/a.js': "require('../net.js');" });
  assert.throws(() => join(wrong), {
    message: 'lib/register/a.js names ../net.js, which is joined',
  });
});

for (const [what, text, message] of [
  ['speaks of its place', 'exports.place = __dirname;', /'__dirname'/],
  ['asks for a file that is not there', "require('./none.js');", /there is no \.\/none\.js/],
  ['is not ASCII', "exports.a = '…';", /not ASCII/],
  ['has the name that stands for require', 'const loadPart = 1;', /'loadPart' of its own/],
]) {
  test(`a file that ${what} is not joined`, (t) => {
    const folder = makePackage(t, { 'odd.js': String(text) });
    const lib = path.join(folder, 'lib');
    const files = fs.readdirSync(lib);
    assert.throws(
      () => join(folder),
      (/** @type {Error} */ error) => {
        assert.match(error.message, /^lib\/odd\.js cannot be joined with others: /);
        assert.match(error.message, /** @type {RegExp} */ (message));
        return true;
      },
    );
    assert.deepStrictEqual(fs.readdirSync(lib), files);
  });
}
