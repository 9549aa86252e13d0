'use strict';

const { isBuiltin } = require('node:module');
const path = require('node:path');
const { parseArgs } = require('node:util');

const ROOT = path.join(__dirname, '..', '..');

/**
 * Loads what is under test: `tokio-net` is this checkout, anything else is required as it is.
 *
 * @param {string} name
 * @returns {typeof import('node:net')}
 */
function loadModule(name) {
  return require(folderOf(name) ?? name);
}

/**
 * @param {string} name As {@link loadModule} takes it
 * @returns {string | null} The folder of the package; null where it is built-in `net`.
 */
function folderOf(name) {
  if (name === 'tokio-net') return ROOT;
  return isBuiltin(name) ? null : path.dirname(require.resolve(name));
}

/**
 * The options of a program of the benchmark: `--name value`, each a string with a default.
 *
 * @param {Record<string, string>} defaults
 * @returns {Record<string, string>}
 */
function options(defaults) {
  /** @type {Record<string, { type: 'string', default: string }>} */
  const known = {};
  for (const [name, value] of Object.entries(defaults)) {
    known[name] = { type: 'string', default: value };
  }
  return /** @type {Record<string, string>} */ (parseArgs({ options: known }).values);
}

module.exports = { ROOT, folderOf, loadModule, options };
