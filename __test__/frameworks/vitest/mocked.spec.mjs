import tokioNet from 'tokio-net';
import { expect, test, vi } from 'vitest';

import * as service from '../service.mjs';

vi.mock('net', () => import('tokio-net'));
vi.mock('node:net', () => import('tokio-net'));

test('vi.mock() gives tokio-net for both names', async () => {
  expect(service.net).toBe(tokioNet);
  expect(service.nodeNet.connect).toBe(tokioNet.connect);
  const server = await service.serve();
  const socket = await service.join(server);
  expect(server).toBeInstanceOf(tokioNet.Server);
  expect(await service.ask(socket, 'hello')).toBe('hello');
  await service.leave(socket, server);
});
