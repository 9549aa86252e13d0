'use strict';

module.exports = {
  // As it is: nothing here needs a compiler.
  transform: {},
  projects: [
    {
      displayName: 'mapped',
      transform: {},
      testMatch: ['<rootDir>/mapped*.spec.js'],
      moduleNameMapper: { '^(node:)?net$': 'tokio-net' },
    },
    { displayName: 'mocked', transform: {}, testMatch: ['<rootDir>/mocked*.spec.js'] },
    {
      displayName: 'faked from the start',
      transform: {},
      testMatch: ['<rootDir>/faked*.spec.js'],
      moduleNameMapper: { '^(node:)?net$': 'tokio-net' },
      fakeTimers: { enableGlobally: true },
    },
  ],
};
