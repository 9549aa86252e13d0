'use strict';

const { once } = require('node:events');

const service = require('../service');

test('timers that were faked before the first module was loaded', async () => {
  expect(setTimeout.clock).toBeDefined();
  const server = await service.serve();
  const socket = await service.join(server);
  socket.setTimeout(30);
  await once(socket, 'timeout');
  expect(await service.ask(socket, 'still there')).toBe('still there');
  await service.leave(socket, server);
});
