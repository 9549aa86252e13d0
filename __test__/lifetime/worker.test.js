'use strict';

const { scenario } = require('../harness');
const { runProgram } = require('./program');

/** Programs that use the module in worker threads; `__filename` is the program itself. */
const PROGRAMS = {
  'a worker that only loads the module ends': (net) => {
    const { Worker, isMainThread } = require('node:worker_threads');
    if (!isMainThread) return void console.log('worker', typeof net.connect);
    new Worker(__filename).on('exit', (code) => console.log('worker ended', code));
  },
  'a worker that serves itself ends by itself': (net) => {
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    if (isMainThread) {
      const worker = new Worker(__filename);
      worker.on('message', (text) => console.log(text));
      worker.on('exit', (code) => console.log('worker ended', code));
      return;
    }
    const server = net.createServer((socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.end('through a worker');
      client.on('data', (data) => parentPort.postMessage(String(data)));
      client.on('close', () => server.close());
    });
  },
  'a worker as the only user of the module, several after each other': (net) => {
    const { Worker, isMainThread } = require('node:worker_threads');
    if (isMainThread) {
      let rounds = 0;
      const next = () => {
        if (rounds++ === 5) return void console.log('done');
        new Worker(__filename).on('exit', next);
      };
      next();
      return;
    }
    const server = net.createServer((socket) => socket.end('x'));
    server.listen(0, '127.0.0.1', () => {
      net
        .connect(server.address().port, '127.0.0.1')
        .on('close', () => server.close())
        .resume();
    });
  },
  'a worker is terminated in the middle of traffic; the main thread goes on': (net) => {
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    if (!isMainThread) {
      const chunk = Buffer.alloc(65536);
      const server = net.createServer((socket) => {
        socket.on('error', () => {});
        const pour = () => {
          while (socket.write(chunk));
        };
        socket.on('drain', pour);
        socket.resume();
        pour();
      });
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
      return;
    }
    let rounds = 0;
    const next = () => {
      if (rounds++ === 4) return void console.log('done');
      const worker = new Worker(__filename);
      worker.on('message', (port) => {
        let closed = 0;
        let terminated = false;
        for (let i = 0; i < 4; i++) {
          let received = 0;
          const client = net.connect(port, '127.0.0.1');
          client.on('error', () => {});
          client.on('data', (data) => {
            received += data.length;
            if (received > 1 << 20 && !terminated) {
              terminated = true;
              worker.terminate();
            }
          });
          // The worker's end of each connection is closed with it.
          client.on('close', () => {
            if (++closed === 4) next();
          });
        }
      });
    };
    next();
  },
  'a worker is terminated with idle servers, sockets and connects under way': (net) => {
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    if (!isMainThread) {
      const server = net.createServer();
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        net.connect(port, '127.0.0.1', () => {
          for (let i = 0; i < 10; i++) net.connect(port, '127.0.0.1');
          parentPort.postMessage(port);
        });
      });
      return;
    }
    const worker = new Worker(__filename);
    worker.on('message', async (port) => {
      console.log('terminated', await worker.terminate());
      const server = net.createServer();
      server.listen(port, '127.0.0.1', () => {
        console.log('the port is free', server.address().port === port);
        server.close();
      });
    });
  },
  'process.exit inside a worker ends that worker only': (net) => {
    const { Worker, isMainThread } = require('node:worker_threads');
    if (!isMainThread) {
      const server = net.createServer((socket) => {
        socket.on('data', () => process.exit(11));
      });
      server.listen(0, '127.0.0.1', () => {
        net.connect(server.address().port, '127.0.0.1').write('x');
      });
      return;
    }
    new Worker(__filename).on('exit', (code) => {
      console.log('worker ended', code);
      const server = net.createServer().listen(0, () => server.close(() => console.log('closed')));
    });
  },
  "an error thrown in a worker's listener is the worker's": (net) => {
    const { Worker, isMainThread } = require('node:worker_threads');
    if (!isMainThread) {
      const server = net.createServer(() => {
        throw new Error('in the worker');
      });
      server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1'));
      return;
    }
    const worker = new Worker(__filename);
    worker.on('error', (error) => console.log('error', error.message));
    worker.on('exit', (code) => console.log('worker ended', code));
  },
  'process.exit of the main thread while workers serve': (net) => {
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    if (!isMainThread) {
      const server = net.createServer((socket) => socket.pipe(socket));
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
      return;
    }
    let echoed = 0;
    for (let i = 0; i < 3; i++) {
      new Worker(__filename).on('message', (port) => {
        const client = net.connect(port, '127.0.0.1');
        client.on('data', (data) => {
          client.write(data);
          if (++echoed === 100) process.exit(12);
        });
        client.write('x');
      });
    }
  },
  'an unref of a server in a worker lets the worker end': (net) => {
    const { Worker, isMainThread } = require('node:worker_threads');
    if (!isMainThread) {
      const server = net.createServer();
      server.listen(0, '127.0.0.1', () => server.unref());
      return;
    }
    new Worker(__filename).on('exit', (code) => console.log('worker ended', code));
  },
  'main thread and workers exchange data, each with its own events': (net) => {
    const { Worker, isMainThread, workerData, threadId } = require('node:worker_threads');
    if (!isMainThread) {
      const client = net.connect(workerData, '127.0.0.1');
      client.end(`thread ${threadId}`);
      client.resume();
      return;
    }
    const texts = [];
    const server = net.createServer((socket) => {
      socket.setEncoding('utf8');
      socket.on('data', (text) => texts.push(text));
    });
    server.listen(0, '127.0.0.1', () => {
      let ended = 0;
      for (let i = 0; i < 3; i++) {
        new Worker(__filename, { workerData: server.address().port }).on('exit', () => {
          if (++ended === 3) server.close(() => console.log(texts.sort().join()));
        });
      }
    });
  },
};

for (const [title, main] of Object.entries(PROGRAMS)) {
  scenario(title, async (context) => runProgram(context, context.net, main), {
    cross: false,
  });
}
