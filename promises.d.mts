// The types of `promises.mjs`: those of `promises.js`, and the module itself as the default.

import * as promises from './promises.js';

export * from './promises.js';
export default promises;
