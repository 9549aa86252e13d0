// Compiled by `npm run typecheck`, never run: tokio-net's types and those of `net` stand in for each
// other, but for what tokio-net has and `@types/node` lacks.

import * as net from 'node:net';
import * as tokioNet from '../../index';
import * as promises from '../../promises';
import * as register from '../../register';

/** What of ours is known to net's types. */
type Shared<Ours, Theirs> = Pick<Ours, keyof Ours & keyof Theirs>;

/** The extensions, which `index.d.ts` names as such. Where one goes into `@types/node`, it leaves here. */
interface Extensions {
  module: 'Stream' | 'promises';
  Server: 'detach' | 'dropMaxConnection' | typeof Symbol.asyncIterator;
  Socket: 'detach';
  BlockList:
    | 'addAddresses'
    | 'addCIDR'
    | 'addCIDRs'
    | 'clear'
    | 'removeAddress'
    | 'removeCIDR'
    | 'removeRange'
    | 'removeSubnet'
    | 'size';
  BoundSocket: 'isPipe';
  SocketAddress: 'toJSON';
}
type Extra<Ours, Theirs> = Exclude<keyof Ours, keyof Theirs>;
export const extensions: Extensions = {} as {
  module: Extra<typeof tokioNet, typeof net>;
  Server: Extra<tokioNet.Server, net.Server>;
  Socket: Extra<tokioNet.Socket, net.Socket>;
  BlockList: Extra<tokioNet.BlockList, net.BlockList>;
  BoundSocket: Extra<tokioNet.BoundSocket, net.BoundSocket>;
  SocketAddress: Extra<tokioNet.SocketAddress, net.SocketAddress>;
};

// Code written for the types of net takes ours: the module, and what it makes.
export const oursAsTheirs: typeof net = tokioNet;
export const socketAsTheirs: net.Socket = new tokioNet.Socket();
export const serverAsTheirs: net.Server = new tokioNet.Server();
export const blockListAsTheirs: net.BlockList = new tokioNet.BlockList();
export const boundSocketAsTheirs: net.BoundSocket = new tokioNet.BoundSocket();
export const socketAddressAsTheirs: net.SocketAddress = new tokioNet.SocketAddress();

// Code written for ours takes net's. The functions and classes that give what we have more of are
// compared by what they give.
type Extended =
  | 'BlockList'
  | 'BoundSocket'
  | 'Server'
  | 'Socket'
  | 'SocketAddress'
  | 'Stream'
  | 'connect'
  | 'createConnection'
  | 'createServer';
export const theirsAsOurs: Omit<Shared<typeof tokioNet, typeof net>, Extended> = net;
export const socketAsOurs: tokioNet.SocketBase = new net.Socket();
export const connects: (port: number, host: string) => tokioNet.SocketBase = net.connect;
export const serverAsOurs: NonNullable<tokioNet.Socket['server']> = new net.Server();
export const blockListAsOurs: Shared<tokioNet.BlockList, net.BlockList> = new net.BlockList();
export const boundSocketAsOurs: Shared<tokioNet.BoundSocket, net.BoundSocket> =
  new net.BoundSocket();
export const socketAddressAsOurs: Shared<tokioNet.SocketAddress, net.SocketAddress> =
  new net.SocketAddress({});
export const address: tokioNet.AddressInfo = {} as net.AddressInfo;
export const connectOptions: tokioNet.NetConnectOpts = {} as net.NetConnectOpts;
export const serverOptions: tokioNet.ServerOpts = {} as net.ServerOpts;
export const listenOptions: tokioNet.ListenOptions = {} as net.ListenOptions;
export const makesServer: (
  options?: tokioNet.ServerOpts,
  listener?: (socket: tokioNet.SocketBase) => void,
) => typeof serverAsOurs = net.createServer;
tokioNet.createServer({ blockList: new net.BlockList() });
tokioNet.createServer().listen({ handle: new net.BoundSocket() });
new tokioNet.BlockList().addAddress(new net.SocketAddress({ address: '192.0.2.1' }));
tokioNet.createServer().listen({ handle: new tokioNet.BoundSocket<string>({ path: 'x' }) });

export const registered: boolean = register.active;

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
