'use strict';

const { after, before, describe } = require('node:test');

const { compare } = require('./compare');
const { startRedis } = require('./servers');

describe('Redis', () => {
  /** @type {Awaited<ReturnType<typeof startRedis>>} */
  let redis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis?.stop());

  const config = () => ({ port: redis.port, path: redis.path });
  const services = { restart: () => redis.restart() };
  compare('ioredis', 'ioredis', config, services);
  compare('@redis/client', 'redis_client', config, services);
});
