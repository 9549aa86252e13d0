'use strict';

const fs = require('node:fs');

const { scenario } = require('../harness');

const nodeMajor = Number(process.versions.node.split('.')[0]);

const CUT_SHORT = ['ECANCELED', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED'];

/**
 * Connects and tells how it failed.
 *
 * @param {any} t The scenario's context
 * @param {object} options As for `connect`
 * @returns {Promise<any>} The trace of the socket
 */
async function fail(t, options) {
  let socket;
  try {
    socket = t.clientNet.connect(options);
  } catch (error) {
    return ['throws', t.summarise(error)];
  }
  t.track(socket);
  const own = t.record(socket, ['connect', 'error', 'close']);
  socket.write('queued', (error) => own.push(['', 'write', t.summarise(error)]));
  await t.settle(socket);
  await t.mark('closed');
  return own;
}

scenario('ECONNREFUSED over IPv4, with queued bytes', async (t) => {
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  server.close();
  await t.settle(server);
  return fail(t, { port, host: '127.0.0.1' });
});

scenario('ENOENT, ENOTSOCK, ECONNREFUSED and EACCES of Unix paths', async (t) => {
  fs.writeFileSync(`${t.tmp}/file`, '');
  fs.mkdirSync(`${t.tmp}/dir`);
  const results = {};
  for (const name of ['none', 'file', 'dir', 'none/deeper', 'file/deeper']) {
    results[name] = await fail(t, { path: `${t.tmp}/${name}` });
  }
  return results;
});

// Built-in net of Node 22 and earlier cuts such a path off and connects to what is left.
scenario('a path that is too long', (t) => fail(t, { path: `${t.tmp}/${'l'.repeat(200)}` }), {
  skip: nodeMajor < 24 && 'no reference before Node 24',
});

scenario('addresses that cannot be reached or bound', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket));
  const { port } = await t.listen(server);
  return [
    await fail(t, { port, host: '127.0.0.1', localAddress: '203.0.113.77' }),
    await fail(t, { port, host: '127.0.0.1', localAddress: '::1' }),
    await fail(t, { port, host: '255.255.255.255' }),
    await fail(t, { port: 0, host: '127.0.0.1' }),
  ];
});

scenario('a local port that is taken', async (t) => {
  const server = t.serverNet.createServer((socket) => t.track(socket));
  const { port } = await t.listen(server);
  const [[, , error], ...rest] = await fail(t, {
    port,
    host: '127.0.0.1',
    localAddress: '127.0.0.1',
    localPort: port,
  });
  return [error.code, error.syscall, error.errno, rest.length];
});

scenario(
  'an invalid descriptor',
  async (t) => {
    const results = [];
    for (const fd of [9999, fs.openSync(__filename, 'r')]) {
      try {
        const socket = t.track(new t.net.Socket({ fd }));
        results.push(['made', socket.readyState]);
      } catch (error) {
        results.push(t.summarise(error));
      }
      if (fd !== 9999) fs.closeSync(fd);
    }
    return results;
  },
  { cross: false },
);

scenario('the errors are Errors with enumerable system fields, and a stack', async (t) => {
  const socket = t.clientNet.connect({ path: `${t.tmp}/none` });
  const [error] = await t.once(socket, 'error');
  return [
    Object.prototype.toString.call(error),
    error instanceof Error,
    error.constructor.name,
    Object.keys(error),
    error.stack.startsWith('Error: connect ENOENT'),
    Object.keys(Object.getOwnPropertyDescriptors(error)).sort(),
    String(error).replace(t.tmp, '<tmp>'),
  ];
});

scenario(
  'the stack of what an event brings has one line, as nothing of the program is below',
  async (t) => {
    const refused = t.serverNet.createServer();
    const { port } = await t.listen(refused);
    await new Promise((resolve) => refused.close(resolve));
    const seen = [];
    for (const target of [
      { port, host: '127.0.0.1' },
      { port, host: 'localhost', family: 4 },
    ]) {
      const [error] = await t.once(t.track(t.clientNet.connect(target)), 'error');
      seen.push(
        error.stack
          .replaceAll(port, '<port>')
          .replace(/(?<=\n).*/s, '')
          .split('\n'),
      );
      seen.push(error.stack.split('\n').length);
    }
    const lookup = (host, options, callback) => {
      const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
      setImmediate(callback, null, addresses);
    };
    const many = { port, host: 'x', lookup, autoSelectFamily: true };
    const [error] = await t.once(t.track(t.clientNet.connect(many)), 'error');
    seen.push(error.stack.split('\n')[0], error.errors.length);
    return seen;
  },
);

scenario('a reset while reading and while paused', async (t) => {
  const reading = await t.connectPair();
  const own = [t.record(reading.client, ['end', 'error', 'close'])];
  reading.client.resume();
  reading.accepted.resetAndDestroy();
  await t.settle(reading.client);
  const paused = await t.connectPair();
  own.push(t.record(paused.client, ['end', 'error', 'close']));
  paused.client.pause();
  paused.accepted.resetAndDestroy();
  await t.settle(paused.accepted);
  await t.mark('reset');
  paused.client.resume();
  await t.settle(paused.client);
  return own;
});

scenario('a reset while a large write is under way: its callback gets the error', async (t) => {
  const { client, accepted } = await t.connectPair();
  const errors = [];
  const events = t.record(client, ['error', 'close']);
  accepted.pause();
  client.pause();
  for (let i = 0; i < 3; i++) {
    client.write(Buffer.alloc(16 << 20), (error) => errors.push(error?.code));
  }
  await t.once(accepted, 'readable');
  accepted.resetAndDestroy();
  await t.settle(client);
  await t.mark('closed');
  return [
    errors.length,
    // The first was under way: what its callback gets depends on which side noticed the reset.
    errors.filter((code) => CUT_SHORT.includes(code)).length >= 2,
    events.map(([, event]) => event),
    ['ECONNRESET', 'EPIPE'].includes(events[0][2].code),
    events.at(-1),
  ];
});

scenario('destroying the socket in its error listener, and errors after it', async (t) => {
  const socket = t.clientNet.connect({ path: `${t.tmp}/none` });
  const own = t.record(socket, ['error', 'close']);
  socket.on('error', () => {
    socket.destroy();
    socket.destroy(new Error('second'));
  });
  await t.settle(socket);
  await t.mark('closed');
  return own;
});

scenario(
  'a throw in the error listener is uncaught, and close still comes',
  (t) =>
    t.runChild(
      t.clientNet,
      `process.on('uncaughtException', (error) => console.log('uncaught', error.message));
    const socket = net.connect({ path: '/nowhere/at/all' });
    socket.on('error', () => { throw new Error('from the listener'); });
    socket.on('close', (hadError) => console.log('close', hadError));`,
    ),
  { cross: false },
);

scenario('each of many that were reset meanwhile tells so, and no end', async (t) => {
  const pairs = [];
  for (let i = 0; i < 6; i++) pairs.push(await t.connectPair());
  const last = pairs.slice(-2);
  const heard = last.map(({ accepted }) => {
    const own = [];
    accepted.on('error', (error) => own.push(error.code));
    accepted.on('end', () => own.push('end'));
    accepted.resume();
    return own;
  });
  await t.mark('all read');
  for (const { client } of last) client.resetAndDestroy();
  for (const { accepted } of pairs) accepted.write('to all of them');
  await t.settle(...last.map(({ accepted }) => accepted));
  return heard;
});

scenario(
  'a write that meets a reset, of which an I/O thread may know already, tells of the reset',
  (t) =>
    t.runChild(
      t.serverNet,
      `process.env.TOKIO_NET_EVENT_LOOP = 'off';
      const server = net.createServer((socket) => {
        socket.once('data', () => {
          client.resetAndDestroy();
          // Nothing is heard of it, but by another thread.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
          socket.write('late', (error) => console.log('called back', error.message));
        });
        socket.on('error', ({ message }) => console.log(message));
        socket.on('end', () => console.log('end'));
        socket.on('close', (hadError) => console.log('close', hadError));
        server.close();
      });
      let client;
      server.listen(0, '127.0.0.1', () => {
        client = require('node:net').connect(server.address().port, '127.0.0.1');
        client.write('early');
      });`,
    ),
  { cross: false },
);
