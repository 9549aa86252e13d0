'use strict';

/**
 * A client under test, in a process of its own: ping-pong on many connections against the plain echo
 * server. Says `warm` after its warm-up, waits for `go`, and prints what it measured.
 */

const { loadModule, options } = require('../lib/arguments.js');
const { announce, onLine, usage } = require('../lib/control.js');
const { at, matches, start } = require('../lib/pattern.js');

const settings = options({
  module: 'tokio-net',
  port: '0',
  connections: '64',
  size: '64',
  seconds: '2',
  warmup: '0.5',
});
const net = loadModule(settings.module);
const size = Number(settings.size);
const count = Number(settings.connections);

let deadline = 0;
let begun = 0;
let messages = 0;
let underWay = 0;
/** @type {ReturnType<typeof usage>} */
let before;
/** @type {(() => void)[]} */
const senders = [];

/**
 * Lets every connection play for some seconds.
 *
 * @param {number} seconds
 */
function play(seconds) {
  messages = 0;
  underWay = count;
  before = usage();
  begun = performance.now();
  deadline = begun + seconds * 1000;
  senders.forEach((send) => send());
}

/** The last message of a run has come back. */
function onDone() {
  if (!measuring) return announce({ event: 'warm' });
  const seconds = (performance.now() - begun) / 1000;
  const after = usage();
  announce({
    event: 'result',
    seconds,
    messages,
    perSecond: messages / seconds,
    threadNs: after.threadNs - before.threadNs,
    processNs: after.processNs - before.processNs,
  });
}

let measuring = false;

/**
 * Opens one connection.
 *
 * @param {() => void} ready
 */
function open(ready) {
  const socket = net.connect(Number(settings.port), '127.0.0.1', () => {
    let position = start(/** @type {number} */ (socket.localPort));
    let received = 0;
    const send = () => socket.write(at(position, size));
    senders.push(send);
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      if (received + chunk.length > size || !matches(position + received, chunk)) {
        throw new Error('wrong bytes');
      }
      received += chunk.length;
      if (received < size) return;
      received = 0;
      position += size;
      messages++;
      if (performance.now() < deadline) send();
      else if (--underWay === 0) onDone();
    });
    ready();
  });
}

let opened = 0;
/** One more connection is open; the last begins the warm-up. */
function onReady() {
  if (++opened === count) play(Number(settings.warmup));
}
for (let i = 0; i < count; i++) open(onReady);

onLine((line) => {
  if (line !== 'go') return;
  measuring = true;
  play(Number(settings.seconds));
});
