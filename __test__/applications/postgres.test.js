'use strict';

const { after, before, describe } = require('node:test');

const { compare } = require('./compare');
const { startPostgres } = require('./servers');

describe('PostgreSQL', () => {
  /** @type {Awaited<ReturnType<typeof startPostgres>>} */
  let postgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.stop());

  const { port, host } = { port: () => postgres.port, host: () => postgres.host };
  compare('pg', 'postgres', () => ({ port: port(), host: '127.0.0.1', ssl: false }));
  compare('pg, TLS', 'postgres', () => ({ port: port(), host: '127.0.0.1', ssl: true }));
  compare('pg, Unix socket', 'postgres', () => ({ port: port(), host: host(), ssl: false }));
});
