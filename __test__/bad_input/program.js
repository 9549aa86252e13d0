'use strict';

// Does all cases of bad input with one module, and prints a line of JSON for each: what was returned
// or thrown, what was emitted, and how things stood in the end: `node program.js <module>`, with a
// list of names in JSON behind it only those cases, and slowly.

const fs = require('node:fs');
const builtin = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { inspect } = require('node:util');
const { cases } = require('./cases');

const net = require(process.argv[2]);

/** @type {string[] | undefined} */
const names = process.argv[3] && JSON.parse(process.argv[3]);

/** Turns of the event loop without news after which nothing more comes. */
const QUIET_TURNS = names ? 200 : 10;

/** Milliseconds after which a case is over, whatever goes on. */
const LIMIT = 400;

const EVENTS = ['connect', 'end', 'finish', 'close', 'error', 'lookup', 'listening', 'drop'];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tn-'));

/** Where the echo of built-in net listens. */
let echoPort = -1;

/** @type {any[]} */
let entries = [];
let changes = 0;

/**
 * @param {any} value What was seen
 * @returns {any} What of it does not change from run to run
 */
function plain(value) {
  if (value instanceof Error) {
    const { name, code, errno, syscall, address, port } = /** @type {any} */ (value);
    const nested = /** @type {any} */ (value).errors?.map(plain);
    const properties = plain([name, code, errno, syscall, address, port, nested]);
    // What V8 says of code that was not prepared for a value is nobody's interface.
    const isAccident = value instanceof TypeError && code === undefined;
    const message = isAccident ? '' : plain(value.message);
    return [value.constructor.name, message, ...properties];
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'string') {
    return value
      .replace(/Received \{[^]*/, 'Received an object')
      .replaceAll(folder, 'FOLDER')
      .replaceAll(/127\.0\.0\.1:\d{2,}/g, 'ADDRESS');
  }
  if (value === echoPort) return 'PORT';
  if (value === null || typeof value === 'boolean') return value;
  return inspect(value, { depth: 0 }).slice(0, 200);
}

/** @param {any[]} entry What happened */
function log(...entry) {
  changes++;
  entries.push(plain(entry));
}

process.on('uncaughtException', (error) => {
  looksUp = false;
  log('uncaught', error);
});
process.on('unhandledRejection', (error) => log('unhandled', error));
process.on('warning', () => {});

/** @type {any[]} */
let watched = [];

/** Whether names are looked up by Node, which answers. */
let looksUp = true;

/** Those whose 'close' was emitted. */
const closed = new WeakSet();

/**
 * @param {any} emitter A socket or a server
 * @returns {any} The same
 */
function watch(emitter) {
  watched.push(emitter);
  emitter.on('close', () => closed.add(emitter));
  for (const event of EVENTS) {
    emitter.on(event, (/** @type {any[]} */ ...args) => {
      if (event === 'drop' || event === 'lookup') args = [];
      log(event, ...args);
    });
  }
  return emitter;
}

/** @returns {boolean} Whether something is under way that will end by itself */
function isBusy() {
  return watched.some(
    (emitter) =>
      (emitter.connecting && (emitter._handle?.fd >= 0 || looksUp)) ||
      (emitter.destroyed && !closed.has(emitter)),
  );
}

/** @returns {Promise<void>} Settles when nothing has happened for a while */
async function quiet() {
  const start = Date.now();
  let before = -1;
  for (let turns = 0; turns < QUIET_TURNS || (isBusy() && Date.now() - start < LIMIT); turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turns % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 1));
    if (before !== changes) turns = 0;
    before = changes;
  }
}

/**
 * @param {any} emitter What emits; none for 'quiet'
 * @param {string} event The event, or 'quiet'
 * @returns {Promise<void>} Settles then; or when it will not come any more
 */
function until(emitter, event) {
  if (event === 'quiet') return quiet();
  return new Promise((resolve) => {
    emitter.once(event, () => resolve());
    if (event !== 'close') emitter.once('close', () => resolve());
    setTimeout(resolve, 10 * LIMIT).unref();
  });
}

/**
 * Does one case.
 *
 * @param {import('./cases').Case} oddity The case
 * @param {any} target Where the echo is
 */
async function perform({ name, run }, target) {
  entries = [];
  watched = [];
  looksUp = !name.includes('lookup');
  try {
    const answer = await run(net, { log, watch, folder, target, until });
    log('returns', answer);
  } catch (error) {
    looksUp = false;
    log('throws', error);
  }
  await quiet();
  const states = watched.map((emitter) =>
    plain([emitter.destroyed, emitter.connecting, emitter.listening, emitter.readyState]),
  );
  const result = entries;
  entries = [];
  for (const emitter of watched) {
    emitter.removeAllListeners('error');
    emitter.on('error', () => {});
    if (emitter.destroy) emitter.destroy();
    else if (emitter.listening) emitter.close();
  }
  await quiet();
  process.stdout.write(`${JSON.stringify([name, result, states])}\n`);
}

/** Does all of them. */
async function main() {
  fs.writeFileSync(`${folder}/file`, '');
  fs.symlinkSync(`${folder}/nothing`, `${folder}/dangling`);
  fs.symlinkSync(`${folder}/circle`, `${folder}/circle`);
  const echo = builtin.createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise((resolve) => echo.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (echo.address());
  echoPort = port;
  for (const oddity of cases) {
    if (names && !names.includes(oddity.name)) continue;
    await perform(oddity, { port, host: '127.0.0.1' });
  }
  fs.rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify(['done', cases.length])}\n`);
  process.exit(0);
}

main();
