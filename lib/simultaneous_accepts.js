'use strict';

const { deprecate } = require('node:util');

/**
 * `net._setSimultaneousAccepts()`: it did something on old Windows only.
 *
 * Source: https://nodejs.org/api/deprecations.html#dep0121-net_setsimultaneousaccepts
 */
const setSimultaneousAccepts = deprecate(
  function _setSimultaneousAccepts() {},
  'net._setSimultaneousAccepts() is deprecated and will be removed.',
  'DEP0121',
);

module.exports = { setSimultaneousAccepts };
