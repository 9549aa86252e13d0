'use strict';

const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { Client, Pool } = require('pg');
const copy = require('pg-copy-streams');

const { digest, noise, program } = require('../program');

program(async ({ port, host, ssl }) => {
  const results = [];
  const options = {
    port,
    host,
    user: 'tester',
    database: 'postgres',
    ssl: ssl ? { rejectUnauthorized: false } : false,
  };
  const client = new Client(options);
  await client.connect();
  const query = async (...args) => (await client.query(...args)).rows;
  results.push(await query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'));
  results.push(await query('SELECT $1::int AS a, $2::text AS b', [1, 'ü']));
  results.push(await query('SELECT nonsense').catch(({ code, message }) => [code, message]));
  const bytes = await query('SELECT $1::bytea AS all', [noise(4 << 20)]);
  results.push(digest(bytes[0].all));

  await client.query('CREATE TEMP TABLE lines (number int, text text)');
  const lines = Readable.from(
    (function* make() {
      for (let i = 0; i < 50_000; i++) yield `${i}\tline number ${i}\n`;
    })(),
  );
  await pipeline(lines, client.query(copy.from('COPY lines FROM STDIN')));
  results.push(await query('SELECT count(*), sum(number) FROM lines'));
  const chunks = [];
  const out = client.query(copy.to('COPY (SELECT * FROM lines ORDER BY number) TO STDOUT'));
  for await (const chunk of out) chunks.push(chunk);
  results.push(digest(Buffer.concat(chunks)));

  const pool = new Pool({ ...options, max: 50 });
  const clients = await Promise.all(Array.from({ length: 50 }, () => pool.connect()));
  const answers = await Promise.all(
    clients.map((each, i) => each.query('SELECT $1::int AS i, pg_backend_pid() AS pid', [i])),
  );
  results.push(new Set(answers.map(({ rows }) => rows[0].pid)).size);
  results.push(answers.map(({ rows }) => rows[0].i));
  for (const each of clients) each.release();
  const parallel = await Promise.all(
    Array.from({ length: 500 }, (_, i) => pool.query('SELECT $1::int AS i', [i])),
  );
  results.push(parallel.map(({ rows }) => rows[0].i));

  const [{ pid }] = await query('SELECT pg_backend_pid() AS pid');
  const sleeping = query('SELECT pg_sleep(60)').catch(({ code, message }) => [code, message]);
  // It may not have arrived yet.
  const cancel = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE pid = $1 AND state = 'active' AND query = 'SELECT pg_sleep(60)'`;
  while ((await pool.query(cancel, [pid])).rowCount === 0);
  results.push(await sleeping, await query('SELECT 1 AS alive'));

  // Over TLS there are two.
  const ended = new Promise((resolve) => client.on('error', resolve));
  await pool.query('SELECT pg_terminate_backend($1)', [pid]);
  const { code, message } = await ended;
  results.push([code, message]);
  await client.end();
  await pool.end();
  return results;
});
