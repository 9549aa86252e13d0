'use strict';

/**
 * The parts of the package that its entry points need, each loaded when it is asked for.
 *
 * Where npm installs the package, this file has in it all that a server loads, and two others have the
 * rest of this folder (`scripts/join.js`).
 */

const { once } = require('./realm.js');

/** What a thread has of the package, also after `require.cache` has been emptied. */
class Parts {
  /** @type {Record<string, any>} */
  #loaded = {};

  get agents() {
    return (this.#loaded.agents ??= require('./agents.js'));
  }

  get childProcess() {
    return (this.#loaded.childProcess ??= require('./child_process.js'));
  }

  get http() {
    return (this.#loaded.http ??= require('./http.js'));
  }

  get net() {
    return (this.#loaded.net ??= require('./net.js'));
  }

  get sharedMethods() {
    return (this.#loaded.sharedMethods ??= require('./shared_methods.js'));
  }
}

module.exports = once(__filename, () => new Parts());
