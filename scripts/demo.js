'use strict';

// The demo: an echo server and a client on tokio-net and on built-in net, in all four pairings, each
// server and each client in a process of its own. Random data is checked by SHA-256 at both ends.
//
//   node scripts/demo.js [--mib N] [--seconds N] [--server net|tokio-net] [--client net|tokio-net]

const { parseArgs } = require('node:util');
const { Pairing } = require('./demo/pairing');

/** @typedef {import('./demo/pairing').Result} Result */

const MODULES = ['net', 'tokio-net'];

/** How often a line is printed where the progress line cannot be drawn over, in milliseconds. */
const PLAIN_INTERVAL = 2000;

/** Draws the progress: over one line on a terminal, else now and then on a line of its own. */
class Progress {
  /**
   * @param {NodeJS.WriteStream} stream
   */
  constructor(stream) {
    this.stream = stream;
    this.last = -Infinity;
  }

  /**
   * Shows where a pairing is.
   *
   * @param {string} text
   * @returns {void}
   */
  show(text) {
    if (this.stream.isTTY) {
      this.stream.write(`\r\x1b[K${text}`);
    } else if (performance.now() - this.last >= PLAIN_INTERVAL) {
      this.last = performance.now();
      this.stream.write(`${text}\n`);
    }
  }

  /**
   * Puts a line above the progress line.
   *
   * @param {string} text
   * @returns {void}
   */
  line(text) {
    this.stream.write(this.stream.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
    this.last = -Infinity;
  }
}

/**
 * Prints the table.
 *
 * @param {Result[]} results
 */
function printTable(results) {
  console.log('\nserver     client          MB/s  round trips/s  SHA-256');
  for (const {
    server,
    client,
    problems,
    megabytesPerSecond,
    roundTripsPerSecond,
    sha256,
  } of results) {
    const verdict = problems.length === 0 ? `${sha256.slice(0, 16)}… same at both ends` : 'FAILED';
    console.log(
      [
        server.padEnd(9),
        client.padEnd(9),
        megabytesPerSecond.toFixed(0).padStart(9),
        roundTripsPerSecond.toFixed(0).padStart(13),
        verdict,
      ].join('  '),
    );
  }
}

/**
 * Reads an option that must be a positive number.
 *
 * @param {string} name
 * @param {string} value
 * @returns {number}
 */
function positive(name, value) {
  const number = Number(value);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, not ${value}`);
  return number;
}

/**
 * Runs every pairing that was asked for.
 *
 * @returns {Promise<void>}
 */
async function main() {
  const { values } = parseArgs({
    options: {
      mib: { type: 'string', default: '256' },
      seconds: { type: 'string', default: '2' },
      server: { type: 'string', multiple: true, default: MODULES },
      client: { type: 'string', multiple: true, default: MODULES },
    },
  });
  const size = {
    mib: Math.ceil(positive('mib', values.mib)),
    seconds: positive('seconds', values.seconds),
  };
  const unknown = [...values.server, ...values.client].find((name) => !MODULES.includes(name));
  if (unknown)
    throw new Error(`--server and --client take ${MODULES.join(' or ')}, not ${unknown}`);

  console.log(
    `Echo over TCP on 127.0.0.1, Node ${process.version}: for each pairing ${size.mib} MiB of random\n` +
      `data there and back, then ${size.seconds} s of round trips of 64 bytes.`,
  );
  const progress = new Progress(process.stdout);
  const results = [];
  for (const server of values.server) {
    for (const client of values.client) {
      const title = `${server} server, ${client} client`;
      const pairing = new Pairing(server, client, size, (text) =>
        progress.show(`${title}: ${text}`),
      );
      const result = await pairing.run();
      const verdict = result.problems.length === 0 ? 'ok' : `FAILED: ${result.problems.join('; ')}`;
      progress.line(`${title}: ${verdict}`);
      results.push(result);
    }
  }
  printTable(results);
  console.log('\nMB/s includes making, hashing and comparing the data. For figures: npm run bench');
  if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

main().catch((err) => {
  console.error(err.message);
  process.exitCode = 1;
});
