// Compiled by `npm run typecheck`, never run: tokio-net's types can stand in for those of `net`.

import * as net from 'node:net';
import * as tokioNet from '../../index';
import * as promises from '../../promises';

/** Built-in net's types, where @types/node is as new as the documentation that ours follow. */
type Net = Omit<typeof net, 'BoundSocket'>;

// Code written for the types of net takes ours.
export const module: Net = tokioNet;
export const socket: net.Socket = new tokioNet.Socket();
export const server: net.Server = new tokioNet.Server();
export const blockList: net.BlockList = new tokioNet.BlockList();
export const socketAddress: net.SocketAddress = new tokioNet.SocketAddress();

// Ours take what was made with net; a socket of net's is none of ours, for its server iterates nothing.
export const address: tokioNet.AddressInfo = {} as net.AddressInfo;
export const connectOptions: tokioNet.NetConnectOpts = {} as net.NetConnectOpts;
export const serverOptions: tokioNet.ServerOpts = {} as net.ServerOpts;
export const listenOptions: tokioNet.ListenOptions = {} as net.ListenOptions;
tokioNet.createServer({ blockList: new net.BlockList() });
new tokioNet.BlockList().addAddress(new net.SocketAddress({ address: '192.0.2.1' }));

// Events are told apart by their names.
tokioNet
  .createServer((connection) => {
    connection.on('close', (hadError: boolean) => hadError);
    connection.on('lookup', (err, found: string, family: number | null) => [err, found, family]);
  })
  .on('drop', (data) => data?.remotePort);

// @ts-expect-error a port is a number
tokioNet.connect({ port: '80' });

export async function iterates(): Promise<void> {
  await using listening = await promises.listen({ port: 0 });
  for await (const connection of listening) connection.end();
  const client: tokioNet.Socket = await tokioNet.promises.connect(80, 'localhost');
  client.destroy();
}
