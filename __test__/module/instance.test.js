'use strict';

const assert = require('node:assert');
const http = require('node:http');
const builtin = require('node:net');
const { Duplex } = require('node:stream');
const { test } = require('node:test');
const tls = require('node:tls');
const { inherits } = require('node:util');

const { isBuiltin, ours } = require('../harness');

test("sockets of core's are instances, too", () => {
  for (const socket of [new builtin.Socket(), new tls.TLSSocket(), new ours.Socket()]) {
    assert.ok(socket instanceof ours.Socket);
    assert.ok(socket instanceof ours.Stream);
    assert.ok(!(socket instanceof ours.Server));
  }
});

test("servers of core's are instances, too", () => {
  const servers = [builtin.createServer(), http.createServer(), tls.createServer()];
  for (const server of [...servers, ours.createServer()]) {
    assert.ok(server instanceof ours.Server);
    assert.ok(!(server instanceof ours.Socket));
  }
});

test('nothing else is', () => {
  const values = [undefined, null, 1, 'socket', {}, [], Object.create(null), new Duplex()];
  for (const value of [...values, process, ours.Socket, ours.Socket.prototype]) {
    assert.ok(!(value instanceof ours.Socket));
    assert.ok(!(value instanceof ours.Server));
  }
});

test('classes that extend ours keep the usual meaning', () => {
  class MySocket extends ours.Socket {}
  class MyServer extends ours.Server {}
  /** @this {any} */
  function OldSocket() {
    ours.Socket.call(this);
  }
  inherits(OldSocket, ours.Socket);
  assert.ok(new MySocket() instanceof MySocket && new MySocket() instanceof ours.Socket);
  assert.ok(new MyServer() instanceof MyServer && new MyServer() instanceof ours.Server);
  assert.ok(new OldSocket() instanceof OldSocket && new OldSocket() instanceof ours.Socket);
  for (const Class of [MySocket, OldSocket]) {
    for (const socket of [new ours.Socket(), new builtin.Socket(), new tls.TLSSocket()]) {
      assert.ok(!(socket instanceof Class));
    }
  }
  for (const server of [ours.createServer(), builtin.createServer(), http.createServer()]) {
    assert.ok(!(server instanceof MyServer));
  }
});

test(
  "core does not take ours for its own, and calls without 'new' do not take core's for ours",
  { skip: isBuiltin(ours) ? 'is about tokio-net' : false },
  () => {
    assert.ok(!(new ours.Socket() instanceof builtin.Socket));
    assert.ok(!(ours.createServer() instanceof builtin.Server));
    for (const [name, core] of [
      ['Socket', new builtin.Socket()],
      ['Server', builtin.createServer()],
    ]) {
      // They initialise it as core's own constructor does.
      core.on('x', () => {});
      const symbols = Object.getOwnPropertySymbols(core);
      assert.strictEqual(ours[name].call(core), undefined);
      assert.deepStrictEqual(Object.getOwnPropertySymbols(core), symbols);
    }
  },
);
