'use strict';

const { scenario } = require('../harness');
const { runProgram } = require('./program');

/** Programs that end in the middle of something. */
const PROGRAMS = {
  'process.exit with live sockets and a listening server': (net) => {
    const server = net.createServer((socket) => {
      socket.on('close', () => console.log('never printed'));
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1', () => {
      const clients = [];
      for (let i = 0; i < 20; i++) {
        const client = net.connect(server.address().port, '127.0.0.1');
        client.on('close', () => console.log('never printed'));
        client.write('x');
        client.once('data', () => {
          if (clients.push(client) === 20) process.exit(7);
        });
      }
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'process.exit under heavy traffic': (net) => {
    const chunk = Buffer.alloc(65536);
    let received = 0;
    const server = net.createServer((socket) => {
      socket.on('data', (data) => {
        received += data.length;
        if (received > 16 << 20) process.exit(3);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      for (let i = 0; i < 8; i++) {
        const client = net.connect(server.address().port, '127.0.0.1');
        const pour = () => {
          while (client.write(chunk));
        };
        client.on('drain', pour);
        pour();
      }
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'process.exit while connects are under way': (net) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => {
      for (let i = 0; i < 50; i++) net.connect(server.address().port, '127.0.0.1');
      process.exit(0);
    });
    process.on('exit', (code) => console.log('exit', code));
  },
  'process.exit right after listen': (net) => {
    net.createServer().listen(0, () => console.log('never printed'));
    process.exit(4);
  },
  "process.exit inside 'data', 'connection' and write callbacks ends all that": (net) => {
    const server = net.createServer((socket) => {
      socket.on('data', () => {
        console.log('data');
        process.exit(5);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1').write('x', () => console.log('written'));
    });
  },
  'sockets are usable in an exit listener as far as net allows': (net) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => process.exit(0));
    process.on('exit', () => {
      console.log(server.listening, server.address().address);
      server.close();
      const socket = new net.Socket();
      socket.destroy();
      console.log(server.listening, socket.destroyed);
    });
  },
  'process.abort is not needed: process.exitCode with an idle end': (net) => {
    process.exitCode = 9;
    const server = net.createServer().listen(0, () => server.close());
    process.on('exit', (code) => console.log('exit', code));
  },
  'process.reallyExit, which runs no exit listener': (net) => {
    const server = net.createServer((socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.on('data', () => process.reallyExit(6));
      client.write('x');
    });
    process.on('exit', (code) => console.log('never printed', code));
  },
  'a signal ends a serving process as it does with net': (net) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => {
      console.log('listening');
      process.kill(process.pid, 'SIGTERM');
    });
    process.on('exit', (code) => console.log('never printed', code));
  },
};

for (const [title, main] of Object.entries(PROGRAMS)) {
  scenario(title, async (context) => runProgram(context, context.net, main), { cross: false });
}

scenario(
  'process.exit ten times in a row under traffic: always clean',
  async (context) => {
    const endings = [];
    for (let round = 0; round < 10; round++) {
      const { code, signal, stderr } = await runProgram(
        context,
        context.net,
        (net, delay) => {
          const server = net.createServer((socket) => socket.pipe(socket));
          server.listen(0, '127.0.0.1', () => {
            for (let i = 0; i < 4; i++) {
              const client = net.connect(server.address().port, '127.0.0.1');
              client.on('data', () => client.write('y'));
              client.write('x');
            }
            setTimeout(() => process.exit(2), delay);
          });
        },
        { args: [round * 5] },
      );
      endings.push([code, signal, stderr]);
    }
    return endings;
  },
  { cross: false, timeout: 120_000 },
);
