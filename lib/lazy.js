'use strict';

/**
 * Each loads a part that was put off.
 *
 * @type {(() => unknown)[]}
 */
const parts = [];

/**
 * Puts a part of the package off until it is asked for, so that a program which does without does not
 * load it.
 *
 * @template T
 * @param {() => T} load Loads the part
 * @returns {() => T} The part, loaded once
 */
function lazy(load) {
  /** @type {T | undefined} */
  let part;
  const get = () => (part ??= load());
  parts.push(get);
  return get;
}

/**
 * Loads all parts: a process that has run out of descriptors could not read their files any more.
 *
 * @returns {void}
 */
function loadAll() {
  // A part may put off others.
  for (let get = parts.shift(); get !== undefined; get = parts.shift()) get();
}

module.exports = { lazy, loadAll };
