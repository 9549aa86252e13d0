// The same module for `import`: one object, under its names and as the default.

import http from './http.js';

export const { serve, useForRequests } = http;

export default http;
