'use strict';

let warned = false;

/**
 * `net._setSimultaneousAccepts()`: it did something on old Windows only.
 *
 * Source: https://nodejs.org/api/deprecations.html#dep0121-net_setsimultaneousaccepts
 */
function _setSimultaneousAccepts() {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'net._setSimultaneousAccepts() is deprecated and will be removed.',
    'DeprecationWarning',
    'DEP0121',
  );
}

module.exports = { _setSimultaneousAccepts };
