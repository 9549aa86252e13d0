'use strict';

// A cluster in a process of its own: `program.js <module> <policy> <case> <folder>`. The primary
// prints what it saw, as JSON.

const cluster = require('node:cluster');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');

const [specifier, policy, name, folder] = process.argv.slice(2);
const net = require(specifier);
const builtin = require('node:net');

const HOST = '127.0.0.1';

/**
 * Starts a worker and waits until it listens.
 *
 * @param {object} [env] What the worker finds in its environment
 * @returns {Promise<{ worker: any, address: any }>} The worker, and what 'listening' told
 */
async function fork(env) {
  const worker = cluster.fork(env);
  const [address] = await once(worker, 'listening');
  return { worker, address };
}

/**
 * Connects and waits for the greeting.
 *
 * @param {any} target Where to
 * @returns {Promise<{ socket: any, id: string }>} The connection and the id of who answered
 */
async function greet(target) {
  const socket = net.connect(target);
  const [id] = await once(socket.setEncoding('utf8'), 'data');
  return { socket, id };
}

/**
 * @param {any} socket A connection to close
 * @returns {Promise<void>}
 */
async function end(socket) {
  socket.end();
  if (!socket.destroyed) await once(socket, 'close');
}

/**
 * @param {any} target Where to
 * @param {number} times How often
 * @returns {Promise<string[]>} The ids of those who answered
 */
async function greetOften(target, times) {
  const ids = [];
  for (let i = 0; i < times; i++) {
    const { socket, id } = await greet(target);
    ids.push(id);
    await end(socket);
  }
  return ids;
}

/** A server that greets with the worker's id, and echoes. */
function greeter() {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write(String(cluster.worker.id));
    socket.pipe(socket);
  });
  return server;
}

/**
 * Tells the primary how a listen went.
 *
 * @param {any} server The server
 * @param {any} options Where to listen
 * @returns {Promise<any>} What it was told
 */
function tryListen(server, options) {
  return new Promise((resolve) => {
    server.once('error', ({ code, syscall, address, message }) => {
      resolve({ code, syscall, address, message: message.replace(/:\d+$/, ':<port>') });
    });
    server.listen(options, () => resolve({ family: server.address().family }));
  });
}

const cases = {
  'port 0': {
    async primary() {
      const first = await fork();
      const second = await fork();
      const { port } = first.address;
      const ids = await greetOften({ port, host: HOST }, 8);
      return {
        same: port === second.address.port,
        told: [first.address.address, first.address.addressType, first.address.fd],
        answered: ids.length,
        // By turns, all take part; else that is the kernel's to say.
        both: policy === 'none' || new Set(ids).size === 2,
      };
    },
    worker: () => greeter().listen(0, HOST),
  },

  'an address of its own': {
    async primary() {
      // The primary does not hear of such a listener.
      const workers = [cluster.fork(), cluster.fork()];
      const told = await Promise.all(workers.map((worker) => once(worker, 'message')));
      const ports = told.map(([port]) => port);
      const ids = [];
      for (const port of ports) ids.push(...(await greetOften({ port, host: HOST }, 2)));
      return [ports[0] === ports[1], ids];
    },
    worker() {
      const server = greeter();
      server.listen({ port: 0, host: HOST, exclusive: true }, () => {
        process.send(server.address().port);
      });
    },
  },

  'a path': {
    async primary() {
      const file = path.join(folder, 'socket');
      const workers = [await fork(), await fork()];
      const ids = await greetOften({ path: file }, 4);
      const address = workers[0].address;
      const mode = fs.statSync(file).mode & 0o777;
      cluster.disconnect();
      await Promise.all(workers.map(({ worker }) => once(worker, 'exit')));
      return [ids.length, address.addressType, address.port, mode, fs.existsSync(file)];
    },
    worker: () => greeter().listen({ path: path.join(folder, 'socket'), readableAll: true }),
  },

  "a descriptor of the primary's": {
    async primary() {
      const handle = builtin._createServerHandle(HOST, 0, 4);
      const name = {};
      handle.getsockname(name);
      const workers = [await fork({ FD: handle.fd }), await fork({ FD: handle.fd })];
      const ids = await greetOften({ port: name.port, host: HOST }, 4);
      return [ids.length, workers[0].address.fd === handle.fd];
    },
    worker: () => greeter().listen({ fd: Number(process.env.FD) }),
  },

  'a worker dies': {
    async primary() {
      const workers = [await fork(), await fork()];
      const { port } = workers[0].address;
      const target = { port, host: HOST };
      const lost = await greet(target);
      const victim = cluster.workers[lost.id];
      // By turns the next one is the other's; else those are tried that the kernel picks.
      const others = [];
      let kept;
      for (let i = 0; i < 50 && kept === undefined; i++) {
        const next = await greet(target);
        others.push(next.socket);
        if (next.id !== lost.id) kept = next.socket;
      }
      lost.socket.on('error', () => {});
      victim.process.kill('SIGKILL');
      await Promise.all([once(victim, 'exit'), once(lost.socket, 'close')]);
      let echo = 'nobody else was asked';
      if (kept !== undefined) {
        kept.write('still here');
        [echo] = await once(kept, 'data');
      }
      const { socket, id } = await greet(target);
      for (const each of [...others, socket]) each.destroy();
      return [policy === 'none' || echo, id !== lost.id];
    },
    worker: () => greeter().listen(0, HOST),
  },

  'the cluster disconnects': {
    async primary() {
      const { worker, address } = await fork();
      const { socket } = await greet({ port: address.port, host: HOST });
      const order = [];
      worker.on('disconnect', () => order.push('disconnect'));
      worker.on('exit', (code, signal) => order.push('exit', code, signal));
      const disconnected = new Promise((resolve) => cluster.disconnect(resolve));
      // The connection goes on, and keeps the worker.
      socket.write('more');
      const [echo] = await once(socket, 'data');
      const before = [...order];
      await end(socket);
      await disconnected;
      if (!worker.isDead()) await once(worker, 'exit');
      return [echo, before, order, worker.exitedAfterDisconnect];
    },
    worker: () => greeter().listen(0, HOST),
  },

  'a worker disconnects by itself': {
    async primary() {
      const worker = cluster.fork();
      const [code] = await once(worker, 'exit');
      return [code, worker.exitedAfterDisconnect];
    },
    worker: () => greeter().listen(0, HOST, () => cluster.worker.disconnect()),
  },

  'listen again': {
    async primary() {
      const worker = cluster.fork();
      const [results] = await once(worker, 'message');
      return results;
    },
    async worker() {
      const results = [];
      const first = net.createServer();
      results.push(await tryListen(first, { port: 0, host: HOST }));
      const { port } = first.address();
      first.close();
      await once(first, 'close');
      results.push(await tryListen(first, { port, host: HOST }));
      first.close();
      await once(first, 'close');
      process.send(results);
    },
  },

  'what is refused': {
    async primary() {
      const blocker = builtin.createServer().listen(0, HOST);
      await once(blocker, 'listening');
      const worker = cluster.fork({ PORT: blocker.address().port });
      const [results] = await once(worker, 'message');
      blocker.close();
      return results;
    },
    async worker() {
      const results = [];
      for (const options of [
        { port: Number(process.env.PORT), host: HOST },
        { path: path.join(folder, 'missing', 'socket') },
        { fd: 1000000 },
        { port: Number(process.env.PORT), host: HOST, exclusive: true },
      ]) {
        const { code, syscall } = await tryListen(net.createServer(), options);
        results.push([code, syscall]);
      }
      process.send(results);
    },
  },

  'closed before the primary answers': {
    async primary() {
      const worker = cluster.fork();
      const [results] = await once(worker, 'message');
      return results;
    },
    worker() {
      const events = [];
      const server = net.createServer();
      for (const event of ['listening', 'error', 'close']) {
        server.on(event, () => events.push(event));
      }
      server.listen(0, HOST);
      server.close();
      // The answers come in the order of the questions.
      const next = net.createServer().listen(0, HOST, () => {
        process.send([events, server.listening]);
        next.close();
      });
    },
  },

  'full workers pass connections on': {
    async primary() {
      const workers = [await fork(), await fork()];
      const target = { port: workers[0].address.port, host: HOST };
      const first = await greet(target);
      const second = await greet(target);
      const apart = first.id !== second.id;
      await Promise.all([end(first.socket), end(second.socket)]);
      return apart;
    },
    worker() {
      const server = greeter();
      server.maxConnections = 1;
      server.listen(0, HOST);
    },
  },
};

async function main() {
  cluster.schedulingPolicy = policy === 'none' ? cluster.SCHED_NONE : cluster.SCHED_RR;
  const result = await cases[name].primary();
  for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
  console.log(JSON.stringify(result));
}

if (cluster.isPrimary) main();
else cases[name].worker();
