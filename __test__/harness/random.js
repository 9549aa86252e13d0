'use strict';

/**
 * @param {number} seed Where the sequence starts
 * @returns {(limit: number) => number} Whole numbers from 0 up to the limit
 */
function random(seed) {
  let state = Math.imul(seed + 0x9e3779b9, 2654435761) >>> 0 || 1;
  const next = (/** @type {number} */ limit) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
  for (let i = 0; i < 4; i++) next(2);
  return next;
}

module.exports = { random };
