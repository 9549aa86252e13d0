'use strict';

const { shortForm } = require('./short');

shortForm('idle');
shortForm('slowloris');
shortForm('slow-reader');
shortForm('never-reads');
shortForm('burst');
