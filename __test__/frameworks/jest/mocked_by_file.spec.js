'use strict';

jest.mock('net');
jest.mock('node:net');

const tokioNet = require('tokio-net');
const service = require('../service');

test('jest.mock() takes tokio-net from __mocks__ for both names', async () => {
  expect(service.net).toBe(tokioNet);
  expect(service.nodeNet).toBe(tokioNet);
  const server = await service.serve();
  const socket = await service.join(server);
  expect(await service.ask(socket, 'hello')).toBe('hello');
  await service.leave(socket, server);
});
