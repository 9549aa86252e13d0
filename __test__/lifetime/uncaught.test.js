'use strict';

const { scenario } = require('../harness');
const { runProgram } = require('./program');

/** Where a listener of a user's may throw. */
const PLACES = [
  'listening',
  'connection',
  'connect',
  'ready',
  'lookup',
  'data',
  'readable',
  'end',
  'finish',
  'drain',
  'error',
  'close',
  'write callback',
  'end callback',
  'connect callback',
  'listen callback',
  'getConnections callback',
  'server close',
  'server close callback',
  'timeout',
  'drop',
  'server error',
];

/**
 * A program that throws in one place, once.
 *
 * @param {any} net The module
 * @param {string} place Where
 * @param {boolean} handled Whether there is a handler that lets the process go on
 * @returns {void}
 */
function main(net, place, handled) {
  let thrown = false;
  const boom = (here) => {
    if (here !== place || thrown) return;
    thrown = true;
    throw new Error(`thrown in ${here}`);
  };
  if (handled) {
    process.on('uncaughtException', (error, origin) => {
      console.log('uncaught', error.message, origin);
      // An error in some places leaves the socket waiting for ever, with net too.
      setTimeout(() => {
        console.log('waits for ever');
        process.exit();
      }, 2000).unref();
    });
  }
  process.on('exit', (code) => console.log('exit', code, thrown));

  const server = net.createServer();
  let accepted;
  server.on('connection', (socket) => {
    accepted ??= socket;
    socket.on('error', () => {});
    socket.pipe(socket);
    boom('connection');
  });
  server.on('drop', () => boom('drop'));
  // Before the listeners that throw: those after them are not called.
  server.on('listening', () => setImmediate(() => start()));
  server.on('listening', () => boom('listening'));
  server.on('close', () => boom('server close'));

  const finish = () => {
    server.close(() => boom('server close callback'));
    accepted?.destroy();
  };

  const start = () => {
    server.maxConnections = 1;
    if (place === 'server error') {
      const second = net.createServer();
      second.on('error', () => {
        setImmediate(() => server.close());
        boom('server error');
      });
      second.listen(server.address().port, '127.0.0.1');
      return;
    }
    if (place === 'error') {
      const refused = net.connect(1, '127.0.0.1');
      refused.on('error', () => boom('error'));
      refused.on('close', () => server.close());
      return;
    }
    const target = { port: server.address().port, host: '127.0.0.1' };
    if (place === 'lookup') {
      target.host = 'name.invalid';
      target.lookup = (host, options, callback) => {
        const found = [{ address: '127.0.0.1', family: 4 }];
        setImmediate(() => (options.all ? callback(null, found) : callback(null, '127.0.0.1', 4)));
      };
    }
    const client = net.connect(target, () => boom('connect callback'));
    client.on('connect', () => boom('connect'));
    client.on('lookup', () => boom('lookup'));
    client.on('ready', () => boom('ready'));
    client.on('finish', () => boom('finish'));
    client.on('drain', () => boom('drain'));
    client.on('close', () => {
      setImmediate(finish);
      boom('close');
    });
    client.on('end', () => boom('end'));
    if (place === 'readable') {
      client.on('readable', () => {
        while (client.read() !== null);
        boom('readable');
      });
    } else {
      client.on('data', () => boom('data'));
    }
    // What the other places need, and the rest does not disturb.
    client.write(Buffer.alloc(client.writableHighWaterMark), () => boom('write callback'));
    if (place === 'timeout') {
      client.setTimeout(20);
      client.once('timeout', () => {
        setImmediate(() => client.end());
        boom('timeout');
      });
    } else {
      // An end before the connection is made would leave no 'drain' to emit.
      client.prependOnceListener('connect', () => {
        setTimeout(() => client.end('last', () => boom('end callback')), 20);
      });
    }
    if (place === 'drop') {
      client.once('connect', () => {
        const extra = net.connect(server.address().port, '127.0.0.1');
        extra.on('error', () => {});
        extra.resume();
      });
    }
    server.getConnections(() => boom('getConnections callback'));
  };

  server.listen(0, '127.0.0.1', () => boom('listen callback'));
}

for (const handled of [false, true]) {
  for (const place of PLACES) {
    scenario(
      `an error thrown in ${place}, ${handled ? 'handled: the process goes on' : 'not handled'}`,
      async (context) => runProgram(context, context.net, main, { args: [place, handled] }),
      { cross: false },
    );
  }
}

scenario(
  "an 'error' that nobody listens to ends the process as with net",
  async (context) =>
    runProgram(context, context.net, (net) => {
      process.on('exit', (code) => console.log('exit', code));
      net.connect(1, '127.0.0.1');
    }),
  { cross: false },
);

scenario(
  'a rejection in a listener is an unhandled rejection, with and without a handler',
  async (context) => {
    const endings = [];
    for (const handled of [true, false]) {
      const { code, signal, stdout } = await runProgram(
        context,
        context.net,
        (net, withHandler) => {
          if (withHandler) {
            process.on('unhandledRejection', (reason) => console.log('rejection', reason.message));
          }
          process.on('exit', (status) => console.log('exit', status));
          const server = net.createServer((socket) => socket.end('x'));
          server.listen(0, '127.0.0.1', () => {
            const client = net.connect(server.address().port, '127.0.0.1');
            client.on('data', async () => {
              throw new Error('rejected');
            });
            client.on('close', () => server.close());
          });
        },
        { args: [handled] },
      );
      endings.push([code, signal, stdout]);
    }
    return endings;
  },
  { cross: false },
);

scenario(
  'errors thrown in every chunk are all reported and none of the data is lost',
  async (context) =>
    runProgram(context, context.net, (net) => {
      let errors = 0;
      let received = 0;
      process.on('uncaughtException', () => errors++);
      const server = net.createServer((socket) => socket.pipe(socket));
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        const send = () => client.write('12345678');
        client.on('connect', send);
        client.on('data', (data) => {
          received += data.length;
          if (received < 80) setImmediate(send);
          else client.end();
          throw new Error('each');
        });
        client.on('close', () => {
          console.log(received, errors === received / 8);
          server.close();
        });
      });
    }),
  { cross: false },
);

/** What an event is about in which a listener throws. */
const THROWN_IN = ['data', 'end', 'close'];

for (const kind of ['TCP', 'Unix']) {
  for (const event of THROWN_IN) {
    for (const early of [true, false]) {
      scenario(
        `what runs after an error in '${event}' that is handled, in order (${kind}, ${early})`,
        async (context) =>
          runProgram(
            context,
            context.net,
            (net, path, place, isEarly) => {
              const seen = [];
              const note = (what) => () => seen.push(what);
              const onUncaught = () => {
                seen.push('uncaught');
                process.nextTick(note('tick of the handler'));
                setImmediate(note('immediate of the handler'));
              };
              if (isEarly) process.on('uncaughtException', onUncaught);
              const fail = () => {
                process.nextTick(() => {
                  seen.push('tick');
                  process.nextTick(note('tick of the tick'));
                });
                Promise.resolve().then(note('microtask'));
                setImmediate(() => {
                  seen.push('first immediate');
                  process.nextTick(note('tick of the immediate'));
                });
                setImmediate(() => {
                  seen.push('second immediate');
                  setImmediate(() => setImmediate(finish));
                });
                throw new Error('thrown');
              };
              let peer;
              let client;
              const finish = () => {
                console.log(seen.join('\n'));
                process.exit();
              };
              // What throws is alone in its round of the event loop.
              const begin = () => {
                if (place === 'data') {
                  client.once('data', fail);
                  peer.write('x');
                } else if (place === 'end') {
                  client.once('end', fail);
                  peer.end();
                } else {
                  client.once('close', fail);
                  client.destroy();
                }
              };
              const server = net.createServer({ allowHalfOpen: true }, (socket) => {
                peer = socket;
                peer.resume().on('error', () => {});
              });
              server.listen(path || { port: 0, host: '127.0.0.1' }, () => {
                if (!isEarly) process.on('uncaughtException', onUncaught);
                const { port } = server.address();
                const target = path ? { path } : { port, host: '127.0.0.1' };
                client = net.connect({ ...target, allowHalfOpen: true });
                const wait = () => setImmediate(peer === undefined ? wait : begin);
                client.resume().once('connect', () => setImmediate(wait));
              });
            },
            { args: [kind === 'TCP' ? '' : `${context.tmp}/s`, event, early] },
          ),
        { cross: false, skip: process.env.TOKIO_NET_EVENT_LOOP !== undefined },
      );
    }
  }
}
