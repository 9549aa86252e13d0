'use strict';

const tokioNet = require('tokio-net');
const service = require('../service');

test('a second file in the same process has connections of its own', async () => {
  expect(service.net).toBe(tokioNet);
  const server = await service.serve();
  const sockets = await Promise.all([service.join(server), service.join(server)]);
  expect(await Promise.all(sockets.map((socket) => service.ask(socket, 'hello')))).toEqual([
    'hello',
    'hello',
  ]);
  sockets[0].destroy();
  await service.leave(sockets[1], server);
});
