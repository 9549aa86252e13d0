// The same module for `import`: one object, under its names and as the default.

import promises from './promises.js';

export const { connect, listen } = promises;

export default promises;
