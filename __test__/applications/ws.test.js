'use strict';

const { compare } = require('./compare');

compare('ws, client and server', 'ws');
