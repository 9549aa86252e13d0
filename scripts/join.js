'use strict';

// Joins the files of `lib/` in a package that is about to be published: Node takes a third of a
// millisecond to find, read and compile a file, and a server needs twenty.
//
// Four files are left: `lib/main.js` loads the others, `lib/first.js` has what is loaded with the package,
// `lib/client.js` what the first `connect()` loads, `lib/later.js` what only some programs ask for. To
// compile what is not needed takes longer than anything else of the loading; V8's code of all but the
// first is kept beside them where the package is installed (`scripts/compile.js`). `lib/register/` stays
// as it is: its files are loaded by URL, and most programs do without.
//
// No bundler does this: V8 would read what is needed at once twice, as a bundler does not say that it is;
// it has no second file for CommonJS; and it may rename a function, whose name programs can see. Here the
// text of each file stays as it is, but for how it asks for another, and without comments: nearly half of
// it, which each process would read.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

/** The file that loads all others. */
const MAIN = 'main.js';

/** What reads the joined files, and so is in that one, too. */
const NATIVE = 'native.js';

/** The file for what is loaded at once. */
const FIRST = 'first.js';

/** What it has in it, with what that requires at once. */
const AT_ONCE = [MAIN, 'net.js'];

/** The file for what clients need, too. */
const CLIENT = 'client.js';

/** What it has in it, with what that requires at once: what `connect()` loads. */
const OF_CLIENTS = ['connect.js', 'error_codes.js', 'flags.js', 'pump.js', 'takeover.js'];

/** The file for the rest. */
const LATER = 'later.js';

/** Stands for `require` where a file asks for another one of `lib/`. */
const LOAD = 'loadPart';

/** Where a file asks for another by its place. */
const REQUIRE = /\brequire\('(\.[^']*)'\)/g;

/** The same where that is done at once, when the file is loaded. */
const REQUIRE_AT_ONCE = /^(?:const .*|\}) = require\('\.\/([^']*)'\)/gm;

/** What would mean something else in another file. */
const OF_A_FILE = /\b(?:__dirname|__filename|require\.(?:cache|main|resolve))\b/;

/**
 * Gives the begin of `lib/main.js`: a loader as Node's, for what is in the joined files.
 *
 * @param {[file: string, names: string[]][]} places What is in which file
 * @returns {string}
 */
const loader = (places) => `'use strict';

// Made of the files of lib/ in the sources: scripts/join.js.

const { Script } = require('node:vm');

/** Runs each file of the sources, by name. */
const files = Object.create(null);

/** What was loaded of them. */
const loaded = Object.create(null);

/** The joined file that has it. */
const places = new Map();
${places
  .map(
    ([file, names]) =>
      `for (const name of ${JSON.stringify(names)}) places.set(name, '${file}');\n`,
  )
  .join('')}
/** Reads each as Node reads any other. */
const readers = {
${places.map(([file]) => `  '${file}': () => require('./${file}'),\n`).join('')}};

/**
 * @param {string} name A file of the sources
 * @param {(exports: any, module: any, require: any, __filename: string) => void} run Runs it
 */
function define(name, run) {
  files[name] = run;
}

/**
 * @param {string} file A joined file
 * @returns {any} Its exports
 */
function readJoined(file) {
  // Code is kept of the main context, as realm.js has it: Node's own modules are of that one.
  if (!(Script instanceof Function)) return readers[file]();
  const filename = __dirname + '/' + file;
  const compiled = ${LOAD}('${NATIVE}').compiledScript(filename);
  if (compiled === null) return readers[file]();
  const script = new Script(compiled.text, { filename, cachedData: compiled.code });
  const module = { exports: {} };
  script.runInThisContext()(module);
  return module.exports;
}

/**
 * @param {string} name A file of the sources
 * @returns {any} Its exports
 */
function ${LOAD}(name) {
  const known = loaded[name];
  if (known !== undefined) return known.exports;
  if (!(name in files)) readJoined(places.get(name))(define, ${LOAD});
  const module = { exports: {} };
  loaded[name] = module;
  let isWhole = false;
  try {
    files[name](module.exports, module, require, __filename);
    isWhole = true;
  } finally {
    if (!isWhole) delete loaded[name];
  }
  return module.exports;
}
`;

/**
 * Makes a function of a file. One in parentheses is compiled at once; V8 would else pass over it first, and
 * compile it when it is called right afterwards. As the property of an object it would be in the names
 * that a stack trace has for methods.
 *
 * @param {string} name The file's
 * @param {string} text What is in it
 * @param {boolean} atOnce Whether it is called at once
 * @returns {string}
 */
function wrap(name, text, atOnce) {
  const begin = `function (exports, module, require, __filename) {\n${text}}`;
  return `\ndefine('${name}', ${atOnce ? `(${begin})` : begin});\n`;
}

/**
 * Leaves comments out, and empty lines.
 *
 * @param {string} text Of a file
 * @returns {string}
 */
function withoutComments(text) {
  const file = ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest);
  /** @type {(node: import('typescript').Node) => string} */
  const textOf = (node) => {
    if (ts.isJSDoc(node)) return '';
    const within = node.getChildren(file);
    if (within.length > 0) return within.map(textOf).join('');
    const gap = text.slice(node.getFullStart(), node.getStart(file));
    const space = gap.replace(/\/\*[^]*?\*\/|\/\/.*/g, '').replace(/\s+(?=\n)/g, '');
    return space + node.getText(file);
  };
  return textOf(file);
}

/**
 * Reads a file as it is to be in another.
 *
 * @param {string} folder `lib/`
 * @param {string} name The file's
 * @returns {string} Its text
 * @throws {Error} When it would not do the same there
 */
function read(folder, name) {
  const text = withoutComments(fs.readFileSync(path.join(folder, name), 'utf8'));
  const fail = (/** @type {string} */ what) => {
    throw new Error(`lib/${name} cannot be joined with others: ${what}`);
  };
  // One other character makes V8 keep two bytes for each.
  const [odd] = /[^\x00-\x7f]/.exec(text) ?? []; // eslint-disable-line no-control-regex -- ASCII
  if (odd !== undefined) fail(`it is not ASCII: ${odd}`);
  if (text.includes(LOAD)) fail(`it has a '${LOAD}' of its own`);
  if (name !== MAIN && name !== NATIVE && OF_A_FILE.test(text))
    fail(`it has '${OF_A_FILE.exec(text)?.[0]}'`);
  return text.replace(REQUIRE, (whole, specifier) => {
    // What is not in this folder is as far from the joined files.
    if (specifier.startsWith('../')) return whole;
    const other = specifier.slice('./'.length);
    if (!fs.existsSync(path.join(folder, other))) fail(`there is no ${specifier}`);
    return `${LOAD}('${other}')`;
  });
}

/**
 * Finds what is loaded with some files.
 *
 * @param {string} folder `lib/`
 * @param {string[]} names The files'
 * @returns {string[]} They, and those that they require at once
 */
function withRequired(folder, names) {
  const found = new Set(names);
  for (const name of found) {
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    for (const [, other] of text.matchAll(REQUIRE_AT_ONCE)) found.add(other);
  }
  return [...found];
}

/**
 * Checks a folder whose files stay as they are: of what is joined, they find `lib/main.js` only.
 *
 * @param {string} folder Within `lib/`
 * @throws {Error} When one names another file
 */
function check(folder) {
  for (const name of fs.readdirSync(folder)) {
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    for (const [, specifier] of text.matchAll(/'(\.\.\/[^']+)'/g)) {
      if (specifier === `../${MAIN}`) continue;
      throw new Error(`lib/${path.basename(folder)}/${name} names ${specifier}, which is joined`);
    }
  }
}

/**
 * Joins the files of a package.
 *
 * @param {string} root The package's folder
 */
function join(root) {
  const folder = path.join(root, 'lib');
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.js'));
  check(path.join(folder, 'register'));
  const texts = new Map(names.map((name) => [name, read(folder, name)]));

  const first = withRequired(folder, AT_ONCE).filter((name) => name !== NATIVE);
  const client = withRequired(folder, OF_CLIENTS).filter((name) => !first.includes(name));
  const apart = [...first, ...client, NATIVE];
  const later = names.filter((name) => !apart.includes(name));
  const wrapAll = (/** @type {string[]} */ group, /** @type {boolean} */ atOnce) =>
    group.map((name) => wrap(name, String(texts.get(name)), atOnce)).join('');
  for (const name of names) fs.rmSync(path.join(folder, name));
  /** @type {[file: string, names: string[], atOnce: boolean][]} */
  const groups = [
    [FIRST, first, true],
    [CLIENT, client, true],
    [LATER, later, false],
  ];
  for (const [file, group, atOnce] of groups) {
    // Assigned in one step it would be in the names that a stack trace has for functions in it.
    const text = `const run = ((define, ${LOAD}) => {\n${wrapAll(group, atOnce)}});\nmodule.exports = run;\n`;
    fs.writeFileSync(path.join(folder, file), `'use strict';\n\n// Read by ${MAIN}.\n${text}`);
  }
  const begin = loader(groups.map(([file, group]) => [file, group]));
  const native = wrapAll([NATIVE], true);
  const main = `${begin}${native}\nmodule.exports = ${LOAD}('${MAIN}');\n`;
  fs.writeFileSync(path.join(folder, MAIN), main);
}

module.exports = { join };
