'use strict';

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
  return () => (part ??= load());
}

module.exports = { lazy };
