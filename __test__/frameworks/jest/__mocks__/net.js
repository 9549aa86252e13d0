'use strict';

module.exports = require('tokio-net');
