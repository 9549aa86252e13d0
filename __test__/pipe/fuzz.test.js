'use strict';

/**
 * Random joins and leaves while bytes are piped: each byte has to arrive once and in its place.
 *
 * A failure names its seed; `TOKIO_NET_FUZZ_SEED=<seed>` runs that one alone, and
 * `TOKIO_NET_FUZZ_RUNS=<number>` says how many sequences there are.
 */

const assert = require('node:assert');
const { documented } = require('../harness');
const { random } = require('../harness/random');
const { relay } = require('./relay');

const RUNS = Number(process.env.TOKIO_NET_FUZZ_RUNS ?? 10);
const SEED = process.env.TOKIO_NET_FUZZ_SEED;

/** What is piped repeats with a period that no buffer has; the marks between are none of it. */
const PERIOD = 251;
const MARK = 255;

/** Checks a stream of the pattern. */
class Checker {
  constructor() {
    this.count = 0;
    this.marks = 0;
    /** The next byte; -1 where the first one says where the stream starts. */
    this.next = -1;
  }

  /** @param {Buffer} chunk What came */
  take(chunk) {
    for (const byte of chunk) {
      if (byte === MARK) {
        this.marks++;
        continue;
      }
      if (this.next >= 0 && byte !== this.next) {
        throw new Error(`byte ${this.count} is ${byte} and not ${this.next}`);
      }
      this.next = (byte + 1) % PERIOD;
      this.count++;
    }
  }
}

/**
 * @param {any} t The context of a scenario
 * @param {number} seed What happens
 */
async function run(t, seed) {
  const pick = random(seed);
  const ends = await relay(t, { pipe: null });
  const { input, source, destination, output } = ends;
  const arrived = new Checker();
  arrived.next = 0;
  output.removeAllListeners('data');
  output.on('data', (chunk) => arrived.take(chunk));
  const finished = t.once(output, 'end');

  const total = 1 + pick(3 << 20);
  const most = 1 + pick(1 << (4 + pick(14)));
  let sent = 0;
  const send = () => {
    while (sent < total) {
      const size = Math.min(1 + pick(most), total - sent);
      const chunk = Buffer.allocUnsafe(size);
      for (let at = 0; at < size; at++) chunk[at] = (sent + at) % PERIOD;
      sent += size;
      if (!input.write(chunk) || pick(8) === 0) {
        if (input.writableNeedDrain) input.once('drain', send);
        else setImmediate(send);
        return;
      }
    }
    input.end();
  };

  let piped = false;
  let marks = 0;
  let listening;
  const steps = [
    () => {
      if (piped) source.unpipe(destination);
      else source.pipe(destination, { end: false });
      piped = !piped;
    },
    () => (source.isPaused() ? source.resume() : source.pause()),
    () => (output.isPaused() ? output.resume() : output.pause()),
    () => {
      if (listening) {
        source.removeListener('data', listening);
        listening = undefined;
        return;
      }
      const seen = new Checker();
      listening = (chunk) => seen.take(chunk);
      source.on('data', listening);
    },
    () => {
      destination.write(Buffer.of(MARK));
      marks++;
    },
    () => (destination.writableCorked > 0 ? destination.uncork() : destination.cork()),
    () => source.setTimeout(pick(2) * 1000),
    () => source.bytesRead + destination.bytesWritten,
  ];
  source.pipe(destination, { end: false });
  piped = true;
  send();
  const ended = t.once(source, 'end');
  const often = 1 + pick(6);
  while (!source.readableEnded && !source.destroyed) {
    await new Promise(setImmediate);
    if (pick(often) > 0) continue;
    // Unpiped, the bytes must have nowhere to go.
    const step = steps[pick(steps.length)];
    if (!piped && (step === steps[1] || step === steps[3])) continue;
    step();
    if (!piped) {
      if (listening) source.removeListener('data', listening);
      listening = undefined;
      source.pause();
    }
    // Nothing stays as it is for ever.
    if (pick(12) === 0) {
      if (!piped) source.pipe(destination, { end: false });
      piped = true;
      source.resume();
      output.resume();
      while (destination.writableCorked > 0) destination.uncork();
    }
  }
  await ended;
  while (destination.writableCorked > 0) destination.uncork();
  output.resume();
  destination.end();
  await finished;
  assert.strictEqual(arrived.count, total, 'every byte arrives once');
  assert.strictEqual(arrived.marks, marks, 'every mark arrives');
  assert.strictEqual(source.bytesRead, total);
  assert.strictEqual(destination.bytesWritten, total + marks);
}

const seeds =
  SEED === undefined ? Array.from({ length: RUNS }, (_, index) => index) : [Number(SEED)];

documented(
  `${seeds.length} random sequences of joins and leaves`,
  async (t) => {
    for (const seed of seeds) {
      try {
        await run(t, seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  },
  { builtin: () => true, timeout: 60_000 + 2000 * seeds.length },
);
