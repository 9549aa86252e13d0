'use strict';

const { scenario } = require('../harness');
const { runProgram } = require('../lifetime/program');

scenario(
  'with captureRejections, an async connection listener that rejects destroys that socket',
  async (context) =>
    runProgram(context, context.net, (net) => {
      const events = require('node:events');
      events.captureRejections = true;
      const server = net.createServer(async (socket) => {
        socket.on('error', (error) => console.log('socket error', error.message));
        socket.on('close', (hadError) => console.log('socket close', hadError));
        throw new Error('rejected');
      });
      server.on('error', (error) => console.log('server error', error.message));
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        client.resume();
        client.on('error', (error) => console.log('client error', error.code));
        client.on('close', () => server.close(() => console.log('server closed')));
      });
    }),
  { cross: false },
);

scenario(
  'with captureRejections, other listeners of the server that reject make it emit an error',
  async (context) =>
    runProgram(context, context.net, (net) => {
      const events = require('node:events');
      events.captureRejections = true;
      const server = net.createServer();
      server.on('listening', async () => {
        throw new Error('from listening');
      });
      server.on('error', (error) => {
        console.log('server error', error.message, server.listening);
        server.close();
      });
      server.listen(0, '127.0.0.1');
    }),
  { cross: false },
);

scenario(
  "with captureRejections, a socket's async 'data' listener that rejects destroys it",
  async (context) =>
    runProgram(context, context.net, (net) => {
      const events = require('node:events');
      events.captureRejections = true;
      const server = net.createServer((socket) => {
        socket.on('data', async () => {
          throw new Error('from data');
        });
        socket.on('error', (error) => console.log('error', error.message, socket.destroyed));
        socket.on('close', (hadError) => {
          console.log('close', hadError);
          server.close();
        });
      });
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        client.on('error', () => {}).write('x');
      });
    }),
  { cross: false },
);

scenario(
  'without it, the rejection is unhandled and ends the process',
  async (context) => {
    const { code, signal, stdout, stderr } = await runProgram(context, context.net, (net) => {
      process.on('exit', (status) => console.log('exit', status));
      const server = net.createServer(async () => {
        throw new Error('rejected');
      });
      server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1'));
    });
    return [code, signal, stdout, stderr.some((line) => line.includes('Error: rejected'))];
  },
  { cross: false },
);
