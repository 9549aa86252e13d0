'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');

/**
 * A line as a message; one that is none is kept as it is, for the error that it leads to.
 *
 * @param {string} line
 * @returns {any}
 */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { event: 'no message', line };
  }
}

/** A program under test that speaks JSON lines. */
class Child {
  /**
   * Starts it with as many file descriptors as the system lets it have.
   *
   * @param {string} command
   * @param {string[]} args
   * @param {string | null} cpus The CPUs it may run on, as `taskset -c` takes them; null for all.
   * @param {Record<string, string>} [env] Environment variables besides those of the runner.
   */
  constructor(command, args, cpus, env = {}) {
    const pinned = cpus === null ? [command, ...args] : ['taskset', '-c', cpus, command, ...args];
    const script = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';
    this.name = [command, ...args].map((word) => word.split('/').pop()).join(' ');
    this.errors = '';
    this.rest = '';
    /** @type {any[]} */
    this.messages = [];
    /** @type {(() => void) | null} */
    this.wake = null;
    this.exited = false;
    this.process = spawn('sh', ['-c', script, 'sh', ...pinned], {
      stdio: 'pipe',
      env: { ...process.env, ...env },
    });
    this.process.stdout.setEncoding('utf8').on('data', (text) => this.onOutput(text));
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.errors += text;
    });
    this.process.stdin.on('error', () => {});
    this.process.on('error', (error) => {
      this.errors += error.message;
    });
    this.process.on('close', () => {
      this.exited = true;
      this.wake?.();
    });
  }

  /**
   * Splits what arrives into messages.
   *
   * @param {string} text
   */
  onOutput(text) {
    const lines = (this.rest + text).split('\n');
    this.rest = /** @type {string} */ (lines.pop());
    for (const line of lines) this.messages.push(parse(line));
    this.wake?.();
  }

  /**
   * The next message, which must be this event.
   *
   * @param {string} event
   * @param {number} seconds How long to wait for it before that is an error.
   * @returns {Promise<any>}
   */
  async next(event, seconds) {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.wake?.();
    }, seconds * 1000);
    while (this.messages.length === 0 && !this.exited && !late) {
      await new Promise((resolve) => {
        this.wake = () => resolve(undefined);
      });
    }
    clearTimeout(timer);
    const message = this.messages.shift();
    if (message?.event === event) return message;
    let why = `said ${JSON.stringify(message)} instead of '${event}'`;
    if (!message) why = this.exited ? 'ended early' : `said nothing for ${seconds} s`;
    throw new Error(`${this.name} ${why}`);
  }

  /**
   * Says a word to the program.
   *
   * @param {string} line
   */
  send(line) {
    this.process.stdin.write(`${line}\n`);
  }

  /**
   * Says a word and waits for the answer.
   *
   * @param {string} line
   * @param {string} event
   * @param {number} [seconds]
   * @returns {Promise<any>}
   */
  ask(line, event, seconds = 10) {
    this.send(line);
    return this.next(event, seconds);
  }

  /** Ends the program, gently first. */
  async close() {
    if (this.exited) return;
    this.process.stdin.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 2000);
    await once(this.process, 'close');
    clearTimeout(timer);
  }
}

module.exports = { Child };
