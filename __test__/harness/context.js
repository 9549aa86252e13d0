'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ended } = require('./child');
const { specifierOf } = require('./implementations');
const { ABSTRACT_PREFIX, TMP_PREFIX, summarise, summariseEvent } = require('./summarise');

/** Milliseconds that closing may take. What is open after that is reported as a leak. */
const DISPOSAL = 10_000;

let names = 0;

/**
 * What one run of a scenario works with: the modules, the log, and the helpers. Everything that the
 * helpers open is closed after the run; what a scenario opens by other means it hands to `track`, or
 * closes itself.
 */
class Context {
  #children = new Set();
  #closed = new WeakSet();
  #tracked = new Set();
  #watched = new WeakSet();

  /**
   * @param {object} modules The modules of this run
   * @param {any} modules.net The module of a scenario with one side
   * @param {any} modules.serverNet The module that listens
   * @param {any} modules.clientNet The module that connects
   */
  constructor({ net, serverNet, clientNet }) {
    this.net = net;
    this.serverNet = serverNet;
    this.clientNet = clientNet;
    this.tmp = fs.mkdtempSync(path.join(os.tmpdir(), TMP_PREFIX));
    this.entries = [];

    // A scenario takes the helpers out of the context by destructuring.
    const methods = Object.getOwnPropertyNames(Context.prototype);
    for (const method of methods) {
      if (method !== 'constructor') this[method] = this[method].bind(this);
    }
    this.log.entries = this.entries;
    this.summarise = summarise;
  }

  /**
   * Adds an entry to the log. `log.entries` is the log itself.
   *
   * @param {...any} entry What happened; summarised
   * @returns {void}
   */
  log(...entry) {
    this.entries.push(entry.map(summarise));
  }

  /**
   * Records an emitter's events. 'data' events that follow each other become one, because where a
   * stream of bytes is cut into chunks is not defined.
   *
   * @param {import('node:events').EventEmitter} emitter A socket or a server
   * @param {string[]} events The names; a listener changes what a socket does ('data', 'error'), so
   *   only these get one
   * @param {string} [label] The first item of each entry
   * @returns {any[][]} This emitter's own entries; they are in the log as well
   */
  record(emitter, events, label = '') {
    this.#watch(emitter);
    const own = [];
    for (const event of events) {
      const chunks = { entry: null, list: [] };
      emitter.on(event, (...args) => {
        const merges = event === 'data' && own.length > 0 && own.at(-1) === chunks.entry;
        if (merges) {
          chunks.list.push(args[0]);
          chunks.entry[2] = summarise(join(chunks.list));
          return;
        }
        const entry = [label, event, ...summariseEvent(event, args)];
        if (event === 'data') {
          chunks.entry = entry;
          chunks.list = [args[0]];
        }
        own.push(entry);
        this.entries.push(entry);
      });
    }
    return own;
  }

  /**
   * Logs when the current turn's queues are drained: what is logged before 'nextTick', between it and
   * 'microtask', and after 'immediate' tells the timing of a callback or an event.
   *
   * @param {string} label The first item of each entry
   * @returns {Promise<void>} Settles after the second setImmediate
   */
  mark(label) {
    process.nextTick(() => this.log(label, 'nextTick'));
    Promise.resolve().then(() => this.log(label, 'microtask'));
    return new Promise((resolve) => {
      setImmediate(() => {
        this.log(label, 'immediate');
        setImmediate(resolve);
      });
    });
  }

  /**
   * Waits for an event, adding no other listener ('error' stays unhandled where nobody handles it).
   *
   * @param {import('node:events').EventEmitter} emitter A socket or a server
   * @param {string} event The event's name
   * @returns {Promise<any[]>} The event's arguments
   */
  once(emitter, event) {
    return new Promise((resolve) => {
      emitter.once(event, (...args) => resolve(args));
    });
  }

  /**
   * Has the harness close a socket or a server after the run.
   *
   * @template T
   * @param {T} emitter A socket or a server
   * @returns {T} The same
   */
  track(emitter) {
    if (this.#tracked.has(emitter)) return emitter;
    this.#tracked.add(emitter);
    this.#watch(emitter);
    return emitter;
  }

  /**
   * Makes a server listen, and waits until it does.
   *
   * @param {any} server A server of either module
   * @param {...any} args As for `server.listen`; by default port 0 of 127.0.0.1
   * @returns {Promise<any>} `server.address()`
   */
  listen(server, ...args) {
    this.track(server);
    return new Promise((resolve, reject) => {
      const onError = (error) => reject(error);
      server.once('error', onError);
      server.listen(...(args.length > 0 ? args : [{ port: 0, host: '127.0.0.1' }]), () => {
        server.removeListener('error', onError);
        resolve(server.address());
      });
    });
  }

  /**
   * Makes a server, a socket that is connected to it, and the server's end of that connection.
   *
   * @param {object} [modules] The two modules; this run's by default
   * @param {any} [modules.serverNet] The module that listens
   * @param {any} [modules.clientNet] The module that connects
   * @param {object} [serverOptions] Options of `createServer`; `listen` in it goes to `server.listen`
   * @param {object} [clientOptions] Options of `connect`, besides where to
   * @returns {Promise<{server: any, client: any, accepted: any}>} All three, tracked
   */
  async connectPair(modules = {}, serverOptions = {}, clientOptions = {}) {
    const { serverNet = this.serverNet, clientNet = this.clientNet } = modules;
    const { listen = { port: 0, host: '127.0.0.1' }, ...options } = serverOptions;
    const server = serverNet.createServer(options);
    const address = await this.listen(server, listen);
    const connection = this.once(server, 'connection');
    const target =
      typeof address === 'string'
        ? { path: address }
        : { port: address.port, host: address.address };
    const client = this.track(clientNet.connect({ ...target, ...clientOptions }));
    const [[accepted]] = await Promise.all([connection, this.once(client, 'connect')]);
    this.track(accepted);
    return { server, client, accepted };
  }

  /**
   * Waits for 'close' of each, in any order; those that were closed already count if they were
   * tracked or recorded.
   *
   * @param {...any} emitters Sockets and servers
   * @returns {Promise<void>} Settles after the last 'close'
   */
  async settle(...emitters) {
    const open = emitters.filter((emitter) => !this.#hasClosed(emitter));
    await Promise.all(open.map((emitter) => this.once(emitter, 'close')));
  }

  /**
   * Remembers an emitter's 'close'.
   *
   * @param {any} emitter A socket or a server
   * @returns {void}
   */
  #watch(emitter) {
    if (this.#watched.has(emitter)) return;
    this.#watched.add(emitter);
    emitter.on('close', () => this.#closed.add(emitter));
    emitter.on('listening', () => this.#closed.delete(emitter));
  }

  /**
   * @param {any} emitter A socket or a server
   * @returns {boolean} Whether its last 'close' has been emitted; a socket can be connected again,
   *   and is not destroyed then
   */
  #hasClosed(emitter) {
    return this.#closed.has(emitter) && emitter.destroyed !== false;
  }

  /**
   * Reads a stream to its end.
   *
   * @param {any} socket A readable socket without a 'data' listener
   * @returns {Promise<Buffer | string>} All that it delivered: text where it has an encoding
   */
  collect(socket) {
    return new Promise((resolve) => {
      const chunks = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.once('end', () => resolve(join(chunks)));
    });
  }

  /**
   * A name in Linux's abstract namespace that nobody else uses.
   *
   * @returns {string} The name, with its leading NUL
   */
  abstractName() {
    return `${ABSTRACT_PREFIX}${process.pid}-${names++}`;
  }

  /**
   * Runs a program in a Node process of its own. It finds the module as `net`.
   *
   * @param {any} net The module that the program gets
   * @param {string} source The program
   * @param {object} [options] How to run it
   * @param {string[]} [options.flags] Flags of Node's
   * @param {string[]} [options.args] What the program finds from `process.argv[1]` on
   * @returns {Promise<{code: number | null, signal: string | null, stdout: string, stderr: string}>}
   *   How it ended and what it printed
   */
  runChild(net, source, { flags = [], args = [] } = {}) {
    const program = `const net = require(${JSON.stringify(specifierOf(net))});\n${source}`;
    const child = spawn(process.execPath, [...flags, '-e', program, '--', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    return ended(child).finally(() => this.#children.delete(child));
  }

  /**
   * @returns {any[]} What is tracked and not closed: sockets, and servers that listen or still have
   *   connections
   */
  #open() {
    return [...this.#tracked].filter((emitter) => !this.#hasClosed(emitter) && !isIdle(emitter));
  }

  /**
   * Ends what the run left open.
   *
   * @returns {Promise<void>} Settles when all that was tracked is closed
   */
  async dispose() {
    for (const child of this.#children) child.kill('SIGKILL');
    const deadline = Date.now() + DISPOSAL;
    const closing = new Map();
    // A connection that was under way may be accepted, and tracked, while its server closes.
    for (let open = this.#open(); open.length > 0 && Date.now() < deadline; open = this.#open()) {
      for (const emitter of open) {
        if (closing.has(emitter)) continue;
        closing.set(emitter, this.once(emitter, 'close'));
        emitter.on('error', () => {});
        if (emitter.destroy) emitter.destroy();
        else emitter.close();
      }
      const waits = open.map((emitter) => closing.get(emitter));
      await within(Promise.race(waits), deadline - Date.now());
    }
    fs.rmSync(this.tmp, { recursive: true, force: true });
  }
}

/**
 * @param {(Buffer | string)[]} chunks What a stream delivered
 * @returns {Buffer | string} One value of the same kind
 */
function join(chunks) {
  return typeof chunks[0] === 'string' ? chunks.join('') : Buffer.concat(chunks);
}

/**
 * @param {any} emitter A socket or a server
 * @returns {boolean} Whether it is a server that does not listen and so has no 'close' to come
 */
function isIdle(emitter) {
  return emitter.listening === false && !(emitter._connections > 0);
}

/**
 * Waits for a promise, but not for ever.
 *
 * @param {Promise<any>} promise What to wait for
 * @param {number} limit Milliseconds
 * @returns {Promise<void>} Settles when it has, or at the limit
 */
async function within(promise, limit) {
  let timer;
  const expired = new Promise((resolve) => (timer = setTimeout(resolve, limit)));
  await Promise.race([promise, expired]);
  clearTimeout(timer);
}

module.exports = { Context };
