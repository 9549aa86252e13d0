'use strict';

/**
 * No byte reaches a program that no read has filled: memory for reads is full of a mark before and
 * between the reads, and the mark must not be in anything that arrives, nor in the memory behind it.
 */

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { MessageChannel, receiveMessageOnPort } = require('node:worker_threads');
const { isBuiltin, ours } = require('../harness');

/** What unfilled memory is full of, and what bytes are that were meant to arrive. */
const MARK = 0xee;
const SENT = 0x41;

/** Sizes of what is sent at a time: less and more than one read takes, and not quite a whole one. */
const SIZES = [1, 7, 700, 16_383, 16_385, 40_001, 65_535, 65_536, 65_537, 150_001, 400_003];

/** @param {string} character One of Latin-1 */
const charCode = (character) => character.charCodeAt(0);

/**
 * Ways to read; each answers how many bytes arrived. What arrives goes to `check`.
 *
 * @type {Record<string, (socket: any, check: (chunk: Uint8Array) => void) => Promise<void>>}
 */
const READERS = {
  async data(socket, check) {
    socket.on('data', check);
    await once(socket, 'end');
  },
  async 'data, paused again and again'(socket, check) {
    socket.on('data', (chunk) => {
      check(chunk);
      socket.pause();
      setImmediate(() => socket.resume());
    });
    await once(socket, 'end');
  },
  async 'read() of odd sizes'(socket, check) {
    socket.on('readable', () => {
      for (let chunk; (chunk = socket.read(777) ?? socket.read()) !== null;) check(chunk);
    });
    await once(socket, 'end');
  },
  async text(socket, check) {
    socket.setEncoding('latin1').on('data', (text) => check(Uint8Array.from(text, charCode)));
    await once(socket, 'end');
  },
  async 'detached and attached half-way'(socket, check) {
    const { port1, port2 } = new MessageChannel();
    const [chunk] = await once(socket, 'data');
    check(chunk);
    socket.pause();
    port1.postMessage(socket.detach());
    const attached = ours.Socket.attach(receiveMessageOnPort(port2).message);
    port1.close();
    attached.on('data', check);
    await once(attached, 'end');
    attached.destroy();
  },
};

/**
 * @param {any} server What listens
 * @param {any} options Where, and how to read
 * @param {(mine: any, theirs: any) => Promise<void>} use What to do with the two ends
 */
async function withPair(server, options, use) {
  const accepted = once(server, 'connection');
  const mine = ours.connect(options);
  const [theirs] = await accepted;
  mine.on('error', () => {});
  theirs.on('error', () => {});
  await use(mine, theirs);
  mine.destroy();
  theirs.destroy();
}

/**
 * Sends all sizes, one after the other has arrived: so small reads are made, too.
 *
 * @param {any} socket What is written to
 * @param {number} byte What with
 * @param {() => number} arrived How many bytes have
 */
async function send(socket, byte, arrived) {
  let sent = 0;
  for (const size of SIZES) {
    socket.write(Buffer.alloc(size, byte));
    sent += size;
    while (arrived() < sent) await new Promise(setImmediate);
  }
  socket.end();
}

test(
  'memory that no read has filled is not seen',
  { skip: isBuiltin(ours) && 'tokio-net’s memory', timeout: 120_000 },
  async (t) => {
    const { allocUnsafeSlow } = Buffer;
    let marked = 0;
    t.after(() => (Buffer.allocUnsafeSlow = allocUnsafeSlow));
    Buffer.allocUnsafeSlow = (size) => {
      marked++;
      return allocUnsafeSlow(size).fill(MARK);
    };
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tn-unfilled-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const server = ours.createServer({ allowHalfOpen: true });
    t.after(() => server.close());

    /** Leaves the mark in all memory that small and large reads are made into. */
    const mark = (/** @type {any} */ target) =>
      withPair(server, target, async (mine, theirs) => {
        const gone = once(mine.resume(), 'end');
        await send(theirs, MARK, () => mine.bytesRead);
        await gone;
      });

    for (const where of [path.join(folder, 'socket'), { port: 0, host: '127.0.0.1' }]) {
      server.listen(where);
      await once(server, 'listening');
      const address = server.address();
      const target = typeof address === 'string' ? { path: address } : { port: address.port };

      for (const [title, read] of Object.entries(READERS)) {
        await mark(target);
        let count = 0;
        const check = (/** @type {Uint8Array} */ chunk) => {
          count += chunk.byteLength;
          assert.ok(
            chunk.every((byte) => byte === SENT),
            `${title}: unfilled bytes arrived`,
          );
          if (chunk.buffer.byteLength === Buffer.poolSize) return;
          const behind = new Uint8Array(chunk.buffer);
          assert.ok(!behind.includes(MARK), `${title}: unfilled bytes are behind what arrived`);
        };
        await withPair(server, target, async (mine, theirs) => {
          const done = read(mine, check);
          await Promise.all([send(theirs, SENT, () => count), done]);
        });
        assert.strictEqual(
          count,
          SIZES.reduce((sum, size) => sum + size),
          title,
        );
      }

      // The program's own memory: nothing is written behind what the callback is told of.
      await mark(target);
      let count = 0;
      const memory = Buffer.alloc(50_000, SENT + 1);
      const onread = {
        buffer: memory,
        callback(/** @type {number} */ filled) {
          count += filled;
          const bytes = memory.subarray(0, filled);
          assert.ok(
            bytes.every((byte) => byte === SENT),
            'onread: unfilled bytes arrived',
          );
          assert.ok(
            memory.subarray(filled).every((byte) => byte === SENT + 1),
            'onread: too much',
          );
          bytes.fill(SENT + 1);
          return true;
        },
      };
      await withPair(server, { ...target, onread }, async (mine, theirs) => {
        const done = once(mine, 'end');
        await Promise.all([send(theirs, SENT, () => count), done]);
      });
      assert.strictEqual(
        count,
        SIZES.reduce((sum, size) => sum + size),
        'onread',
      );

      // Reads that end in an error, or that nobody waits for any more.
      for (const end of ['resetAndDestroy', 'destroy']) {
        if (typeof address === 'string') continue;
        await mark(target);
        await withPair(server, target, async (mine, theirs) => {
          mine.on('data', (chunk) =>
            assert.ok(
              chunk.every((byte) => byte === SENT),
              end,
            ),
          );
          theirs.write(Buffer.alloc(300_000, SENT));
          await once(mine, 'data');
          const gone = new Promise((resolve) => mine.once('close', resolve));
          theirs[end]();
          if (end === 'destroy') mine.end();
          await gone;
        });
      }
      server.close();
      await once(server, 'close');
    }
    assert.ok(marked > 0, 'no memory was lent');
  },
);
