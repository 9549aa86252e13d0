'use strict';

// A thread that takes over what it is sent. `workerData`: the module, and what to do.

const { once } = require('node:events');
const { parentPort, workerData } = require('node:worker_threads');

const { readSome } = require('./read_some');

const net = require(workerData.specifier);

const tasks = {
  /** Reads a connection to its end, and tells what it got. */
  read({ ticket, options }) {
    const socket = net.Socket.attach(ticket, options);
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
    socket.on('close', () => {
      parentPort.postMessage({ bytes: Buffer.concat(chunks), bytesRead: socket.bytesRead });
    });
    socket.on('end', () => socket.end('thread'));
  },

  /** Holds a connection, or leaves the ticket alone. */
  hold({ ticket, attach }) {
    const held = attach ? net.Socket.attach(ticket) : ticket;
    parentPort.postMessage(typeof held);
  },

  /** Reads some of a connection and passes it on. */
  hop({ ticket, bytes }) {
    readSome(net.Socket.attach(ticket), bytes, (message) => parentPort.postMessage(message));
  },

  /** Listens on, and answers. */
  serve({ ticket }) {
    const server = net.Server.attach(ticket, (socket) => socket.end('thread'));
    server.on('listening', () => parentPort.postMessage(server.address()));
    parentPort.once('message', () => server.close(() => parentPort.close()));
  },

  /** Accepts a connection, sends it to the other thread, and ends. */
  async accept() {
    const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    parentPort.postMessage(server.address().port);
    const [socket] = await once(server, 'connection');
    server.close();
    parentPort.postMessage(socket.detach());
    parentPort.close();
  },
};

if (workerData.task === 'accept') tasks.accept();
else parentPort.on('message', (message) => message.ticket && tasks[workerData.task](message));
