'use strict';

/**
 * What `process.getActiveResourcesInfo()` and its like tell of sockets and servers. Node knows of its
 * own handles only, so these functions are replaced by such that add ours, from the first one on.
 *
 * Source: https://nodejs.org/api/process.html#processgetactiveresourcesinfo, and what built-in net does.
 */

/** @typedef {import('./handle').StreamHandle} StreamHandle */

/**
 * @callback Lister
 * @returns {StreamHandle[]} All handles that are open
 */

/**
 * The names that Node has for requests of a handle, and where the handle keeps them.
 *
 * @type {[name: string, find: (handle: StreamHandle) => object | null | undefined][]}
 */
const REQUESTS = [
  ['ConnectWrap', (handle) => handle.connectRequest],
  ['SimpleWriteWrap', (handle) => handle.pendingWrite?.request],
  ['SimpleShutdownWrap', (handle) => handle.shutdownRequest],
];

/**
 * @param {StreamHandle[]} handles
 * @returns {[name: string, request: object][]} What is under way
 */
function requestsOf(handles) {
  /** @type {[string, object][]} */
  const requests = [];
  for (const handle of handles) {
    for (const [name, find] of REQUESTS) {
      const request = find(handle);
      if (request) requests.push([name, request]);
    }
  }
  return requests;
}

/**
 * @param {StreamHandle[]} handles
 * @returns {StreamHandle[]} Those that count: as in Node, also such as do nothing
 */
function referenced(handles) {
  return handles.filter((handle) => handle.referenced);
}

/**
 * Puts functions that know of our handles in the place of Node's.
 *
 * @param {Lister} list Gives the handles
 */
function enable(list) {
  const owner = /** @type {any} */ (process);
  const add = (/** @type {string} */ name, /** @type {() => unknown[]} */ ours) => {
    const original = owner[name];
    const replacement = {
      /** @returns {unknown[]} */
      [name]() {
        return [...ours(), ...Reflect.apply(original, this, [])];
      },
    };
    owner[name] = replacement[name];
  };
  add('getActiveResourcesInfo', () => {
    const handles = list();
    const names = requestsOf(handles).map(([name]) => name);
    return [...names, ...referenced(handles).map((handle) => handle.resourceName)];
  });
  add('_getActiveHandles', () => referenced(list()).map((handle) => handle.owner ?? handle));
  add('_getActiveRequests', () => requestsOf(list()).map(([, request]) => request));
}

module.exports = { enable };
