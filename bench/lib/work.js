'use strict';

/**
 * A stand-in for what an application does with a message: a fixed amount of arithmetic, not a fixed
 * time, so that a thread that is kept waiting does not get its work done for free.
 *
 * @param {number} iterations
 * @returns {number}
 */
function work(iterations) {
  let state = 1;
  for (let i = 0; i < iterations; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state;
}

module.exports = { work };
