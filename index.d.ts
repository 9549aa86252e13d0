/// <reference types="node" />

// The types of Node's `net`, for tokio-net. "Source" names the section of Node's documentation, of a
// man page or of an RFC that says what a thing does. Times are milliseconds, sizes are bytes.

import { EventEmitter } from 'node:events';
import { LookupAddress, LookupOptions } from 'node:dns';
import { Duplex, Readable } from 'node:stream';
import * as promises from './promises';

export { promises };

// --- Addresses ----------------------------------------------------------------------------------

/** An IP family by name. */
export type IPVersion = 'ipv4' | 'ipv6';

/** One end of a TCP connection, or what a TCP server is bound to. Source: net, server.address(). */
export interface AddressInfo {
  /** The IP address, without brackets or zone. */
  address: string;
  /** `'IPv4'` or `'IPv6'`. */
  family: string;
  /** 0 to 65535. */
  port: number;
}

/** What `new SocketAddress()` takes. Source: net, new net.SocketAddress([options]). */
export interface SocketAddressInitOptions {
  /** An IP address. Without it, the loopback address of IPv4 or the unspecified one of IPv6. */
  address?: string | undefined;
  /** Without it, `'ipv4'`. */
  family?: IPVersion | undefined;
  /** The flow label, IPv6 only, 20 bits (RFC 6437). Without it, 0. */
  flowlabel?: number | undefined;
  /** 0 to 65535. Without it, 0. */
  port?: number | undefined;
}

/** An IP address with a port, checked once and unchangeable. Source: net, class net.SocketAddress. */
export class SocketAddress {
  /**
   * @param options Address, family, flow label and port
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_SOCKET_BAD_PORT`,
   *   `ERR_OUT_OF_RANGE`, `ERR_INVALID_ADDRESS`
   */
  constructor(options?: SocketAddressInitOptions);
  readonly address: string;
  readonly family: IPVersion;
  readonly flowlabel: number;
  readonly port: number;
  /**
   * Gives the four properties as a plain object.
   *
   * @returns What `JSON.stringify()` writes
   */
  toJSON(): { address: string; port: number; family: IPVersion; flowlabel: number };
  /**
   * Reads an address with an optional port, `1.2.3.4:80` or `[::1]:80`.
   *
   * Source: net, SocketAddress.parse(input).
   *
   * @param input
   * @returns `undefined` where the text is no such thing
   * @throws `ERR_INVALID_ARG_TYPE` when it is no string
   */
  static parse(input: string): SocketAddress | undefined;
  /**
   * Tells whether a value is a SocketAddress.
   *
   * @param value
   * @returns Also `true` for one of built-in `net`
   */
  static isSocketAddress(value: unknown): value is SocketAddress;
}

/** A block list that is given as an option: a `BlockList`, of tokio-net or of built-in `net`. */
export type BlockListLike = Pick<
  BlockList,
  'addAddress' | 'addRange' | 'addSubnet' | 'check' | 'fromJSON' | 'rules' | 'toJSON'
>;

/** A socket address that is given as an argument, of tokio-net or of built-in `net`. */
export interface SocketAddressLike {
  readonly address: string;
  readonly family: IPVersion;
  readonly flowlabel: number;
  readonly port: number;
}

/**
 * A list of addresses, ranges and subnets. Source: net, class net.BlockList.
 *
 * All its methods throw `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE` or
 * `ERR_INVALID_ADDRESS` for arguments that they cannot read. Addresses given as text are read as
 * IPv4 unless `type` says otherwise.
 *
 * `structuredClone()` and `postMessage()` make copies that are instances of built-in `net`'s class and share the
 * rules with the original. From then on built-in `net` keeps them: where its own lists only grow (Node 20, 22),
 * removing throws `ERR_INVALID_STATE`.
 */
export class BlockList {
  constructor();
  /** The networks that no public address is in: RFC 1918, loopback, link-local, unique local. */
  static readonly PRIVATE_RANGES: readonly string[];
  /**
   * Tells whether a value is a BlockList.
   *
   * @param value
   * @returns Also `true` for one of built-in `net`
   */
  static isBlockList(value: unknown): value is BlockList;
  /** One line of text for each rule, the newest first. */
  readonly rules: readonly string[];
  /** The number of rules. */
  readonly size: number;
  /** Adds one address. Source: net, blockList.addAddress(). */
  addAddress(address: string | SocketAddressLike, type?: IPVersion): void;
  /** Adds several addresses at once. Source: net, blockList.addAddresses(). */
  addAddresses(addresses: readonly (string | SocketAddressLike)[], type?: IPVersion): void;
  /** Adds all addresses from `start` to `end`, both included. Source: net, blockList.addRange(). */
  addRange(
    start: string | SocketAddressLike,
    end: string | SocketAddressLike,
    type?: IPVersion,
  ): void;
  /** Adds a network by address and prefix length in bits. Source: net, blockList.addSubnet(). */
  addSubnet(net: string | SocketAddressLike, prefix: number, type?: IPVersion): void;
  /** Adds a network in CIDR notation, of either family. Source: net, blockList.addCIDR(). */
  addCIDR(cidr: string): void;
  /** Adds several networks in CIDR notation. Source: net, blockList.addCIDRs(). */
  addCIDRs(cidrs: readonly string[]): void;
  /** Removes an address that was added as such. Source: net, blockList.removeAddress(). */
  removeAddress(address: string | SocketAddressLike, type?: IPVersion): void;
  /** Removes a range that was added with the same ends. Source: net, blockList.removeRange(). */
  removeRange(
    start: string | SocketAddressLike,
    end: string | SocketAddressLike,
    type?: IPVersion,
  ): void;
  /** Removes a network that was added as such. Source: net, blockList.removeSubnet(). */
  removeSubnet(net: string | SocketAddressLike, prefix: number, type?: IPVersion): void;
  /** Removes a network in CIDR notation. Source: net, blockList.removeCIDR(). */
  removeCIDR(cidr: string): void;
  /** Removes all rules. Source: net, blockList.clear(). */
  clear(): void;
  /**
   * Looks an address up; the time does not grow with each rule.
   *
   * Source: net, blockList.check(address[, type]).
   *
   * @param address An IPv6 address that maps an IPv4 one also matches the rules for the latter
   * @param type Without it, `'ipv4'`
   * @returns `true` where a rule covers the address
   */
  check(address: string | SocketAddressLike, type?: IPVersion): boolean;
  /**
   * Gives the rules in the form that `fromJSON()` reads.
   *
   * @returns The same as `rules`
   */
  toJSON(): readonly string[];
  /**
   * Adds the rules that `toJSON()` of another list gave.
   *
   * Source: net, blockList.fromJSON(value).
   *
   * @param data The rules, or their JSON text
   */
  fromJSON(data: string | readonly string[]): void;
}

/**
 * Tells the family of an IP address. Source: net, net.isIP(input).
 *
 * @param input Anything; only text can be an address
 * @returns 4, 6, or 0 where it is no address
 */
export function isIP(input: string): number;

/**
 * Tells whether a text is an IPv4 address in dotted decimal notation without leading zeros.
 *
 * Source: net, net.isIPv4(input).
 *
 * @param input
 */
export function isIPv4(input: string): boolean;

/**
 * Tells whether a text is an IPv6 address, with or without a zone. Source: net, net.isIPv6(input).
 *
 * @param input
 */
export function isIPv6(input: string): boolean;

// --- Bound sockets ------------------------------------------------------------------------------

/** Where to bind: TCP (the first four) or a path. Source: net, new net.BoundSocket([options]). */
export interface BoundSocketOptions {
  /** A numeric address of this machine. Without it, `'0.0.0.0'`, or `'::'` with `ipv6Only`. */
  host?: string | undefined;
  /** Without it, or with 0, the system chooses. */
  port?: number | undefined;
  /** Takes no IPv4 connections on an IPv6 address (`IPV6_V6ONLY`). */
  ipv6Only?: boolean | undefined;
  /** Lets several sockets share the port (`SO_REUSEPORT`). */
  reusePort?: boolean | undefined;
  /** A Unix path; with a leading NUL, a name in Linux's abstract namespace. */
  path?: string | undefined;
}

/**
 * A socket that is bound and does nothing yet. Source: net, class net.BoundSocket.
 *
 * `A` is what `address()` gives; for one that is bound to a path, write
 * `new BoundSocket<string>({ path })`.
 */
export class BoundSocket<A extends AddressInfo | string = AddressInfo> {
  /**
   * Binds at once.
   *
   * @param options
   * @throws The system's refusal (`EADDRINUSE`, `EACCES`, …), or `ERR_INVALID_ARG_VALUE` and the like
   */
  constructor(options?: BoundSocketOptions);
  /** `true` when bound to a path. */
  readonly isPipe: boolean;
  /**
   * Tells what it is bound to.
   *
   * @returns The path where it is bound to one
   * @throws `ERR_SOCKET_HANDLE_ADOPTED` once a server or socket has taken it over
   */
  address(): A;
  /**
   * Tells the file descriptor, which stays the object's own.
   *
   * @throws `ERR_SOCKET_HANDLE_ADOPTED` once a server or socket has taken it over
   */
  fd(): number;
  /**
   * Closes it, and removes its path.
   *
   * @throws `ERR_SOCKET_HANDLE_ADOPTED` once a server or socket has taken it over
   */
  close(): void;
  /** Closes it unless it is closed or taken over. */
  [Symbol.dispose](): void;
}

/** A bound socket that is given as an option, to a server or a socket that takes it over. */
export type BoundHandle = Pick<
  BoundSocket<any>,
  'address' | 'close' | 'fd' | typeof Symbol.dispose
>;

// --- Sockets ------------------------------------------------------------------------------------

/** Finds the addresses of a name, in the way of `dns.lookup()`. */
export type LookupFunction = (
  hostname: string,
  options: LookupOptions,
  callback: (
    err: NodeJS.ErrnoException | null,
    address: string | LookupAddress[],
    family?: number,
  ) => void,
) => void;

/** Reading into memory of the caller's. Source: net, new net.Socket([options]), `onread`. */
export interface OnReadOpts {
  /** The memory, or a function that gives the memory for the next read. */
  buffer: Uint8Array | (() => Uint8Array);
  /**
   * Called for each read; returning `false` pauses the socket.
   *
   * @param bytesWritten How many bytes of `buffer` are new
   * @param buffer
   */
  callback(bytesWritten: number, buffer: Uint8Array): boolean;
}

/** What `new Socket()` takes. Source: net, new net.Socket([options]). */
export interface SocketConstructorOpts {
  /** Does not end the socket's own side when the peer ends its side. Without it, `false`. */
  allowHalfOpen?: boolean | undefined;
  /** Addresses that are not connected to: `ERR_IP_BLOCKED`. */
  blockList?: BlockListLike | undefined;
  /** A descriptor of a connected socket, which this object takes over. */
  fd?: number | undefined;
  /** A bound socket to connect from, which this object takes over. */
  handle?: BoundHandle | undefined;
  /** Bytes after which `write()` answers `false`, and reading waits. */
  highWaterMark?: number | undefined;
  /** Sends probes on an idle connection (`SO_KEEPALIVE`). Without it, `false`. */
  keepAlive?: boolean | undefined;
  /** Milliseconds before the first probe. Without it, the system's. */
  keepAliveInitialDelay?: number | undefined;
  /** Sends small writes at once (`TCP_NODELAY`). Without it, `false`. */
  noDelay?: boolean | undefined;
  /** Reads into this memory instead of emitting 'data'. */
  onread?: OnReadOpts | undefined;
  /** With `fd`: may be read. */
  readable?: boolean | undefined;
  /** With `fd`: may be written. */
  writable?: boolean | undefined;
  /** Destroys the socket when aborted. */
  signal?: AbortSignal | undefined;
  /** The type-of-service byte, 0 to 255 (`IP_TOS`, `IPV6_TCLASS`). */
  typeOfService?: number | undefined;
}

/** Connecting over TCP. Source: net, socket.connect(options[, connectListener]). */
export interface TcpSocketConnectOpts {
  /** 0 to 65535. */
  port: number;
  /** Without it, `'localhost'`. */
  host?: string | undefined;
  /** An address of this machine to connect from. */
  localAddress?: string | undefined;
  /** A port of this machine to connect from. */
  localPort?: number | undefined;
  /** 4 or 6; 0, as without it, for both. */
  family?: number | undefined;
  /** Hints for `dns.lookup()`. */
  hints?: number | undefined;
  /** Replaces `dns.lookup()`. */
  lookup?: LookupFunction | undefined;
  /** Tries the addresses of both families in turn (RFC 8305, section 5). */
  autoSelectFamily?: boolean | undefined;
  /** Milliseconds for one of these attempts, at least 10. */
  autoSelectFamilyAttemptTimeout?: number | undefined;
  /** Addresses that are not connected to: `ERR_IP_BLOCKED`. */
  blockList?: BlockListLike | undefined;
}

/** Connecting to a Unix socket. Source: net, socket.connect(options[, connectListener]). */
export interface IpcSocketConnectOpts {
  /** A path; with a leading NUL, a name in Linux's abstract namespace. */
  path: string;
}

export type SocketConnectOpts = TcpSocketConnectOpts | IpcSocketConnectOpts;

/** What `connect()` takes: a socket's options, a way to connect, and an idle timeout. */
export interface TcpNetConnectOpts extends TcpSocketConnectOpts, SocketConstructorOpts {
  /** Milliseconds without traffic before 'timeout'. */
  timeout?: number | undefined;
}

/** The same for a Unix socket. */
export interface IpcNetConnectOpts extends IpcSocketConnectOpts, SocketConstructorOpts {
  /** Milliseconds without traffic before 'timeout'. */
  timeout?: number | undefined;
}

export type NetConnectOpts = TcpNetConnectOpts | IpcNetConnectOpts;

/** The object form of `setKeepAlive()`. Source: net, socket.setKeepAlive([options]). */
export interface SetKeepAliveOptions {
  /** Without it, `false`. */
  enable?: boolean | undefined;
  /** Milliseconds before the first probe; cut down to seconds. */
  initialDelay?: number | undefined;
  /** Milliseconds between probes; cut down to seconds. Without it, 1000. */
  interval?: number | undefined;
  /** Probes without an answer before the connection is dropped. Without it, 10. */
  count?: number | undefined;
}

export type SocketReadyState = 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed';

/** A socket's events and what their listeners are given. Source: net, class net.Socket. */
export interface SocketEventMap {
  close: [hadError: boolean];
  connect: [];
  connectionAttempt: [ip: string, port: number, family: number];
  connectionAttemptFailed: [ip: string, port: number, family: number, error: Error];
  connectionAttemptTimeout: [ip: string, port: number, family: number];
  data: [data: Buffer | string];
  drain: [];
  end: [];
  error: [err: Error];
  finish: [];
  lookup: [err: Error | null, address: string, family: number | null, host: string];
  pause: [];
  pipe: [src: Readable];
  readable: [];
  ready: [];
  resume: [];
  timeout: [];
  unpipe: [src: Readable];
}

/** How long a connection or listener may be on its way to another thread. Of tokio-net. */
export interface DetachOptions {
  /** Milliseconds after which a ticket that nobody has attached is void. Without it, 60,000. */
  timeout?: number | undefined;
}

/**
 * Stands for a connection on its way to another thread: plain data for `postMessage()`. Of tokio-net.
 */
export interface SocketTicket {
  readonly type: 'tokio-net.Socket';
}

/**
 * Stands for a listener on its way to another thread: plain data for `postMessage()`. Of tokio-net.
 */
export interface ServerTicket {
  readonly type: 'tokio-net.Server';
}

/** What of a socket `@types/node` has, too. */
declare class SocketBase extends Duplex {
  /**
   * Makes a socket that is not connected, or takes over a descriptor.
   *
   * @param options
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`,
   *   `ERR_INVALID_FD_TYPE`, or the system's refusal of the descriptor
   */
  constructor(options?: SocketConstructorOpts);
  /** The `address:port` of each attempt of `autoSelectFamily`, in order. */
  readonly autoSelectFamilyAttemptedAddresses: string[];
  /** @deprecated Use `writableLength`. */
  readonly bufferSize: number;
  /** Bytes received so far. */
  readonly bytesRead: number;
  /** Bytes handed to `write()` so far, with those still queued. */
  readonly bytesWritten: number;
  /** `true` from `connect()` to 'connect' or 'error'. */
  readonly connecting: boolean;
  readonly destroyed: boolean;
  readonly localAddress?: string;
  /** `'IPv4'` or `'IPv6'`. */
  readonly localFamily?: string;
  readonly localPort?: number;
  /** `true` while not yet connected. */
  readonly pending: boolean;
  readonly readyState: SocketReadyState;
  readonly remoteAddress: string | undefined;
  /** `'IPv4'` or `'IPv6'`. */
  readonly remoteFamily: string | undefined;
  readonly remotePort: number | undefined;
  /** The server that accepted this socket, or `null`. */
  readonly server: ServerBase | null;
  /** The idle timeout in milliseconds, where one was set. */
  readonly timeout?: number;

  /**
   * Connects. Emits 'connect' and 'ready', or 'error' with `ECONNREFUSED`, `ENOTFOUND` and the like.
   *
   * Source: net, socket.connect().
   *
   * @param options Where to; or a port and a host, or a path
   * @param connectionListener Called once at 'connect'
   * @throws `ERR_MISSING_ARGS`, `ERR_INVALID_ARG_TYPE`, `ERR_SOCKET_BAD_PORT`,
   *   `ERR_INVALID_IP_ADDRESS`, `ERR_INVALID_ARG_VALUE`
   */
  connect(options: SocketConnectOpts, connectionListener?: () => void): this;
  connect(port: number, host: string, connectionListener?: () => void): this;
  connect(port: number, connectionListener?: () => void): this;
  connect(path: string, connectionListener?: () => void): this;
  /**
   * Sends bytes, or text in an encoding, after all that was written before.
   *
   * Source: net, socket.write(data[, encoding][, callback]).
   *
   * @param buffer
   * @param cb Called when the system has taken the bytes, or with the error that prevented it
   * @returns `false` when it is time to wait for 'drain'
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_STREAM_NULL_VALUES`, `ERR_UNKNOWN_ENCODING`
   */
  write(buffer: Uint8Array | string, cb?: (err?: Error | null) => void): boolean;
  write(
    str: Uint8Array | string,
    encoding?: BufferEncoding,
    cb?: (err?: Error | null) => void,
  ): boolean;
  /**
   * Sends what is given and queued, then a FIN; data from the peer still arrives.
   *
   * Source: net, socket.end([data[, encoding]][, callback]).
   *
   * @param callback Called when all has been handed to the system
   */
  end(callback?: () => void): this;
  end(buffer: Uint8Array | string, callback?: () => void): this;
  end(str: Uint8Array | string, encoding?: BufferEncoding, callback?: () => void): this;
  /** Destroys the socket once what is queued has been written. Source: net, socket.destroySoon(). */
  destroySoon(): void;
  /**
   * Closes a TCP connection by an RST, at once or as soon as it is connected.
   *
   * Source: net, socket.resetAndDestroy().
   *
   * @throws `ERR_INVALID_HANDLE_TYPE` for a Unix socket. Emits `ERR_SOCKET_CLOSED` where there is no
   *   connection
   */
  resetAndDestroy(): this;
  /**
   * Sets the encoding in which 'data' gives text. Source: stream, readable.setEncoding().
   *
   * @param encoding Without it, UTF-8
   */
  setEncoding(encoding?: BufferEncoding): this;
  /** Withholds 'data' and 'end' until `resume()`. Source: net, socket.pause(). */
  pause(): this;
  /** Lets 'data' and 'end' come again. Source: net, socket.resume(). */
  resume(): this;
  /**
   * Emits 'timeout' when nothing was sent or received for a time; the connection stays.
   *
   * Source: net, socket.setTimeout(timeout[, callback]).
   *
   * @param timeout Milliseconds; 0 for none
   * @param callback Called once at 'timeout'
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`
   */
  setTimeout(timeout: number, callback?: () => void): this;
  /**
   * Sends small writes at once, or gathers them (Nagle's algorithm, RFC 896).
   *
   * Source: net, socket.setNoDelay([noDelay]).
   *
   * @param noDelay Without it, `true`
   */
  setNoDelay(noDelay?: boolean): this;
  /**
   * Sends probes on an idle connection, or not. Where `initialDelay`, `interval` or `count` is 0, all three are left to
   * the system. Source: net, socket.setKeepAlive(); tcp(7).
   *
   * @param enable Without it, `false`
   * @param initialDelay Milliseconds before the first probe; cut down to seconds
   * @param interval Milliseconds between probes; cut down to seconds. Without it, 1000
   * @param count Probes without an answer before the connection is dropped. Without it, 10
   */
  setKeepAlive(enable?: boolean, initialDelay?: number, interval?: number, count?: number): this;
  setKeepAlive(options: SetKeepAliveOptions): this;
  /**
   * Tells the type-of-service byte. Source: net, socket.getTypeOfService().
   *
   * @returns 0 to 255
   * @throws The system's refusal
   */
  getTypeOfService(): number;
  /**
   * Sets the type-of-service byte, now or when connected. Source: net, socket.setTypeOfService(tos).
   *
   * @param tos 0 to 255; the system may mask bits
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, or the system's refusal
   */
  setTypeOfService(tos: number): this;
  /**
   * Tells what the socket is bound to. Source: net, socket.address().
   *
   * @returns Empty where it is not connected
   */
  address(): AddressInfo | {};
  /** Keeps the process alive while the socket is open, as at the start. Source: net, socket.ref(). */
  ref(): this;
  /** Lets the process end though the socket is open. Source: net, socket.unref(). */
  unref(): this;

  /** Adds a listener behind those already there. Source: events, emitter.on(). */
  on<E extends keyof SocketEventMap>(
    eventName: E,
    listener: (...args: SocketEventMap[E]) => void,
  ): this;
  on(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener that is called once. Source: events, emitter.once(). */
  once<E extends keyof SocketEventMap>(
    eventName: E,
    listener: (...args: SocketEventMap[E]) => void,
  ): this;
  once(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** The same as `on()`. Source: events, emitter.addListener(). */
  addListener<E extends keyof SocketEventMap>(
    eventName: E,
    listener: (...args: SocketEventMap[E]) => void,
  ): this;
  addListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener before those already there. Source: events, emitter.prependListener(). */
  prependListener<E extends keyof SocketEventMap>(
    eventName: E,
    listener: (...args: SocketEventMap[E]) => void,
  ): this;
  prependListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener before the others, called once. Source: events, emitter.prependOnceListener(). */
  prependOnceListener<E extends keyof SocketEventMap>(
    eventName: E,
    listener: (...args: SocketEventMap[E]) => void,
  ): this;
  prependOnceListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Removes a listener. Source: events, emitter.off(). */
  off<E extends keyof SocketEventMap>(
    eventName: E,
    listener: (...args: SocketEventMap[E]) => void,
  ): this;
  off(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** The same as `off()`. Source: events, emitter.removeListener(). */
  removeListener<E extends keyof SocketEventMap>(
    eventName: E,
    listener: (...args: SocketEventMap[E]) => void,
  ): this;
  removeListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Calls the listeners of an event; `true` where there was one. Source: events, emitter.emit(). */
  emit<E extends keyof SocketEventMap>(eventName: E, ...args: SocketEventMap[E]): boolean;
  emit(eventName: string | symbol, ...args: any[]): boolean;
}

export type { SocketBase };

/** A TCP or Unix socket. Source: net, class net.Socket. */
export class Socket extends SocketBase {
  /**
   * Goes on with a connection that was detached, in this thread or another one of the process. What
   * was read and not delivered is delivered here; counters, the idle timeout and `allowHalfOpen` are
   * those of the detached socket. Of tokio-net.
   *
   * @param ticket What `detach()` has returned
   * @param options
   * @throws `ERR_INVALID_STATE` where the ticket was used before or has expired;
   *   `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
   */
  static attach(ticket: SocketTicket, options?: SocketConstructorOpts): Socket;
  /**
   * Takes the connection out of this thread, for `Socket.attach()` in another one. The socket is
   * destroyed, the connection is not: it is closed where nobody attaches it in time. Of tokio-net.
   *
   * @param options
   * @returns A ticket that is good for one use
   * @throws `ERR_INVALID_STATE` where it is connecting, or a write is under way (wait for its
   *   callback); `ERR_SOCKET_CLOSED`, `ERR_INVALID_HANDLE_TYPE`, `ERR_OUT_OF_RANGE`
   */
  detach(options?: DetachOptions): SocketTicket;
}

// --- Servers ------------------------------------------------------------------------------------

/** What `createServer()` takes. Source: net, net.createServer([options][, connectionListener]). */
export interface ServerOpts {
  /** Does not end a connection's own side when the peer ends its side. Without it, `false`. */
  allowHalfOpen?: boolean | undefined;
  /** Addresses whose connections are closed at once. */
  blockList?: BlockListLike | undefined;
  /** Bytes after which a connection's `write()` answers `false`, and its reading waits. */
  highWaterMark?: number | undefined;
  /** Sends probes on idle connections (`SO_KEEPALIVE`). Without it, `false`. */
  keepAlive?: boolean | undefined;
  /** Milliseconds before the first probe. Without it, the system's. */
  keepAliveInitialDelay?: number | undefined;
  /** Sends small writes at once (`TCP_NODELAY`). Without it, `false`. */
  noDelay?: boolean | undefined;
  /** Reads nothing from a connection before its `resume()`. Without it, `false`. */
  pauseOnConnect?: boolean | undefined;
}

/** Where and how to listen. Source: net, server.listen(options[, callback]). */
export interface ListenOptions {
  /** Connections that may wait to be accepted. Without it, 511; the system has a limit of its own. */
  backlog?: number | undefined;
  /** In a cluster's worker: does not share the port with other workers. */
  exclusive?: boolean | undefined;
  /** A bound socket, which the server takes over. */
  handle?: BoundHandle | undefined;
  /** An address or name of this machine. Without it, all addresses. */
  host?: string | undefined;
  /** Takes no IPv4 connections on an IPv6 address (`IPV6_V6ONLY`). */
  ipv6Only?: boolean | undefined;
  /** A Unix path; with a leading NUL, a name in Linux's abstract namespace. */
  path?: string | undefined;
  /** Without it, or with 0, the system chooses. */
  port?: number | undefined;
  /** Lets all users read the Unix socket. */
  readableAll?: boolean | undefined;
  /** Lets several servers share the port (`SO_REUSEPORT`). */
  reusePort?: boolean | undefined;
  /** Closes the server when aborted. */
  signal?: AbortSignal | undefined;
  /** Lets all users write to the Unix socket, which connecting needs. */
  writableAll?: boolean | undefined;
}

/** What 'drop' tells of the connection that was closed. Source: net, event 'drop'. */
export interface DropArgument {
  localAddress?: string;
  localFamily?: string;
  localPort?: number;
  remoteAddress?: string;
  remoteFamily?: string;
  remotePort?: number;
}

/** A server's events and what their listeners are given. Source: net, class net.Server. */
export interface ServerEventMap {
  close: [];
  connection: [socket: Socket];
  drop: [data?: DropArgument];
  error: [err: Error];
  listening: [];
}

/** What of a server `@types/node` has, too: there is no such class, `Server` is an `EventEmitter`. */
declare class ServerBase extends EventEmitter {
  /**
   * @param options
   * @param connectionListener Called at each 'connection'
   * @throws `ERR_INVALID_ARG_TYPE`
   */
  constructor(options?: ServerOpts, connectionListener?: (socket: Socket) => void);
  constructor(connectionListener?: (socket: Socket) => void);
  /** The number of connections now; use `getConnections()`. */
  connections: number;
  /** In a cluster's worker: closes what is over the limit instead of passing it on. */
  dropMaxConnection?: boolean;
  readonly listening: boolean;
  /** Connections over this number are closed, and 'drop' is emitted. */
  maxConnections: number;

  /**
   * Listens. Emits 'listening', or 'error' with `EADDRINUSE`, `EACCES` and the like.
   *
   * Source: net, server.listen().
   *
   * @param options Where; or a port, host and backlog, or a path and backlog, or something that has
   *   a socket already: a server, a socket, a BoundSocket, an object with an `fd`
   * @param listeningListener Called once at 'listening'
   * @throws `ERR_SERVER_ALREADY_LISTEN`, `ERR_SOCKET_BAD_PORT`, `ERR_INVALID_ARG_VALUE`,
   *   `ERR_INVALID_ARG_TYPE`
   */
  listen(port?: number, hostname?: string, backlog?: number, listeningListener?: () => void): this;
  listen(port?: number, hostname?: string, listeningListener?: () => void): this;
  listen(port?: number, backlog?: number, listeningListener?: () => void): this;
  listen(port?: number, listeningListener?: () => void): this;
  listen(path: string, backlog?: number, listeningListener?: () => void): this;
  listen(path: string, listeningListener?: () => void): this;
  listen(options: ListenOptions, listeningListener?: () => void): this;
  listen(handle: any, backlog?: number, listeningListener?: () => void): this;
  listen(handle: any, listeningListener?: () => void): this;
  /**
   * Stops listening at once; 'close' follows when the last connection has ended.
   *
   * Source: net, server.close([callback]).
   *
   * @param callback Called at 'close', with `ERR_SERVER_NOT_RUNNING` where it was not listening
   */
  close(callback?: (err?: Error) => void): this;
  /**
   * Tells where the server listens. Source: net, server.address().
   *
   * @returns A path for a Unix server, `null` for one that does not listen
   */
  address(): AddressInfo | string | null;
  /**
   * Counts the connections. Source: net, server.getConnections(callback).
   *
   * @param cb
   */
  getConnections(cb: (error: Error | null, count: number) => void): this;
  /** Keeps the process alive while listening, as at the start. Source: net, server.ref(). */
  ref(): this;
  /** Lets the process end though the server listens. Source: net, server.unref(). */
  unref(): this;
  /**
   * Closes the server. Source: net, server[Symbol.asyncDispose]().
   *
   * @returns Fulfilled at 'close'
   */
  [Symbol.asyncDispose](): Promise<void>;
  /** Adds a listener behind those already there. Source: events, emitter.on(). */
  on<E extends keyof ServerEventMap>(
    eventName: E,
    listener: (...args: ServerEventMap[E]) => void,
  ): this;
  on(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener that is called once. Source: events, emitter.once(). */
  once<E extends keyof ServerEventMap>(
    eventName: E,
    listener: (...args: ServerEventMap[E]) => void,
  ): this;
  once(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** The same as `on()`. Source: events, emitter.addListener(). */
  addListener<E extends keyof ServerEventMap>(
    eventName: E,
    listener: (...args: ServerEventMap[E]) => void,
  ): this;
  addListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener before those already there. Source: events, emitter.prependListener(). */
  prependListener<E extends keyof ServerEventMap>(
    eventName: E,
    listener: (...args: ServerEventMap[E]) => void,
  ): this;
  prependListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener before the others, called once. Source: events, emitter.prependOnceListener(). */
  prependOnceListener<E extends keyof ServerEventMap>(
    eventName: E,
    listener: (...args: ServerEventMap[E]) => void,
  ): this;
  prependOnceListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Removes a listener. Source: events, emitter.off(). */
  off<E extends keyof ServerEventMap>(
    eventName: E,
    listener: (...args: ServerEventMap[E]) => void,
  ): this;
  off(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** The same as `off()`. Source: events, emitter.removeListener(). */
  removeListener<E extends keyof ServerEventMap>(
    eventName: E,
    listener: (...args: ServerEventMap[E]) => void,
  ): this;
  removeListener(eventName: string | symbol, listener: (...args: any[]) => void): this;
  /** Calls the listeners of an event; `true` where there was one. Source: events, emitter.emit(). */
  emit<E extends keyof ServerEventMap>(eventName: E, ...args: ServerEventMap[E]): boolean;
  emit(eventName: string | symbol, ...args: any[]): boolean;
}

/** A TCP or Unix server. Source: net, class net.Server. */
export class Server extends ServerBase {
  /**
   * Goes on listening where a server was detached, in this thread or another one of the process.
   * 'listening' follows. Of tokio-net.
   *
   * @param ticket What `detach()` has returned
   * @param options
   * @param connectionListener Called at each 'connection'
   * @throws `ERR_INVALID_STATE` where the ticket was used before or has expired;
   *   `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
   */
  static attach(
    ticket: ServerTicket,
    options?: ServerOpts,
    connectionListener?: (socket: Socket) => void,
  ): Server;
  /**
   * Takes the listener out of this thread, for `Server.attach()` in another one. Connections that
   * were accepted before are still this server's; it emits 'close' when they have ended. Of
   * tokio-net.
   *
   * @param options
   * @returns A ticket that is good for one use; the listener is closed where it is not used in time
   * @throws `ERR_SERVER_NOT_RUNNING`; `ERR_INVALID_HANDLE_TYPE` where it listens in a worker of a
   *   cluster or on a handle of built-in net; `ERR_OUT_OF_RANGE`
   */
  detach(options?: DetachOptions): ServerTicket;
  /**
   * Gives the connections one after another until the server closes. Extension: `@types/node` does
   * not have it.
   *
   * Source: net, server[Symbol.asyncIterator]().
   *
   * @returns Rejects at the server's 'error'
   */
  [Symbol.asyncIterator](): AsyncIterator<Socket> & AsyncIterable<Socket>;
}

/**
 * Makes a server, which does not listen yet.
 *
 * Source: net, net.createServer([options][, connectionListener]).
 *
 * @param options
 * @param connectionListener Called at each 'connection'
 * @throws `ERR_INVALID_ARG_TYPE`
 */
export function createServer(connectionListener?: (socket: Socket) => void): Server;
export function createServer(
  options?: ServerOpts,
  connectionListener?: (socket: Socket) => void,
): Server;

/**
 * Makes a socket and connects it. Source: net, net.createConnection().
 *
 * @param options Where to; or a port and a host, or a path
 * @param connectionListener Called once at 'connect'
 * @returns The socket, which is connecting
 * @throws As `socket.connect()` and `new Socket()`
 */
export function createConnection(options: NetConnectOpts, connectionListener?: () => void): Socket;
export function createConnection(
  port: number,
  host?: string,
  connectionListener?: () => void,
): Socket;
export function createConnection(path: string, connectionListener?: () => void): Socket;

/** The same as `createConnection()`. Source: net, net.connect(). */
export function connect(options: NetConnectOpts, connectionListener?: () => void): Socket;
export function connect(port: number, host?: string, connectionListener?: () => void): Socket;
export function connect(path: string, connectionListener?: () => void): Socket;

/** The older name of `Socket`. */
export { Socket as Stream };

// --- Defaults -----------------------------------------------------------------------------------

/**
 * Tells whether connecting tries both families where nothing else is said.
 *
 * Source: net, net.getDefaultAutoSelectFamily().
 *
 * @returns At the start `true`, unless Node was started with `--no-network-family-autoselection`
 */
export function getDefaultAutoSelectFamily(): boolean;

/**
 * Sets whether connecting tries both families where nothing else is said. Built-in `net` has a
 * default of its own, which stays.
 *
 * Source: net, net.setDefaultAutoSelectFamily(value).
 *
 * @param value
 * @throws `ERR_INVALID_ARG_TYPE`
 */
export function setDefaultAutoSelectFamily(value: boolean): void;

/**
 * Tells how long one attempt may take while there are others to try.
 *
 * Source: net, net.getDefaultAutoSelectFamilyAttemptTimeout().
 *
 * @returns Milliseconds; at the start those of built-in `net`
 */
export function getDefaultAutoSelectFamilyAttemptTimeout(): number;

/**
 * Sets how long one attempt may take while there are others to try.
 *
 * Source: net, net.setDefaultAutoSelectFamilyAttemptTimeout(value).
 *
 * @param value Milliseconds, above 0; less than 10 becomes 10
 * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`
 */
export function setDefaultAutoSelectFamilyAttemptTimeout(value: number): void;
