'use strict';

/**
 * The command-line flags that the running Node was started with. A worker thread sees its own:
 * `process.execArgv` and `process.env.NODE_OPTIONS` of a worker are what it was started with.
 *
 * Source: https://nodejs.org/api/cli.html#node_optionsoptions
 */

/**
 * Splits `NODE_OPTIONS`: at spaces, except within double quotes, where a backslash keeps the
 * character behind it.
 *
 * @param {string} text
 * @returns {string[]}
 */
function splitNodeOptions(text) {
  const words = [];
  let word = '';
  let started = false;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    let char = text[i];
    if (char === '"') {
      quoted = !quoted;
      started = true;
      continue;
    }
    if (char === ' ' && !quoted) {
      if (started) words.push(word);
      word = '';
      started = false;
      continue;
    }
    if (char === '\\' && quoted && i + 1 < text.length) char = text[++i];
    word += char;
    started = true;
  }
  if (started) words.push(word);
  return words;
}

/**
 * @returns {string[]} The words of `NODE_OPTIONS` and of the command line, which counts more and
 *   so comes last, without the script and its arguments
 */
function readFlags() {
  const { NODE_OPTIONS } = process.env;
  return [...(NODE_OPTIONS ? splitNodeOptions(NODE_OPTIONS) : []), ...process.execArgv];
}

/**
 * Looks up a flag that is on or off. The last word for it wins.
 *
 * @param {readonly string[]} names Its spellings with dashes, without "--" and without "no-"
 * @param {boolean} initial What holds without a flag
 * @returns {boolean}
 */
function booleanFlag(names, initial) {
  let value = initial;
  for (const word of readFlags()) {
    const flag = dashed(word);
    if (names.some((name) => flag === `--${name}`)) value = true;
    else if (names.some((name) => flag === `--no-${name}`)) value = false;
  }
  return value;
}

/**
 * Looks up a flag that has a value, as "--name=value" or "--name value". The last one wins.
 *
 * @param {string} name With dashes, without "--"
 * @returns {string | undefined}
 */
function valueFlag(name) {
  const flag = `--${name}`;
  const words = readFlags();
  let value;
  for (let i = 0; i < words.length; i++) {
    const equals = words[i].indexOf('=');
    if (equals === -1) {
      if (dashed(words[i]) === flag) value = words[++i];
    } else if (dashed(words[i].slice(0, equals)) === flag) {
      value = words[i].slice(equals + 1);
    }
  }
  return value;
}

/**
 * @param {string} word
 * @returns {string} The same with dashes for underscores, which Node takes to be the same
 */
function dashed(word) {
  return word.replaceAll('_', '-');
}

module.exports = { booleanFlag, splitNodeOptions, valueFlag };
