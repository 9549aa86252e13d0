'use strict';

const fs = require('node:fs');

/** Milliseconds that what ends later is waited for, far beyond what it needs. */
const PATIENCE = 20_000;

/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;

/** @returns {number} Descriptors that this process has open, but for the one that looks */
function descriptors() {
  try {
    return fs.readdirSync('/proc/self/fd').length - 1;
  } catch (error) {
    // Not one is left for looking.
    if (error.code === 'EMFILE') return Infinity;
    throw error;
  }
}

/**
 * @param {number | string} [pid] The process, by default this one
 * @returns {number} The most descriptors that it may have open
 */
function descriptorLimit(pid = 'self') {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(fs.readFileSync(`/proc/${pid}/limits`, 'utf8'));
  return soft === 'unlimited' ? Infinity : Number(soft);
}

/** @returns {number} Milliseconds since some moment */
function now() {
  return performance.now();
}

/**
 * @param {number} milliseconds How long
 * @returns {Promise<void>}
 */
function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** @returns {Promise<void>} Settles in the next turn of the loop */
function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Waits until something is so, and gives up after a while: what is checked then tells.
 *
 * @param {() => boolean} isSo Looks
 * @returns {Promise<boolean>} Whether it came to be so
 */
async function until(isSo) {
  const deadline = now() + PATIENCE;
  while (!isSo()) {
    if (now() > deadline) return false;
    await wait(5);
  }
  return true;
}

/** @returns {Promise<void>} Settles when what can be collected is; needs --expose-gc */
async function collect() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await turn();
  }
}

/** @returns {Promise<number>} Bytes of resident memory after a collection */
async function residentMemory() {
  await collect();
  return process.memoryUsage.rss();
}

/** @returns {number} Tasks of tokio-net that are alive in this process */
function tasks() {
  // Only here: the addon is not loaded where nobody asks.
  return require('../../binding.js').aliveTasks();
}

/**
 * Lets the module under test make what it makes once for a process, so that this does not count as
 * left open.
 *
 * @param {any} net The module
 * @returns {Promise<void>}
 */
async function warmUp(net) {
  await new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => server.close(resolve));
  });
  await until(() => tasks() === 0);
}

/** @returns {number} Microseconds of CPU that this process has used */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * @param {number} pid A process
 * @returns {number} Microseconds of CPU that it has used, to a hundredth of a second
 */
function cpuOf(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may have spaces of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS;
}

/**
 * @param {number} pid A process
 * @returns {number} Bytes of its memory that are resident
 */
function residentMemoryOf(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) * 1024;
}

/**
 * @param {number[]} values At least one
 * @param {number} share From 0 to 1
 * @returns {number} The value that this share of them does not exceed
 */
function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/**
 * @param {number} value A figure
 * @param {number} [digits] Digits behind the point
 * @returns {number} It, rounded for reading
 */
function round(value, digits = 1) {
  return Number(value.toFixed(digits));
}

module.exports = {
  collect,
  cpu,
  cpuOf,
  descriptorLimit,
  descriptors,
  now,
  percentile,
  residentMemory,
  residentMemoryOf,
  round,
  tasks,
  turn,
  until,
  wait,
  warmUp,
};
