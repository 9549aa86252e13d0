'use strict';

const { scenario } = require('../harness');

scenario(
  'a signal that is aborted before listen: nothing is bound for long, the server closes',
  async ({ net, track, log, mark }) => {
    const server = track(net.createServer());
    for (const event of ['listening', 'close', 'error']) {
      server.on(event, (...args) => log(event, ...args));
    }
    let outcome = 'accepted';
    try {
      server.listen({ port: 0, host: '127.0.0.1', signal: AbortSignal.abort() });
    } catch (error) {
      outcome = error.name;
    }
    log(outcome, server.listening, server.address());
    await mark('queues');
    return [log.entries, server.listening];
  },
  { cross: false },
);

for (const target of ['port', 'path']) {
  scenario(
    `a signal that is aborted right after listen (${target})`,
    async ({ net, track, log, mark, once, tmp }) => {
      const controller = new AbortController();
      const server = track(net.createServer());
      for (const event of ['listening', 'close', 'error']) {
        server.on(event, (...args) => log(event, ...args));
      }
      const closed = once(server, 'close');
      const options = target === 'port' ? { port: 0, host: '127.0.0.1' } : { path: `${tmp}/s` };
      server.listen({ ...options, signal: controller.signal });
      controller.abort();
      log('aborted', server.listening);
      await mark('queues');
      await closed;
      return log.entries;
    },
    { cross: false },
  );
}

scenario(
  'a signal that is aborted while the server listens closes it; connections live on',
  async ({ serverNet, clientNet, track, once, settle, record }) => {
    const controller = new AbortController();
    const server = track(serverNet.createServer());
    const events = record(server, ['listening', 'close', 'error']);
    server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
    await once(server, 'listening');
    const connection = once(server, 'connection');
    const client = track(clientNet.connect(server.address().port, '127.0.0.1'));
    const accepted = track((await connection)[0]);
    controller.abort(new Error('a reason'));
    const state = [server.listening, client.destroyed];
    accepted.end('still served');
    accepted.resume();
    const [data] = await once(client, 'data');
    client.end();
    await settle(server, client, accepted);
    return [state, String(data), events];
  },
);

scenario(
  'a signal that is aborted after close does nothing',
  async ({ net, track, once, record, mark }) => {
    const controller = new AbortController();
    const server = track(net.createServer());
    const events = record(server, ['close', 'error']);
    server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    controller.abort();
    await mark('later');
    return events;
  },
  { cross: false },
);

scenario(
  'a closed server leaves no listener on its signal',
  async ({ net, track, once }) => {
    const { getEventListeners } = require('node:events');
    const controller = new AbortController();
    const seen = [];
    const server = track(net.createServer());
    for (let round = 0; round < 3; round++) {
      server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
      await once(server, 'listening');
      seen.push(getEventListeners(controller.signal, 'abort').length > 0);
      server.close();
      await once(server, 'close');
      seen.push(getEventListeners(controller.signal, 'abort').length);
    }
    return seen;
  },
  { cross: false },
);

scenario(
  'a signal with a host name that is being looked up',
  async ({ net, track, log, once }) => {
    const controller = new AbortController();
    const server = track(net.createServer());
    server.on('error', (error) => log('error', error));
    const closed = once(server, 'close');
    server.listen({ port: 0, host: 'localhost', signal: controller.signal });
    server.once('listening', () => controller.abort());
    await closed;
    return [log.entries, server.listening];
  },
  { cross: false },
);
