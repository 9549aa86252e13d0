'use strict';

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');

/**
 * The CPUs that this process may run on.
 *
 * @returns {number[]}
 */
function allowedCpus() {
  try {
    const status = fs.readFileSync('/proc/self/status', 'latin1');
    const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '0';
    return list.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return os.cpus().map((_, i) => i);
  }
}

/**
 * Where the programs run: all on two CPUs, unpinned where the machine has no more than that.
 *
 * @typedef {{ all: string | null, first: string, second: string | null, taskset: boolean }} Placement
 * @returns {Placement}
 */
function placement() {
  const cpus = allowedCpus();
  const taskset = spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;
  return {
    all: taskset && cpus.length > 2 ? `${cpus[0]},${cpus[1]}` : null,
    first: String(cpus[0]),
    second: cpus.length > 1 ? String(cpus[1]) : null,
    taskset,
  };
}

/**
 * How many descriptors a program may have open.
 *
 * @returns {number}
 */
function descriptorLimit() {
  const text = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return text === 'unlimited' ? Infinity : Number(text);
}

/**
 * How fast TCP believes that it may send. Where that is paced, so is loopback, and bulk with it.
 *
 * @returns {string} The algorithm's name, where the system tells
 */
function congestionControl() {
  try {
    return fs.readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'latin1').trim();
  } catch {
    return 'unknown';
  }
}

/**
 * What the figures were measured on.
 *
 * @typedef {{ cpu: string, cpus: number, memoryGb: number, kernel: string, congestion: string }} Machine
 * @returns {Machine}
 */
function describe() {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cpus: allowedCpus().length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    congestion: congestionControl(),
  };
}

module.exports = { describe, descriptorLimit, placement };
