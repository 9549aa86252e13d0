// The types of `http.mjs`: those of `http.js`, and the module itself as the default.

import * as http from './http.js';

export * from './http.js';
export default http;
