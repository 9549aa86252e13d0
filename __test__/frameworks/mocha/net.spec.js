'use strict';

const assert = require('node:assert');

const tokioNet = require('tokio-net');
const service = require('../service');

describe('mocha -r', () => {
  it('gives tokio-net for both names', () => {
    assert.strictEqual(service.net, tokioNet);
    assert.strictEqual(service.nodeNet, tokioNet);
  });

  it('carries bytes', async () => {
    const server = await service.serve();
    const socket = await service.join(server);
    assert.ok(server instanceof tokioNet.Server);
    const text = 'x'.repeat(100_000);
    assert.strictEqual(await service.ask(socket, text), text);
    await service.leave(socket, server);
  });

  it('has one module, also where the cache of modules was emptied', () => {
    for (const file of Object.keys(require.cache)) delete require.cache[file];
    assert.strictEqual(require('tokio-net'), tokioNet);
    assert.strictEqual(require('tokio-net/promises'), tokioNet.promises);
  });
});
