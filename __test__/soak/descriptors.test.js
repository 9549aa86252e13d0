'use strict';

const { shortForm } = require('./short');

shortForm('descriptors', { compared: true });
