'use strict';

const { shortForm } = require('./short');

shortForm('exits');
