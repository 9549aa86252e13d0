/// <reference types="node" />

// The types of Node's `net/promises`, for tokio-net.

import { ListenOptions, NetConnectOpts, Server, ServerOpts, Socket } from './index';

/** What `listen()` takes: a server's options, and where to listen. */
export interface ListenPromiseOptions extends ServerOpts, ListenOptions {
  /** Called at each 'connection'. */
  connectionListener?: ((socket: Socket) => void) | undefined;
}

/**
 * Makes a socket and connects it. Source: net, net/promises API, netPromises.connect().
 *
 * @param options Where to, with a `signal` that may end the attempt; or a port and a host, or a path
 * @returns The connected socket. Rejects with the error that 'error' would give, or an `AbortError`;
 *   the socket is destroyed then
 */
export function connect(options: NetConnectOpts): Promise<Socket>;
export function connect(port: number, host?: string): Promise<Socket>;
export function connect(path: string): Promise<Socket>;

/**
 * Makes a server that listens. Source: net, net/promises API, netPromises.listen([options]).
 *
 * @param options With a `signal` that rejects before the server listens and closes it afterwards
 * @returns The listening server. Rejects with the error that 'error' would give, or an `AbortError`;
 *   the server is closed then
 */
export function listen(options?: ListenPromiseOptions): Promise<Server>;
