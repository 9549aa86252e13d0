// The resolve hook for the thread that runs hooks, on a Node where that is not the program's own.

import { createResolve } from './resolve.js';

/** @type {ReturnType<typeof createResolve>} */
let hook;

/** @param {import('./resolve.js').Replacements} replacements What stands for what */
export function initialize(replacements) {
  hook = createResolve(replacements);
}

/**
 * @param {string} specifier What is imported
 * @param {any} context By whom, and how
 * @param {Function} nextResolve Who else may know
 * @returns {any} Where it is
 */
export function resolve(specifier, context, nextResolve) {
  return hook(specifier, context, nextResolve);
}
