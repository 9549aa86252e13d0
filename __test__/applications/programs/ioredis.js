'use strict';

const { once } = require('node:events');
const { Redis } = require('ioredis');

const { ask, digest, noise, program } = require('../program');

program(async ({ port, path }) => {
  const results = [];
  for (const where of [{ port, host: '127.0.0.1' }, { path }]) {
    const redis = new Redis({ ...where, retryStrategy: () => 50 });
    await redis.flushall();
    const value = noise(8 << 20);
    results.push(await redis.set('large', value), digest(await redis.getBuffer('large')));

    const pipeline = redis.pipeline();
    for (let i = 0; i < 5000; i++) pipeline.set(`key ${i}`, `value ${i}`).get(`key ${i}`);
    results.push(digest(JSON.stringify(await pipeline.exec())));
    results.push(await redis.multi().incr('n').incr('n').lpush('n', 1).exec().catch(String));
    results.push(await redis.incr('large').catch(({ name, message }) => [name, message]));

    const subscriber = redis.duplicate();
    const messages = [];
    subscriber.on('message', (channel, text) => messages.push([channel, text]));
    results.push(await subscriber.subscribe('news', 'weather'));
    for (let i = 0; i < 100; i++) await redis.publish(i % 2 ? 'news' : 'weather', `message ${i}`);
    while (messages.length < 100) await once(subscriber, 'message');
    results.push(digest(JSON.stringify(messages)), await subscriber.unsubscribe());
    await subscriber.quit();

    const blocked = redis.duplicate();
    const popped = blocked.blpop('queue', 30);
    await redis.rpush('queue', 'for you');
    results.push(await popped);
    blocked.disconnect();

    const many = await Promise.all(
      Array.from({ length: 500 }, (_, i) => redis.echo(`${i}`).then(Number)),
    );
    results.push(many.reduce((a, b) => a + b, 0));

    const seen = [];
    redis.on('error', () => {});
    for (const event of ['close', 'reconnecting', 'ready']) {
      redis.once(event, () => seen.push(event));
    }
    const ready = new Promise((resolve) => redis.once('ready', resolve));
    await ask('restart');
    await ready;
    results.push(seen, await redis.exists('large'), await redis.ping());
    results.push(await redis.quit());
  }
  const refused = new Redis({ port: 1, host: '127.0.0.1', retryStrategy: null, lazyConnect: true });
  refused.on('error', ({ code, syscall, address, port: at }) =>
    results.push([code, syscall, address, at]),
  );
  results.push(await refused.connect().catch(({ message }) => message));
  return results;
});
