'use strict';

const { declarePrograms } = require('./program');

/** Programs that must end by themselves, or not, as they would with built-in net. */
const PROGRAMS = {
  'an idle server keeps the process alive': (net) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => {
      // The timer does not keep the process; the server has to, until it fires.
      setTimeout(() => {
        console.log('still alive');
        server.close();
      }, 200).unref();
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'an idle server with unref after listening does not': (net) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      setTimeout(() => console.log('too long'), 5000).unref();
    });
    process.on('exit', (code) => console.log('exit', code, server.listening));
  },
  'unref before listen counts as well': (net) => {
    const server = net.createServer();
    server.unref();
    server.on('listening', () => console.log('listening'));
    server.listen(0, '127.0.0.1');
    process.on('exit', (code) => console.log('exit', code));
  },
  'unref right after listen with a host name': (net) => {
    const server = net.createServer();
    server.listen(0, 'localhost', () => console.log('listening'));
    server.unref();
    process.on('exit', (code) => console.log('exit', code));
  },
  'unref and ref again keeps it': (net) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      server.unref();
      server.ref();
      setTimeout(() => {
        console.log('still alive');
        server.unref();
      }, 200).unref();
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'an unref of a server over a path': (net, path) => {
    const server = net.createServer();
    server.listen(path, () => server.unref());
    process.on('exit', (code) => console.log('exit', code, require('node:fs').existsSync(path)));
  },
  "a connection of an unref'd server keeps the process alive": (net) => {
    const server = net.createServer((socket) => {
      socket.resume();
      setTimeout(() => {
        console.log('still alive');
        socket.destroy();
      }, 200).unref();
    });
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      net.connect(server.address().port, '127.0.0.1').unref().resume();
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  "an unref'd server still serves while something else keeps the process": (net) => {
    const server = net.createServer((socket) => socket.end('served'));
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      const client = net.connect(server.address().port, '127.0.0.1');
      client.on('data', (data) => console.log(String(data)));
      client.on('close', () => console.log('close'));
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'the process ends after close, connections and all': (net) => {
    const server = net.createServer((socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.end('x');
      client.resume();
      client.on('close', () => server.close(() => console.log('closed')));
    });
    process.on('beforeExit', () => console.log('beforeExit'));
    process.on('exit', (code) => console.log('exit', code));
  },
  'a closed server is not waited for, but its open connection is': (net) => {
    const server = net.createServer((socket) => {
      server.close();
      setTimeout(() => socket.end('late'), 100);
    });
    server.on('close', () => console.log('server close'));
    server.listen(0, '127.0.0.1', () => {
      net
        .connect(server.address().port, '127.0.0.1')
        .on('data', (data) => console.log(String(data)));
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'an error of listen lets the process end': (net) => {
    const first = net.createServer().listen(0, '127.0.0.1', () => {
      const second = net.createServer();
      second.on('error', (error) => {
        console.log(error.code);
        first.close();
      });
      second.listen(first.address().port, '127.0.0.1');
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'beforeExit can start another server': (net) => {
    let rounds = 0;
    process.on('beforeExit', () => {
      if (rounds++ === 3) return;
      const server = net.createServer();
      server.listen(0, '127.0.0.1', () => {
        console.log('listening', rounds);
        server.close();
      });
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'getConnections and close callbacks alone keep the process until they ran': (net) => {
    const server = net.createServer();
    server.getConnections((error, count) => console.log('count', error, count));
    server.close((error) => console.log('close', error.code));
    process.on('exit', (code) => console.log('exit', code));
  },
};

declarePrograms(PROGRAMS);
