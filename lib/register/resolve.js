'use strict';

/** How `import` finds tokio-net for `net`: the resolve hook, wherever it runs. */

/**
 * Plain data: where hooks have a thread of their own, it is sent there.
 *
 * @typedef {object} Replacements
 * @property {string} net The URL of the file that stands for `net`
 * @property {string} own The URL of the folder whose files get the module that they ask for
 * @property {string} passing The URL of the folder in it whose files do not
 */

/**
 * @param {Replacements} replacements What stands for what
 * @returns {(specifier: string, context: any, nextResolve: Function) => any} The hook
 */
function createResolve({ net, own, passing }) {
  return function resolve(specifier, context, nextResolve) {
    if (specifier !== 'net' && specifier !== 'node:net') return nextResolve(specifier, context);
    const { conditions, parentURL } = context;
    // `require` is answered before a hook is asked; here it would get the namespace of an ES module.
    if (conditions?.includes('require')) return nextResolve(specifier, context);
    if (parentURL?.startsWith(own) && !parentURL.startsWith(passing)) {
      return nextResolve(specifier, context);
    }
    return { url: net, format: 'module', shortCircuit: true };
  };
}

module.exports = { createResolve };
