'use strict';

const { shortForm } = require('./short');

shortForm('leaks-tcp');
shortForm('leaks-unix');
shortForm('collected');
