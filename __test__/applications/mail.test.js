'use strict';

const { compare } = require('./compare');

compare('nodemailer to smtp-server, with STARTTLS', 'mail');
