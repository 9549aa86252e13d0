'use strict';

module.exports = { transform: {}, moduleNameMapper: { '^(node:)?net$': 'tokio-net' } };
