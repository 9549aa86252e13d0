'use strict';

/**
 * Processes that end in the middle of something: no crash, no hang, and what they were told is sent
 * arrives. The peer uses built-in net.
 */

const { spawn } = require('node:child_process');
const path = require('node:path');
const { now, round } = require('../measure');

const PROGRAM = path.join(__dirname, 'exit_program.js');

/** Processes at a time. */
const WIDTH = 3;

/** Milliseconds that a process may take; one that hangs takes longer. */
const LIMIT = 20_000;

/** Sent bytes count up to this number, and begin again. */
const PERIOD = 251;

/** Bytes that are answered, each time; `exit_program.js` sends as many. */
const BATCH = 200;

const SITUATIONS = ['live', 'pending', 'pipe'];

/** How a process ends, and the code and signal that tell so. */
const ENDINGS = {
  exit: [3, null],
  throw: [1, null],
  SIGTERM: [null, 'SIGTERM'],
  natural: [0, null],
};

/**
 * What the peer sees of one process.
 *
 * @typedef {object} Seen
 * @property {number} received Bytes that have arrived
 * @property {boolean} wrong Whether one of them is another than it should be
 * @property {number} poured Bytes that were sent to the source of a pipe
 */

/**
 * @param {Seen} seen What was seen
 * @param {Buffer} data What arrives
 */
function check(seen, data) {
  for (let i = 0; i < data.length; i += 97) {
    if (data[i] !== (seen.received + i) % PERIOD) seen.wrong = true;
  }
  seen.received += data.length;
}

/**
 * Talks to a process in the way that it expects.
 *
 * @param {any} socket The connection
 * @param {string} situation What the process does
 * @param {Seen} seen What is seen
 */
function talk(socket, situation, seen) {
  socket.on('error', () => {});
  if (situation === 'live') {
    let answered = 0;
    socket.on('data', (data) => {
      check(seen, data);
      // Nothing is unread in a process that ends: its peer would be reset, and lose what it has not
      // read itself.
      if (seen.received - answered < BATCH) return;
      answered += BATCH;
      socket.write('go on');
    });
  } else if (situation === 'pending') {
    socket.on('data', (data) => {
      check(seen, data);
      // Reads, but not as fast as the process writes.
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });
  } else {
    socket.once('data', (label) => {
      if (String(label) === 'source') pour(socket, seen);
      else {
        check(seen, label.subarray('destination'.length));
        socket.on('data', (data) => check(seen, data));
      }
    });
  }
}

/**
 * Sends to the source of a pipe until the process ends.
 *
 * @param {any} socket The connection
 * @param {Seen} seen Counts what is sent
 */
function pour(socket, seen) {
  const chunk = Buffer.from(Array.from({ length: PERIOD * 256 }, (_, i) => i % PERIOD));
  const more = () => {
    let goOn = socket.writable;
    while (goOn) {
      seen.poured += chunk.length;
      goOn = socket.write(chunk);
    }
  };
  socket.on('drain', more);
  more();
}

/**
 * Runs one process to its end.
 *
 * @param {string} specifier What it requires
 * @param {number} index Which it is
 * @returns {Promise<string>} What went wrong with it, or nothing
 */
async function one(specifier, index) {
  const net = require('node:net');
  const situation = SITUATIONS[index % SITUATIONS.length];
  const endings = Object.keys(ENDINGS);
  const ending = endings[Math.floor(index / SITUATIONS.length) % endings.length];
  const moment = 1 + (Math.floor(index / 12) % 20);
  const seen = { received: 0, wrong: false, poured: 0 };
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    talk(socket, situation, seen);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const args = [PROGRAM, specifier, port, situation, ending, moment].map(String);
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', ending === 'throw' ? 'ignore' : 'inherit', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  let told = '';
  child.stdout.on('data', (text) => (told += text));
  let promised = 0;
  child.on('message', (bytes) => {
    promised = Number(bytes);
    child.kill('SIGTERM');
  });
  const [code, signal] = await new Promise((resolve) => {
    child.once('close', (...how) => resolve(how));
  });
  clearTimeout(timer);
  // With the process, its connections end.
  await Promise.all([...sockets].map((socket) => new Promise((gone) => socket.on('close', gone))));
  await new Promise((resolve) => server.close(resolve));
  const name = `${situation}, ${ending}, ${moment}`;
  const expected = ENDINGS[ending];
  if (code !== expected[0] || signal !== expected[1]) return `${name}: ${code} ${signal}`;
  if (seen.wrong) return `${name}: wrong bytes`;
  let least = promised;
  // Whoever is ended by a signal tells nothing at the end.
  if (ending !== 'SIGTERM') {
    const { accepted, acknowledged, position } = JSON.parse(told);
    least = Math.max(accepted, acknowledged, ending === 'natural' ? position : 0);
  }
  if (seen.received < least) return `${name}: ${seen.received} of ${least} bytes arrived`;
  if (situation === 'pipe' && ending === 'natural' && seen.received !== seen.poured) {
    return `${name}: ${seen.received} of ${seen.poured} bytes went through the pipe`;
  }
  return '';
}

/**
 * @param {import('../soak').Task} task The task
 * @returns {Promise<import('../soak').Figures>}
 */
async function run({ specifier, sizes }) {
  const failures = [];
  let started = 0;
  const begun = now();
  const lane = async () => {
    while (started < sizes.processes) {
      const failure = await one(specifier, started++);
      if (failure !== '') failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
  for (const failure of failures.slice(0, 10)) console.error(failure);
  return {
    'processes ended': started,
    'processes that ended otherwise, or lost bytes': failures.length,
    'ms each': round((now() - begun) / started),
  };
}

module.exports = {
  title: 'processes end in the middle of traffic',
  short: { processes: 24 },
  long: { processes: 500 },
  roles: { run },
  check: (ours) => [
    ours['processes that ended otherwise, or lost bytes'] !== 0 && 'processes did not end well',
  ],
};
