'use strict';

const fs = require('node:fs');

/**
 * The conversation between a program under test and the runner: JSON lines out, words in. It goes
 * over stdin and stdout, so that the same holds for programs that are not Node's.
 */

/**
 * Prints one line. Written synchronously: a program that ends right after is heard all the same.
 *
 * @param {object} message
 */
function announce(message) {
  fs.writeSync(1, `${JSON.stringify(message)}\n`);
}

/**
 * Calls back for every line on stdin, and ends the process when stdin ends: a program under test
 * never outlives its runner.
 *
 * @param {(line: string) => void} listener
 */
function onLine(listener) {
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = /** @type {string} */ (lines.pop());
    lines.forEach((line) => listener(line));
  });
  process.stdin.on('end', () => process.exit(0));
}

/**
 * The time on a CPU of this process's main thread, which runs the JavaScript, in nanoseconds. The
 * scheduler's own count: the usual one goes in ticks of 10 ms. 0 where the system has none.
 *
 * @returns {number}
 */
function threadNs() {
  try {
    const text = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1');
    return Number(text.split(' ', 1)[0]);
  } catch {
    return 0;
  }
}

/**
 * What this process has used up to now.
 *
 * @returns {{ event: string, threadNs: number, processNs: number, rss: number }}
 */
function usage() {
  const { user, system } = process.cpuUsage();
  return {
    event: 'stats',
    threadNs: threadNs(),
    processNs: (user + system) * 1000,
    rss: process.memoryUsage.rss(),
  };
}

module.exports = { announce, onLine, usage };
