'use strict';

// Joins the files of `lib/` in a package that is about to be published: Node takes a third of a
// millisecond to find, read and compile a file, and a server needs twenty.
//
// Three files are left: `lib/main.js` has what is loaded with the package, `lib/client.js` what the first
// `connect()` loads, `lib/later.js` what only some programs ask for. To parse what is not needed takes
// longer than anything else of the loading. `lib/register/` stays as it is: its files are loaded by URL,
// and most programs do without.
//
// No bundler does this: V8 would read what is needed at once twice, as a bundler does not say that it is;
// it has no second file for CommonJS; and it may rename a function, whose name programs can see. Here the
// text of each file stays as it is, but for how it asks for another.

const fs = require('node:fs');
const path = require('node:path');

/** The file that loads all others. */
const MAIN = 'main.js';

/** What it has in it, with what that requires at once. */
const FIRST = [MAIN, 'net.js'];

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

/** What would mean something else in another file, unless a comment speaks of it. */
const OF_A_FILE = /(?<!`)\b(?:__dirname|__filename|require\.(?:cache|main|resolve))\b/;

/**
 * Gives the begin of `lib/main.js`: a loader as Node's, for what is in the joined files.
 *
 * @param {string[]} client What is in `lib/client.js`
 * @returns {string}
 */
const loader = (client) => `'use strict';

// Made of the files of lib/ in the sources: scripts/join.js.

/** Runs each file of the sources, by name. */
const files = Object.create(null);

/** Those that ${CLIENT} has. */
const client = new Set(${JSON.stringify(client)});

/** What was loaded of them. */
const loaded = Object.create(null);

/**
 * @param {string} name A file of the sources
 * @param {(exports: any, module: any) => void} run Runs it
 */
function define(name, run) {
  files[name] = run;
}

/**
 * @param {string} name A file of the sources
 * @returns {any} Its exports
 */
function ${LOAD}(name) {
  const known = loaded[name];
  if (known !== undefined) return known.exports;
  if (!(name in files)) {
    const more = client.has(name) ? require('./${CLIENT}') : require('./${LATER}');
    more(define, ${LOAD});
  }
  const module = { exports: {} };
  loaded[name] = module;
  let isWhole = false;
  try {
    files[name](module.exports, module);
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
  const begin = `function (exports, module) {\n${text}}`;
  return `\ndefine('${name}', ${atOnce ? `(${begin})` : begin});\n`;
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
  const text = fs.readFileSync(path.join(folder, name), 'utf8');
  const fail = (/** @type {string} */ what) => {
    throw new Error(`lib/${name} cannot be joined with others: ${what}`);
  };
  // One other character makes V8 keep two bytes for each.
  const [odd] = /[^\x00-\x7f]/.exec(text) ?? []; // eslint-disable-line no-control-regex -- ASCII
  if (odd !== undefined) fail(`it is not ASCII: ${odd}`);
  if (text.includes(LOAD)) fail(`it has a '${LOAD}' of its own`);
  if (name !== MAIN && OF_A_FILE.test(text)) fail(`it has '${OF_A_FILE.exec(text)?.[0]}'`);
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

  const first = withRequired(folder, FIRST);
  const client = withRequired(folder, OF_CLIENTS).filter((name) => !first.includes(name));
  const later = names.filter((name) => !first.includes(name) && !client.includes(name));
  const wrapAll = (/** @type {string[]} */ group, /** @type {boolean} */ atOnce) =>
    group.map((name) => wrap(name, String(texts.get(name)), atOnce)).join('');
  const more = (/** @type {string} */ text) =>
    `'use strict';\n\n// More of what is in ${MAIN}.\nmodule.exports = ((define, ${LOAD}) => {\n${text}});\n`;

  for (const name of names) fs.rmSync(path.join(folder, name));
  const main = `${loader(client)}${wrapAll(first, true)}\nmodule.exports = ${LOAD}('${MAIN}');\n`;
  fs.writeFileSync(path.join(folder, MAIN), main);
  fs.writeFileSync(path.join(folder, CLIENT), more(wrapAll(client, true)));
  fs.writeFileSync(path.join(folder, LATER), more(wrapAll(later, false)));
}

module.exports = { join };
