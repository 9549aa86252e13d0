'use strict';

jest.mock('net', () => require('tokio-net'));
jest.mock('node:net', () => require('tokio-net'));

const tokioNet = require('tokio-net');
const service = require('../service');

test('jest.mock() with a factory gives tokio-net for both names', async () => {
  expect(service.net).toBe(tokioNet);
  expect(service.nodeNet).toBe(tokioNet);
  const server = await service.serve();
  const socket = await service.join(server);
  expect(server).toBeInstanceOf(tokioNet.Server);
  expect(await service.ask(socket, 'hello')).toBe('hello');
  await service.leave(socket, server);
});
