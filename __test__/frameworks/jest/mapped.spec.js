'use strict';

const { once } = require('node:events');

const tokioNet = require('tokio-net');
const service = require('../service');

describe('moduleNameMapper', () => {
  test('gives tokio-net for both names', () => {
    expect(service.net).toBe(tokioNet);
    expect(service.nodeNet).toBe(tokioNet);
    expect(require('node:net')).toBe(tokioNet);
  });

  test('carries bytes', async () => {
    const server = await service.serve();
    const socket = await service.join(server);
    expect(await service.ask(socket, 'x'.repeat(100_000))).toHaveLength(100_000);
    await service.leave(socket, server);
  });

  test('a registry of its own has the same module', () => {
    jest.isolateModules(() => expect(require('net')).toBe(tokioNet));
    jest.resetModules();
    expect(require('tokio-net')).toBe(tokioNet);
    expect(require('tokio-net/promises')).toBe(tokioNet.promises);
  });

  test('a module that is loaded again carries bytes too', async () => {
    for (let round = 0; round < 5; round++) {
      jest.resetModules();
      const again = require('../service');
      expect(again).not.toBe(service);
      const server = await again.serve();
      const socket = await again.join(server);
      expect(await again.ask(socket, 'again')).toBe('again');
      await again.leave(socket, server);
    }
  });

  test('errors of the system arrive', async () => {
    const server = await service.serve();
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    const socket = service.net.connect(port, '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED', port });
  });
});

describe('fake timers', () => {
  afterEach(() => jest.useRealTimers());

  test('stand still for sockets, as for those of built-in net', async () => {
    jest.useFakeTimers();
    const server = await service.serve();
    const socket = await service.join(server);
    const onTimeout = jest.fn();
    socket.setTimeout(30, onTimeout);
    jest.advanceTimersByTime(60_000);
    expect(onTimeout).not.toHaveBeenCalled();
    await once(socket, 'timeout');
    expect(onTimeout).toHaveBeenCalledTimes(1);
    expect(await service.ask(socket, 'still there')).toBe('still there');
    await service.leave(socket, server);
  });
});
