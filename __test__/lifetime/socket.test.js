'use strict';

const { declarePrograms } = require('./program');

/** Programs whose end a socket decides. */
const PROGRAMS = {
  'an idle connected socket keeps the process alive; unref lets it go': (net) => {
    const server = net.createServer((socket) => socket.unref());
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1', () => {
        server.unref();
        setTimeout(() => {
          console.log('still alive');
          client.unref();
        }, 200).unref();
      });
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  "a pending connect of an unref'd socket is made, and then the process ends": (net) => {
    const server = net.createServer((socket) => socket.unref());
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      const client = net.connect(server.address().port, '127.0.0.1');
      client.on('connect', () => console.log('connect'));
      client.on('close', () => console.log('close'));
      client.unref();
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  "a pending connect of an unref'd socket is made while something else keeps the process": (
    net,
  ) => {
    const server = net.createServer((socket) => socket.end('data'));
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1').unref();
      client.on('connect', () => console.log('connect'));
      client.on('data', (data) => console.log(String(data)));
      client.on('close', () => server.close());
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'unref before connect counts; ref after it too': (net) => {
    const server = net.createServer((socket) => {
      setTimeout(() => socket.end('data'), 100).unref();
    });
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      const client = new net.Socket();
      client.unref();
      client.connect(server.address().port, '127.0.0.1', () => {
        console.log('connect');
      });
      client.ref();
      client.on('data', (data) => console.log(String(data)));
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  "a socket's timeout does not keep the process alive": (net) => {
    const server = net.createServer((socket) => socket.unref());
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      const client = net.connect(server.address().port, '127.0.0.1', () => {
        client.setTimeout(3000, () => console.log('timeout'));
        client.unref();
      });
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'a socket that was made but never connected does not keep the process, with a timeout neither': (
    net,
  ) => {
    const socket = new net.Socket();
    socket.setTimeout(3000, () => console.log('timeout'));
    process.on('exit', (code) => console.log('exit', code, socket.timeout));
  },
  'a write in flight on a referenced socket is finished before the process ends': (net) => {
    const size = 8 << 20;
    let received = 0;
    const server = net.createServer((socket) => {
      socket.on('data', (data) => (received += data.length));
      socket.on('end', () => console.log('received', received === size));
    });
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      const client = net.connect(server.address().port, '127.0.0.1');
      client.end(Buffer.alloc(size), () => console.log('finish'));
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'a paused socket keeps the process alive until it is destroyed': (net) => {
    const server = net.createServer((socket) => socket.end('data'));
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      const client = net.connect(server.address().port, '127.0.0.1');
      client.pause();
      setTimeout(() => {
        console.log('still alive', client.destroyed);
        client.destroy();
      }, 200).unref();
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'a destroyed socket lets the process end at once': (net) => {
    const server = net.createServer(() => {});
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1', () => {
        client.destroy();
        server.close();
      });
      client.on('close', () => console.log('close'));
    });
    server.on('connection', (socket) => socket.on('close', () => console.log('accepted close')));
    server.on('connection', (socket) => socket.resume());
    process.on('exit', (code) => console.log('exit', code));
  },
  'a refused connection lets the process end': (net) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => {
        const client = net.connect(port, '127.0.0.1');
        client.on('error', (error) => console.log(error.code));
        client.on('close', (hadError) => console.log('close', hadError));
      });
    });
    process.on('beforeExit', () => console.log('beforeExit'));
    process.on('exit', (code) => console.log('exit', code));
  },
  'a socket over a path, referenced and not': (net, path) => {
    const server = net.createServer((socket) => socket.unref());
    server.listen(path, () => {
      server.unref();
      const client = net.connect(path, () => {
        setTimeout(() => {
          console.log('still alive');
          client.unref();
        }, 100).unref();
      });
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'the process ends under a socket that only waits for its idle timeout to destroy it': (net) => {
    const server = net.createServer((socket) => socket.resume());
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      const client = net.connect({ port: server.address().port, host: '127.0.0.1', timeout: 50 });
      client.on('timeout', () => {
        console.log('timeout');
        client.destroy();
      });
    });
    process.on('exit', (code) => console.log('exit', code));
  },
};

declarePrograms(PROGRAMS);
