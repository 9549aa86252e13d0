import { once } from 'node:events';
import { createRequire } from 'node:module';

import tokioNet from 'tokio-net';
import { afterEach, expect, test, vi } from 'vitest';

import * as service from '../service.mjs';

afterEach(() => vi.useRealTimers());

test('gives tokio-net for both names', () => {
  expect(service.net).toBe(tokioNet);
  expect(service.nodeNet.connect).toBe(tokioNet.connect);
  expect(createRequire(import.meta.url)('tokio-net')).toBe(tokioNet);
});

test('carries bytes', async () => {
  const server = await service.serve();
  const socket = await service.join(server);
  expect(server).toBeInstanceOf(tokioNet.Server);
  expect(await service.ask(socket, 'x'.repeat(100_000))).toHaveLength(100_000);
  await service.leave(socket, server);
});

test('a module that is loaded again carries bytes too', async () => {
  for (let round = 0; round < 5; round++) {
    vi.resetModules();
    const again = await import('../service.mjs');
    expect(again.serve).not.toBe(service.serve);
    const server = await again.serve();
    const socket = await service.join(server);
    expect(server).toBeInstanceOf(tokioNet.Server);
    expect(await again.ask(socket, 'again')).toBe('again');
    await again.leave(socket, server);
  }
});

test('fake timers stand still for sockets, as for those of built-in net', async () => {
  vi.useFakeTimers();
  const server = await service.serve();
  const socket = await service.join(server);
  const onTimeout = vi.fn();
  socket.setTimeout(30, onTimeout);
  vi.advanceTimersByTime(60_000);
  expect(onTimeout).not.toHaveBeenCalled();
  await once(socket, 'timeout');
  expect(onTimeout).toHaveBeenCalledTimes(1);
  expect(await service.ask(socket, 'still there')).toBe('still there');
  await service.leave(socket, server);
});
