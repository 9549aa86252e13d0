'use strict';

const { scenario } = require('../harness');

scenario(
  'a listener under a flood of connections does not starve another, nor a socket',
  async ({ serverNet, clientNet, track, listen, once, settle }) => {
    let busy = 0;
    const flooded = track(
      serverNet.createServer((socket) => {
        busy++;
        socket.on('error', () => {});
        socket.end();
        socket.resume();
      }),
    );
    const quiet = track(serverNet.createServer((socket) => socket.pipe(socket)));
    const { port } = await listen(flooded);
    const { port: quietPort } = await listen(quiet);
    const echo = track(clientNet.connect(quietPort, '127.0.0.1'));
    await once(echo, 'connect');

    // Each connection that ends is followed by another, until the quiet side has had its turns.
    let flooding = true;
    const flood = [];
    const one = () => {
      const client = track(clientNet.connect(port, '127.0.0.1'));
      client.on('error', () => {});
      client.resume();
      const closed = once(client, 'close').then(() => (flooding ? one() : undefined));
      return closed;
    };
    for (let i = 0; i < 50; i++) flood.push(one());

    let rounds = 0;
    for (; rounds < 20; rounds++) {
      echo.write('x');
      await once(echo, 'data');
    }
    const fresh = track(clientNet.connect(quietPort, '127.0.0.1'));
    await once(fresh, 'connect');
    fresh.write('y');
    const [answer] = await once(fresh, 'data');
    flooding = false;
    await Promise.all(flood);
    echo.destroy();
    fresh.destroy();
    await settle(echo, fresh);
    return [rounds, String(answer), busy > 20];
  },
);

scenario(
  'a socket that pours data does not starve one with a few bytes',
  async ({ serverNet, clientNet, track, listen, once, settle }) => {
    let poured = 0;
    const chunk = Buffer.alloc(65536, 1);
    const server = track(
      serverNet.createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', (first) => {
          if (first[0] === 0x70) socket.on('data', (data) => (poured += data.length));
          else {
            socket.write(first);
            socket.pipe(socket);
          }
        });
      }),
    );
    const { port } = await listen(server);
    const pouring = track(clientNet.connect(port, '127.0.0.1'));
    pouring.on('error', () => {});
    await once(pouring, 'connect');
    pouring.write('p');
    const more = () => {
      while (!pouring.destroyed && pouring.write(chunk));
    };
    pouring.on('drain', more);
    more();

    const small = track(clientNet.connect(port, '127.0.0.1'));
    await once(small, 'connect');
    let rounds = 0;
    for (; rounds < 50; rounds++) {
      small.write('s');
      await once(small, 'data');
    }
    // A machine with few cores may be slow to pour, but pour it does.
    while (poured < 1 << 20) await once(pouring, 'drain');
    pouring.destroy();
    small.destroy();
    await settle(pouring, small);
    return [rounds, poured >= 1 << 20];
  },
);

scenario(
  'a timer and an immediate get their turn while connections flood in',
  async ({ serverNet, clientNet, track, listen, once }) => {
    const server = track(serverNet.createServer((socket) => socket.end().resume()));
    const { port } = await listen(server);
    let running = true;
    const one = async () => {
      while (running) {
        const client = track(clientNet.connect(port, '127.0.0.1'));
        client.on('error', () => {});
        client.resume();
        await once(client, 'close');
      }
    };
    const flood = Array.from({ length: 20 }, one);
    let immediates = 0;
    for (; immediates < 50; immediates++) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 1));
    running = false;
    await Promise.all(flood);
    return [immediates];
  },
);
