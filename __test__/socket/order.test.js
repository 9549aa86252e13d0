'use strict';

const { scenario } = require('../harness');

scenario('each event of two sockets drains nextTick and microtasks before the next', async (t) => {
  const server = t.serverNet.createServer();
  const { port } = await t.listen(server);
  const clients = [0, 1, 2].map(() => t.track(t.clientNet.connect(port, '127.0.0.1')));
  const accepted = [];
  await Promise.all([
    new Promise((resolve) => {
      server.on('connection', (socket) => {
        accepted.push(t.track(socket));
        if (accepted.length === clients.length) resolve();
      });
    }),
    ...clients.map((client) => t.once(client, 'connect')),
  ]);
  const steps = [];
  const all = clients.map((client, index) => {
    client.on('data', () => {
      steps.push(`${index} data`);
      process.nextTick(() => steps.push(`${index} nextTick`));
      queueMicrotask(() => {
        steps.push(`${index} microtask`);
        process.nextTick(() => steps.push(`${index} nextTick of microtask`));
      });
    });
    return t.once(client, 'end');
  });
  for (const socket of accepted) socket.end('x');
  await Promise.all(all);
  // Which socket comes first is not defined; that nothing comes between the steps of one is.
  const groups = [];
  for (let i = 0; i < steps.length; i += 4) {
    const [index] = steps[i];
    groups.push([
      steps.slice(i, i + 4).every((step) => step[0] === index),
      steps.slice(i, i + 4).map((step) => step.slice(2)),
    ]);
  }
  return groups;
});

scenario("'data', 'end' and 'close' of one socket each drain the queues", async (t) => {
  const { client, accepted } = await t.connectPair();
  for (const event of ['data', 'end', 'finish', 'close']) {
    client.on(event, () => {
      t.log(event);
      process.nextTick(() => t.log(event, 'nextTick'));
      queueMicrotask(() => t.log(event, 'microtask'));
    });
  }
  accepted.end('x');
  await t.settle(client, accepted);
  await t.mark('end');
  return t.log.entries;
});

scenario("an end() in 'data' finishes before the end that came with the data", async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { allowHalfOpen: true });
  for (const event of ['prefinish', 'finish', 'end', 'close']) {
    client.on(event, () => t.log(event));
  }
  // Not read before all of it is there.
  client.pause();
  client.once('data', () => client.end('y', () => t.log('ended')));
  accepted.resume();
  accepted.end('x');
  await t.once(accepted, 'finish');
  client.resume();
  await t.settle(client, accepted);
  return t.log.entries;
});

scenario('an awaited write continues before the next event', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.pipe(accepted);
  const write = (text) => new Promise((resolve) => client.write(text, resolve));
  client.on('data', async (chunk) => {
    t.log('data', String(chunk));
    if (String(chunk) === '2') {
      client.end();
      return;
    }
    await write(String(Number(chunk) + 1));
    t.log('written after', String(chunk));
  });
  await write('0');
  await t.settle(client);
  return t.log.entries;
});

scenario(
  'callbacks of destroy(), end() and write() on unconnected sockets, against nextTick',
  async ({ net, log, mark, track }) => {
    for (const act of ['destroy', 'error', 'end', 'write']) {
      const socket = track(new net.Socket());
      socket.on('error', (error) => log(act, 'error', error.code ?? error.message));
      socket.on('close', () => log(act, 'close'));
      process.nextTick(() => log(act, 'tick before'));
      if (act === 'destroy') socket.destroy();
      if (act === 'error') socket.destroy(new Error('own'));
      if (act === 'end') socket.end();
      if (act === 'write') socket.write('x');
      await mark(act);
    }
    return log.entries;
  },
  { cross: false },
);

scenario("the timing of 'error' for a connection that fails at once", async (t) => {
  const client = t.clientNet.connect({ path: `${t.tmp}/nobody` });
  client.on('error', (error) => {
    t.log('error', error.code);
    process.nextTick(() => t.log('error', 'nextTick'));
  });
  client.on('close', () => t.log('close'));
  process.nextTick(() => t.log('nextTick'));
  queueMicrotask(() => t.log('microtask'));
  t.log('returned');
  await t.settle(client);
  return t.log.entries;
});

scenario(
  'many small writes of one turn arrive in order with their callbacks in order',
  async (t) => {
    const { client, accepted } = await t.connectPair();
    const order = [];
    const received = t.collect(accepted);
    for (let i = 0; i < 200; i++) {
      client.write(`${i},`, () => order.push(i));
      if (i % 10 === 0) await null;
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    client.end();
    const text = String(await received);
    return [text, order.every((value, index) => value === index), order.length];
  },
);
