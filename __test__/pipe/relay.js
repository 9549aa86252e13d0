'use strict';

const { createHash } = require('node:crypto');

/** Messages that go through before a scenario begins: enough for a native pipe to run. */
const WARM_UP = 4;

/**
 * Two connections to one server, the first piped to the second there.
 *
 * @typedef {object} Relay
 * @property {any} server The server
 * @property {any} input The client whose bytes are piped
 * @property {any} source The server's end of it
 * @property {any} destination The server's end of the other connection
 * @property {any} output The client that gets the bytes
 * @property {Reader} reader Reads `output`
 */

/**
 * @param {any} t The context of a scenario
 * @param {object} [options] How
 * @param {object} [options.pipe] Options of `pipe()`; null for no pipe
 * @param {any} [options.server] Options of the server
 * @param {any} [options.listen] Where it listens
 * @returns {Promise<Relay>} With a pipe that has been used
 */
async function relay(t, { pipe = {}, server: serverOptions = {}, listen } = {}) {
  const server = t.serverNet.createServer({ allowHalfOpen: true, ...serverOptions });
  const address = await t.listen(server, ...(listen === undefined ? [] : [listen]));
  const target = typeof address === 'string' ? address : address.port;
  const connect = async () => {
    const connection = t.once(server, 'connection');
    const client = t.track(t.clientNet.connect({ ...at(target), allowHalfOpen: true }));
    const [[accepted]] = await Promise.all([connection, t.once(client, 'connect')]);
    for (const socket of [client, accepted]) t.track(socket).on('error', () => {});
    return [client, accepted];
  };
  const [input, source] = await connect();
  const [output, destination] = await connect();
  const reader = new Reader(output);
  if (pipe !== null) {
    source.pipe(destination, pipe);
    await warmUp(input, reader);
  }
  return { server, input, source, destination, output, reader };
}

/**
 * @param {string | number} target A path or a port
 * @returns {object} Options of `connect`
 */
function at(target) {
  return typeof target === 'string' ? { path: target } : { port: target, host: '127.0.0.1' };
}

/**
 * @param {any} input What is written to
 * @param {Reader} reader Where the bytes arrive
 * @param {number} [rounds] How many messages, one at a time
 */
async function warmUp(input, reader, rounds = WARM_UP) {
  for (let round = 0; round < rounds; round++) {
    input.write(`[${round}]`);
    await reader.text(3);
  }
}

/** Reads exact numbers of bytes. */
class Reader {
  #chunks = [];
  #length = 0;
  #wake = () => {};
  #ended = false;

  /** @param {any} socket A socket that nobody else reads */
  constructor(socket) {
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  /**
   * @param {number} length How many bytes
   * @returns {Promise<Buffer>} They; fewer where the stream has ended
   */
  async bytes(length) {
    while (this.#length < length && !this.#ended) {
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
    const all = Buffer.concat(this.#chunks);
    const taken = all.subarray(0, length);
    this.#chunks = [all.subarray(taken.length)];
    this.#length = all.length - taken.length;
    return taken;
  }

  /**
   * @param {number} length How many bytes
   * @returns {Promise<string>} They, as text
   */
  async text(length) {
    return (await this.bytes(length)).toString('latin1');
  }

  /** @returns {Promise<string>} The rest of the stream, as text */
  rest() {
    return this.text(Infinity);
  }
}

/**
 * @param {Buffer} bytes Any
 * @returns {string} What tells them from others
 */
function digest(bytes) {
  return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`;
}

module.exports = { Reader, digest, relay, warmUp };
