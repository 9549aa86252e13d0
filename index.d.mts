// The types of `index.mjs`: those of `index.js`, and the module itself as the default.

import * as net from './index.js';

export * from './index.js';
export default net;
