'use strict';

const { RESP_TYPES, createClient } = require('@redis/client');

const { ask, digest, noise, program } = require('../program');

program(async ({ port, path }) => {
  const results = [];
  for (const where of [{ port, host: '127.0.0.1' }, { path }]) {
    const client = createClient({ socket: { ...where, reconnectStrategy: () => 50 } });
    const errors = [];
    client.on('error', ({ constructor }) => errors.push(constructor.name));
    await client.connect();
    await client.flushAll();
    const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    results.push(await client.set('large', noise(8 << 20)), digest(await bytes.get('large')));

    const batch = client.multi();
    for (let i = 0; i < 2000; i++) batch.set(`key ${i}`, `value ${i}`).get(`key ${i}`);
    results.push(digest(JSON.stringify(await batch.execAsPipeline())));
    const parallel = Array.from({ length: 500 }, (_, i) => client.get(`key ${i}`));
    results.push(digest(JSON.stringify(await Promise.all(parallel))));
    results.push(await client.incr('large').catch(({ name, message }) => [name, message]));

    const subscriber = client.duplicate();
    await subscriber.connect();
    const messages = [];
    let last = () => {};
    const all = new Promise((resolve) => {
      last = () => resolve(undefined);
    });
    await subscriber.subscribe('news', (text) => {
      messages.push(text);
      if (messages.length === 100) last();
    });
    for (let i = 0; i < 100; i++) await client.publish('news', `message ${i}`);
    await all;
    results.push(digest(JSON.stringify(messages)));
    await subscriber.unsubscribe();
    await subscriber.close();

    const ready = new Promise((resolve) => client.once('ready', resolve));
    await ask('restart');
    await ready;
    results.push(errors.slice(0, 1), await client.exists('large'), await client.ping());
    await client.close();
    results.push(client.isOpen);
  }
  return results;
});
