'use strict';

/**
 * Random sequences of calls on sockets: how one is drawn from a seed, and what it did.
 *
 * A sequence is data: options of up to two connections, and steps of one to three calls. It is run
 * by `play`, which writes down for each socket what was emitted, called back, thrown and delivered,
 * and after each step how the socket stands. What timing decides is left out: where a stream of
 * bytes is cut, and the order of what happens to different sockets.
 *
 * There are three kinds of sequences, so that nothing else that timing decides is seen: in an exact
 * one at most one call of a step writes, and listeners may look at single chunks; in a dense one many
 * write, and nobody looks at single chunks; in a bulk one more is written than the kernel's buffers
 * take, and only what has come of it in the end counts.
 */

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PassThrough } = require('node:stream');
const { random } = require('../harness/random');

/** Turns of the event loop without news after which nothing more comes of a step. */
const QUIET_TURNS = 8;

/** Milliseconds that they take at least: the kernel has a thread of its own when there is much to do. */
const QUIET = 0.5;

/** Milliseconds of an idle timeout, of one that nobody waits for, and of the wait for it. */
const IDLE = 3;
const IDLE_LONG = 600_000;
const IDLE_WAIT = 2000;

const EVENTS = [
  'connect',
  'ready',
  'end',
  'finish',
  'drain',
  'close',
  'error',
  'timeout',
  'lookup',
  'prefinish',
  'pipe',
  'unpipe',
  'pause',
  'resume',
];

/** What depends on how fast the kernel is, where there is more than its buffers take. */
const AS_FAST = ['drain', 'pause', 'resume'];

/** Calls that may be in a bulk sequence. */
const IN_BULK = [
  'address',
  'cork',
  'pause',
  'ref',
  'resume',
  'setKeepAlive',
  'setNoDelay',
  'uncork',
  'unref',
  'write',
];

/** Calls that look at single chunks, and events that a listener may do so by. */
const BY_CHUNK = ['iterate', 'pipe', 'pipeThrough', 'setEncoding'];
const CHUNK_EVENTS = ['data', 'drain', 'readable'];

const WRITING = ['end', 'pipe', 'unshift', 'write'];

/** Calls after which bytes go another way. */
const READING = ['iterate', 'listen', 'pipe', 'pipeThrough', 'read', 'setEncoding', 'unlisten'];

const HOOKS = ['data', 'end', 'finish', 'close', 'error', 'drain', 'readable', 'connect'];

/**
 * One call.
 *
 * @typedef {{ who: string, verb: string, [argument: string]: any }} Call
 *
 * @typedef {object} Sequence
 * @property {boolean} local Whether it is a Unix socket
 * @property {'exact' | 'dense' | 'bulk'} kind See above
 * @property {object} server Options of the server
 * @property {object[]} clients Options of each connection
 * @property {Call[]} early Calls before the connection is made
 * @property {Call[][]} steps Calls; what they bring about is waited for after each step
 */

/**
 * @param {number} seed What is drawn
 * @returns {Sequence}
 */
function draw(seed) {
  const pick = random(seed);
  const chance = (/** @type {number} */ of) => pick(of) === 0;
  const local = chance(3);
  /** @type {Sequence['kind']} */
  const kind = chance(16) ? 'bulk' : chance(2) ? 'exact' : 'dense';
  const bulk = kind === 'bulk';
  const count = chance(3) ? 2 : 1;
  const names = [];
  for (let i = 0; i < count; i++) names.push(`c${i}`, `s${i}`);
  // Nagle's algorithm waits for the peer's delayed acknowledgement: 40 ms without news.
  const server = {
    allowHalfOpen: chance(2),
    pauseOnConnect: chance(6),
    noDelay: !local || chance(4),
  };
  /** @type {{ highWaterMark?: number }[]} */
  const clients = names
    .filter((name) => name[0] === 'c')
    .map(() => ({
      allowHalfOpen: chance(2),
      noDelay: !local,
      ...(!bulk && chance(8) && { onread: 1 + pick(300) }),
      ...(kind === 'exact' && chance(10) && { highWaterMark: 1 + pick(40) }),
    }));

  /** @type {Map<string, string[]>} */
  const edges = new Map();

  /** @returns {string} Whose call it is */
  const anyone = () => names[pick(names.length)];

  /** @returns {object} What is written */
  const payload = () => ({
    size: bulk && chance(2) ? pick(2_000_000) : chance(12) ? 0 : 1 + pick(700),
    form: ['buffer', 'bytes', 'utf8', 'latin1', 'hex', 'base64', 'utf16le', 'ascii'][pick(8)],
    start: pick(251),
    called: chance(2),
  });

  /**
   * @param {string} who Whose call
   * @param {boolean} nested Whether it is made by a listener
   * @returns {Call}
   */
  const drawCall = (who, nested) => {
    const number = pick(100);
    if (number < 32) return { who, verb: 'write', ...payload() };
    if (number < 38) return { who, verb: 'end', ...(chance(2) && payload()), done: chance(2) };
    if (number < 41) return { who, verb: 'destroy', error: chance(3) };
    if (number < 43) return { who, verb: nested ? 'destroy' : 'resetAndDestroy' };
    if (number < 44) return { who, verb: 'destroySoon' };
    if (number < 47) return { who, verb: 'cork' };
    if (number < 51) return { who, verb: 'uncork' };
    if (number < 55) return { who, verb: 'pause' };
    if (number < 60) return { who, verb: 'resume' };
    if (number < 63) return { who, verb: 'read', size: chance(2) ? undefined : pick(200) };
    if (number < 66) return { who, verb: 'listen', event: chance(3) ? 'readable' : 'data' };
    if (number < 69) return { who, verb: 'unlisten', event: chance(3) ? 'readable' : 'data' };
    if (number < 71) {
      return { who, verb: 'setEncoding', encoding: ['utf8', 'hex', 'latin1', 'base64'][pick(4)] };
    }
    if (number < 73) return { who, verb: 'unshift', ...payload(), size: 1 + pick(50) };
    if (number < 78) {
      const to = anyone();
      const end = !chance(3);
      // Two pipes to the same end write twice.
      const again = kind === 'exact' && edges.get(who)?.includes(peerOf(to));
      if (!again && addEdge(edges, who, to)) return { who, verb: 'pipe', to, end };
      return { who, verb: 'resume' };
    }
    if (number < 81) return { who, verb: 'unpipe', to: chance(2) ? undefined : anyone() };
    if (number < 82) return { who, verb: 'pipeThrough' };
    if (number < 84) return { who, verb: 'setTimeout', on: !chance(3) };
    if (number < 86) return { who, verb: 'setNoDelay', on: !local || chance(2) };
    if (number < 88) return { who, verb: 'setKeepAlive', on: chance(2) };
    if (number < 90) return { who, verb: chance(2) ? 'ref' : 'unref' };
    if (number < 91) return { who, verb: 'address' };
    if (number < 92) return { who, verb: 'setDefaultEncoding' };
    if (number < 93) return { who, verb: 'iterate', most: 1000 + pick(4) };
    if (number < 94 && who[0] === 'c') return { who, verb: 'connectAgain' };
    if (nested) return { who, verb: 'write', ...payload() };
    return {
      who,
      verb: 'hook',
      event: HOOKS[pick(HOOKS.length)],
      // Only the same socket's: what happens to two of them has no order.
      call: drawCall(who, true),
    };
  };

  /**
   * @param {string} who Whose call
   * @returns {Call} One that the kind of sequence allows
   */
  const call = (who) => {
    for (;;) {
      const drawn = drawCall(who, false);
      if (allows(kind, drawn)) return drawn;
    }
  };

  /** @type {Call[]} */
  const early = [];
  if (chance(4)) {
    for (let left = 1 + pick(3); left > 0; left--) {
      const first = call(`c${pick(count)}`);
      const written = early.some(({ who, verb }) => who === first.who && WRITING.includes(verb));
      if (kind === 'exact' && written && WRITING.includes(first.verb)) continue;
      // How long a connect takes is nobody's promise, nor whether one that is given up is accepted:
      // the next one would take its place at the server.
      const givenUp = first.verb.startsWith('destroy') || first.verb === 'resetAndDestroy';
      if (givenUp && first.who !== `c${count - 1}`) continue;
      if (first.verb !== 'setTimeout') early.push(first);
    }
  }
  const steps = [];
  for (let left = 2 + pick(9); left > 0; left--) {
    const who = anyone();
    const calls = [];
    for (let more = 1 + pick(3); more > 0; more--) {
      const next = call(who);
      const written = calls.some(({ verb }) => WRITING.includes(verb));
      if (kind !== 'exact' || !written || !WRITING.includes(next.verb)) calls.push(next);
      // What is piped back is written by the same socket.
      if (kind === 'exact' && edges.get(who)?.includes(peerOf(who))) break;
    }
    steps.push(calls);
  }
  // Where a pipe or a listener writes, too, that is more than once a step: chunks are cut anywhere.
  const all = [...early, ...steps.flat()];
  if (all.some(({ verb, call: nested }) => verb === 'pipe' || WRITING.includes(nested?.verb))) {
    for (const client of clients) delete client.highWaterMark;
  }
  return { local, kind, server, clients, early, steps };
}

/**
 * @param {Sequence['kind']} kind A kind of sequence
 * @param {Call} call A call
 * @returns {boolean} Whether it may be in one
 */
function allows(kind, call) {
  // Which bytes are read from there on would depend on where they are cut.
  if (call.verb === 'hook' && call.event === 'data' && READING.includes(call.call.verb))
    return false;
  if (kind === 'exact') return true;
  if (kind === 'bulk') return IN_BULK.includes(call.verb);
  if (call.verb === 'hook') return !CHUNK_EVENTS.includes(call.event) && allows(kind, call.call);
  return !BY_CHUNK.includes(call.verb) && call.event !== 'readable';
}

/**
 * @param {string} name A socket's name
 * @returns {string} The name of the one at the other end
 */
function peerOf(name) {
  return (name[0] === 'c' ? 's' : 'c') + name.slice(1);
}

/**
 * Adds a pipe to those that there are, if no byte can go round in a circle.
 *
 * @param {Map<string, string[]>} edges By a socket that reads, those that get to read the same
 * @param {string} from What is piped
 * @param {string} to Into what
 * @returns {boolean} Whether it was added
 */
function addEdge(edges, from, to) {
  const peer = peerOf(to);
  const reaches = (/** @type {string} */ name) =>
    name === from || (edges.get(name) ?? []).some(reaches);
  if (reaches(peer)) return false;
  edges.set(from, [...(edges.get(from) ?? []), peer]);
  return true;
}

/**
 * @param {{ size: number, form: string, start: number }} payload What is to be written
 * @returns {[any, string?]} The chunk, and its encoding
 */
function chunkOf({ size, form, start }) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = (start + at) % 251;
  switch (form) {
    case 'buffer':
      return [bytes];
    case 'bytes':
      return [new Uint8Array(bytes)];
    case 'utf8':
      return [bytes.toString('latin1').replaceAll('\x80', '€'), 'utf8'];
    case 'utf16le':
      return [bytes.toString('latin1'), 'utf16le'];
    default:
      return [bytes.toString(/** @type {BufferEncoding} */ (form)), form];
  }
}

/**
 * @param {any} error An error, or what stands for one
 * @returns {string} What of it does not change from run to run
 */
function errorText(error) {
  if (!(error instanceof Error)) return String(error);
  const { name, code, syscall } = /** @type {any} */ (error);
  const message = error.message
    .replaceAll(/\/\S*tn-fuzz\S*/g, 'PATH')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS');
  return [name, code ?? '', syscall ?? '', message].join(' ');
}

/** What one socket did. */
class Trace {
  /** @param {boolean} byEntry Whether it matters between which events bytes were delivered */
  constructor(byEntry) {
    /** @type {string[]} */
    this.entries = [];
    this.changes = 0;
    this.writes = 0;
    this.hash = createHash('md5');
    this.length = 0;
    this.atData = false;
    /** Whether it matters between which events bytes were delivered. */
    this.byEntry = byEntry;
  }

  /** @param {string} entry What happened */
  add(entry) {
    this.changes++;
    this.flush();
    this.entries.push(entry);
  }

  /** Writes down what was delivered until now. */
  flush() {
    if (!this.atData || !this.byEntry) return;
    this.atData = false;
    this.entries.push(`${this.length} delivered ${this.hash.copy().digest('hex').slice(0, 8)}`);
  }

  /** @param {any} chunk What was delivered; text counts by its UTF-16 */
  deliver(chunk) {
    if (chunk === null || chunk.length === 0) return;
    this.changes++;
    this.atData = true;
    this.length += chunk.length;
    this.hash.update(typeof chunk === 'string' ? Buffer.from(chunk, 'utf16le') : chunk);
  }
}

/** A run of a sequence. */
class Player {
  /**
   * @param {Sequence} sequence What to do
   * @param {{ serverNet: any, clientNet: any }} modules With what
   * @param {string[] | null} reference What is to be seen after each step, if that is known
   * @param {number} patience Milliseconds after which a step that should have ended as in the
   *   reference has not
   */
  constructor(sequence, modules, reference, patience) {
    this.sequence = sequence;
    this.bulk = sequence.kind === 'bulk';
    this.modules = modules;
    this.reference = reference;
    this.patience = patience;
    /** @type {string[]} */
    this.result = [];
    /** @type {Map<string, any>} */
    this.sockets = new Map();
    /** @type {Map<string, Trace>} */
    this.traces = new Map();
    /** @type {Map<string, Function[]>} */
    this.listeners = new Map();
    /** Those whose 'close' was emitted. */
    this.closed = new Set();
    /** Whether it is a listener that makes a call: half-way through a step, what has arrived is a race. */
    this.nested = false;
    /** Those that may write when something arrives. */
    this.answering = new Set();
    /** Those that were piped to others, and how often these had them pause. */
    this.piped = new Set();
    this.pauses = 0;
    /** Those that were ended while they were connecting. */
    this.endedEarly = new Set();
    /** Sockets that are to idle when the step is over. */
    this.idling = new Set();
  }

  /**
   * @returns {Promise<string[]>} What was seen after each step; where that differs from the
   *   reference, until there
   */
  async play() {
    const { sequence, modules } = this;
    const server = modules.serverNet.createServer(sequence.server);
    const folder = sequence.local ? fs.mkdtempSync(path.join(os.tmpdir(), 'tn-fuzz-')) : '';
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(sequence.local ? `${folder}/s` : { port: 0, host: '127.0.0.1' }, resolve);
      });
      this.target = sequence.local
        ? { path: `${folder}/s` }
        : { port: server.address().port, host: '127.0.0.1' };
      let accepted = 0;
      server.on('connection', (/** @type {any} */ socket) => this.add(`s${accepted++}`, socket));
      await this.steps();
    } finally {
      for (const socket of this.sockets.values()) socket.setTimeout(0).destroy();
      await new Promise((resolve) => server.close(resolve));
      if (folder !== '') fs.rmSync(folder, { recursive: true, force: true });
    }
    return this.result;
  }

  /** Does all steps, until one differs from the reference. */
  async steps() {
    const { sequence, modules } = this;
    for (const [index, { onread, ...options }] of sequence.clients.entries()) {
      const name = `c${index}`;
      const memory = onread && {
        onread: {
          buffer: Buffer.alloc(onread),
          callback: (/** @type {number} */ count, /** @type {Buffer} */ buffer) => {
            this.trace(name).deliver(buffer.subarray(0, count));
            return true;
          },
        },
      };
      const socket = modules.clientNet.connect({ ...this.target, ...options, ...memory });
      this.add(name, socket);
      for (const call of sequence.early) if (call.who === name) this.perform(call);
      // Half-way through a bulk, only that there is no news counts: that is not enough here.
      while (this.bulk && !this.sockets.has(peerOf(name)) && !socket.destroyed) await turn();
      // The next one comes after it at the server, too.
      if (!(await this.settle())) return;
    }
    for (const step of sequence.steps) {
      for (const call of step) this.perform(call);
      if (!(await this.settle())) return;
      if (this.idling.size === 0) continue;
      await Promise.all([...this.idling].map((socket) => this.idle(socket)));
      this.idling.clear();
      if (!(await this.settle())) return;
    }
    if (!this.bulk) return;
    for (const socket of this.sockets.values()) {
      while (socket.writableCorked > 0) socket.uncork();
      socket.resume();
    }
    await this.settle();
    for (const socket of this.sockets.values()) socket.end();
    await this.settle(true);
  }

  /**
   * @param {string} name Whose
   * @returns {Trace}
   */
  trace(name) {
    const trace = this.traces.get(name);
    if (trace !== undefined) return trace;
    const fresh = new Trace(!this.bulk);
    this.traces.set(name, fresh);
    return fresh;
  }

  /**
   * @param {string} name What the socket is called
   * @param {any} socket The socket
   */
  add(name, socket) {
    this.sockets.set(name, socket);
    const trace = this.trace(name);
    socket.on('close', () => this.closed.add(name));
    // Asked for now, it is known when the peer has gone.
    socket.on('connect', () => socket.remoteFamily);
    if (name[0] === 's') void socket.remoteFamily;
    if (this.bulk) socket.on('data', (/** @type {any} */ chunk) => trace.deliver(chunk));
    for (const event of EVENTS) {
      socket.on(event, (/** @type {any} */ argument) => {
        if (this.bulk && AS_FAST.includes(event)) return;
        // When another socket has finished is that one's affair.
        if (event === 'pause' && this.piped.has(name)) {
          this.pauses++;
          return;
        }
        trace.add(argument instanceof Error ? `${event} ${errorText(argument)}` : eventText());
        function eventText() {
          return typeof argument === 'boolean' ? `${event} ${argument}` : event;
        }
      });
    }
  }

  /**
   * Waits until nothing more happens; with a reference, until the same has.
   *
   * @param {boolean} [last] Whether that was all
   * @returns {Promise<boolean>} Whether there is more to do
   */
  async settle(last = false) {
    // Half-way through much, only that there is no news counts.
    const reference = this.bulk && !last ? null : this.reference;
    const at = this.result.length;
    const start = performance.now();
    let changes = -1;
    let since = start;
    for (let quiet = 0, turns = 0; ; turns++) {
      await turn();
      if (turns > 200) await new Promise((resolve) => setTimeout(resolve, 1));
      const now = this.changes();
      if (now === changes) {
        quiet++;
      } else {
        quiet = 0;
        since = performance.now();
        changes = now;
      }
      if (reference === null || performance.now() - start > this.patience) {
        if (quiet >= QUIET_TURNS && performance.now() - since >= QUIET) break;
      } else if (quiet >= 2 && this.view() === reference[at]) {
        // It need not be quiet for long where it is as it should be.
        break;
      }
    }
    const view = this.bulk && !last ? '' : this.view();
    this.result.push(view);
    return reference === null || view === reference[at];
  }

  /** @returns {number} Grows with all that happens */
  changes() {
    let sum = 0;
    for (const trace of this.traces.values()) sum += trace.changes;
    sum += this.pauses;
    // What is on its way shows in these.
    for (const socket of this.sockets.values()) {
      sum += socket.bytesRead + socket.writableLength + (socket._handle === null ? 1 : 0);
    }
    return sum;
  }

  /** @returns {string} What was seen until now */
  view() {
    const lines = [];
    for (const name of [...this.sockets.keys()].sort()) {
      const trace = this.trace(name);
      const delivered = `${trace.length} delivered ${trace.hash.copy().digest('hex').slice(0, 8)}`;
      const entries = trace.atData ? [...trace.entries, delivered] : [...trace.entries];
      // The two directions have nothing to do with each other.
      if (this.bulk) entries.sort();
      lines.push(`${name}: ${entries.join(', ')}`, `  ${this.state(name)}`);
    }
    return lines.join('\n');
  }

  /**
   * @param {string} name Whose
   * @returns {string} How the socket stands
   */
  state(name) {
    const socket = this.sockets.get(name);
    const { bulk } = this;
    const values = {
      ready: socket.readyState,
      pending: socket.pending,
      destroyed: socket.destroyed,
      closed: socket.closed,
      errored: socket.errored && errorText(socket.errored),
      // Another socket may have it pause, before or after the end.
      flowing: (!socket.readableEnded || !this.piped.has(name)) && socket.readableFlowing,
      // Whether the end has arrived, which is told when all before it was read.
      arrived: socket._readableState.ended,
      ended: socket.readableEnded,
      aborted: socket.readableAborted,
      writableEnded: socket.writableEnded,
      finished: socket.writableFinished,
      corked: socket.writableCorked,
      handle: socket._handle === null ? 'none' : 'some',
      // Only an address that was asked for before outlives the handle.
      ...(socket._handle && { peer: socket.remoteFamily, family: socket.localFamily }),
      timeout: socket.timeout,
      ...(!bulk && {
        read: socket.bytesRead,
        written: socket.bytesWritten,
        writable: socket.writableLength,
        readable: socket.readableLength,
        needDrain: socket.writableNeedDrain,
        buffer: socket.bufferSize,
      }),
    };
    return Object.entries(values)
      .filter(([, value]) => value !== false && value !== 0 && value !== null)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
  }

  /**
   * Makes a call, and writes down what it throws.
   *
   * @param {Call} call The call
   */
  perform(call) {
    const socket = this.sockets.get(call.who);
    if (socket === undefined) return;
    const trace = this.trace(call.who);
    try {
      const answer = this.invoke(call, socket, trace);
      if (typeof answer === 'boolean') trace.add(`${call.verb} ${answer}`);
      else trace.add(answer === socket ? `${call.verb} this` : `${call.verb}`);
    } catch (error) {
      trace.add(`${call.verb} throws ${errorText(error)}`);
    }
  }

  /**
   * @param {Call} call The call
   * @param {any} socket Whose
   * @param {Trace} trace Of that socket
   * @returns {any} What the call answered
   */
  invoke(call, socket, trace) {
    const { who, verb } = call;
    switch (verb) {
      case 'write':
      case 'end': {
        const args = call.form === undefined ? [] : chunkOf(/** @type {any} */ (call));
        // That ends in an error, which destroys it.
        if (socket.writableEnded && !socket.destroyed && (this.nested || this.isRace(who))) {
          return undefined;
        }
        if (verb === 'end' && socket.connecting) this.endedEarly.add(who);
        if (call.called || call.done) {
          const number = trace.writes++;
          args.push(
            /** @type {any} */ (
              (/** @type {any} */ error) =>
                trace.add(`${verb} ${number} called back ${error ? errorText(error) : ''}`)
            ),
          );
        }
        const answer = socket[verb](...args);
        // Whether more may be written is a matter of how fast the kernel was.
        return this.bulk ? undefined : answer;
      }
      case 'destroy':
        if (this.isRace(who)) return undefined;
        return socket.destroy(call.error ? new Error('asked for') : undefined);
      case 'destroySoon':
        // The end of the stream and then a reset: which of them the peer sees depends on when it looks.
        if (!this.hasArrived(peerOf(who)) || this.isRace(who)) return undefined;
        if (socket.connecting) this.endedEarly.add(who);
        return socket.destroySoon();
      case 'resetAndDestroy': {
        if (this.bulk || !this.hasArrived(who)) return undefined;
        // To built-in net that is an error while it half-closes, and there is no 'close'.
        if (socket.writableEnded && !socket.writableFinished) return undefined;
        return socket.resetAndDestroy();
      }
      case 'read': {
        // While it flows, that is one chunk.
        if (socket.readableFlowing) return undefined;
        // In newer versions of Node so it is, too, where no size is given.
        const chunk = socket.read(call.size ?? (socket.readableLength || undefined));
        this.deliverRead(who, chunk);
        return chunk !== null;
      }
      case 'listen': {
        const listener =
          call.event === 'data'
            ? (/** @type {any} */ chunk) => trace.deliver(chunk)
            : () => {
                for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
                  this.deliverRead(who, chunk);
                }
              };
        const key = `${who} ${call.event}`;
        // One of a kind, so that each byte counts once.
        if ((this.listeners.get(key)?.length ?? 0) > 0) return undefined;
        this.listeners.set(key, [listener]);
        return socket.on(call.event, listener);
      }
      case 'unlisten': {
        const key = `${who} ${call.event}`;
        const listener = this.listeners.get(key)?.pop();
        return listener && socket.removeListener(call.event, listener);
      }
      case 'setEncoding':
        return socket.setEncoding(call.encoding);
      case 'unshift': {
        const answer = socket.unshift(...chunkOf(/** @type {any} */ (call)));
        return this.bulk ? undefined : answer;
      }
      case 'pipe': {
        const target = this.sockets.get(call.to);
        if (target === undefined) return undefined;
        this.piped.add(who);
        this.answering.add(call.to);
        socket.pipe(target, { end: call.end });
        return undefined;
      }
      case 'unpipe':
        if (call.to === undefined) return socket.unpipe();
        // Not there yet: without it that would mean all.
        if (!this.sockets.has(call.to)) return undefined;
        return socket.unpipe(this.sockets.get(call.to));
      case 'pipeThrough':
        socket.pipe(new PassThrough()).on('data', (/** @type {any} */ chunk) => {
          trace.deliver(chunk);
        });
        return undefined;
      case 'setTimeout':
        if (call.on && !socket.destroyed) this.idling.add(socket);
        else this.idling.delete(socket);
        return socket.setTimeout(call.on ? IDLE_LONG : 0);
      case 'setNoDelay':
        return socket.setNoDelay(call.on);
      case 'setKeepAlive':
        return socket.setKeepAlive(call.on, 1000);
      case 'address':
        trace.add(Object.keys(socket.address()).join());
        return undefined;
      case 'setDefaultEncoding':
        return socket.setDefaultEncoding('latin1');
      case 'iterate':
        this.iterate(who, socket, trace, call.most);
        return undefined;
      case 'connectAgain':
        // On others it races with what goes on.
        if (!this.closed.delete(who)) return undefined;
        // Built-in net half-closes the new connection if it was to half-close the one before.
        if (this.endedEarly.has(who)) return undefined;
        return socket.connect(this.target);
      case 'hook':
        this.answering.add(who);
        return socket.once(call.event, () => {
          this.nested = true;
          this.perform(call.call);
          this.nested = false;
        });
      default:
        return socket[verb]();
    }
  }

  /**
   * @param {string} who Whose
   * @param {any} chunk What `read()` gave; with a listener of 'data', that was given it, too
   */
  deliverRead(who, chunk) {
    if ((this.listeners.get(`${who} data`)?.length ?? 0) === 0) this.trace(who).deliver(chunk);
  }

  /**
   * @param {string} who A socket
   * @returns {boolean} Whether the other end has got all that it has written
   */
  hasArrived(who) {
    const socket = this.sockets.get(who);
    if (socket === undefined) return true;
    return this.sockets.get(peerOf(who))?.bytesRead === socket.bytesWritten;
  }

  /**
   * A socket that is closed with bytes unread resets its connection. Bytes on their way and a reset
   * make a race: libuv tells the reset as the end of the stream where it sees both at once. So do
   * bytes on their way to a peer that writes when they arrive, and the end of the connection.
   *
   * @param {string} who A socket
   * @returns {boolean} Whether that would happen if it were destroyed
   */
  isRace(who) {
    const peer = peerOf(who);
    if (!this.sockets.has(peer) || this.hasArrived(who)) return false;
    return this.answering.has(peer) || !this.hasArrived(peer);
  }

  /**
   * Lets a socket idle until it says so, and no longer. That is for the end of a step: what else
   * goes on would race with it.
   *
   * @param {any} socket The socket
   * @returns {Promise<void>}
   */
  idle(socket) {
    if (socket.destroyed) return Promise.resolve(socket.setTimeout(0));
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(limit);
        socket.removeListener('timeout', done);
        socket.removeListener('close', done);
        socket.setTimeout(0);
        resolve();
      };
      const limit = setTimeout(done, IDLE_WAIT);
      socket.once('timeout', done);
      socket.once('close', done);
      socket.setTimeout(IDLE);
    });
  }

  /**
   * @param {string} who Whose chunks
   * @param {any} socket The socket
   * @param {Trace} trace Of that socket
   * @param {number} most Chunks to take
   */
  async iterate(who, socket, trace, most) {
    try {
      let taken = 0;
      for await (const chunk of socket) {
        this.deliverRead(who, chunk);
        if (++taken >= most) break;
      }
      trace.add('iterated');
    } catch (error) {
      trace.add(`iteration ends with ${errorText(error)}`);
    }
  }
}

/** @returns {Promise<void>} Settles in the next turn of the event loop */
function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Does a sequence.
 *
 * @param {Sequence} sequence What to do
 * @param {{ serverNet: any, clientNet: any }} modules With what
 * @param {string[] | null} [reference] What is to be seen after each step
 * @param {number} [patience] Milliseconds that a step may take to come to that
 * @returns {Promise<string[]>} What was seen after each step
 */
function play(sequence, modules, reference = null, patience = 0) {
  return new Player(sequence, modules, reference, patience).play();
}

module.exports = { draw, play };
