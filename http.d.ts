import * as net from 'node:net';

/**
 * Has a server of Node's own `http`, `https`, `http2`, `tls` or `net` listen with tokio-net, and so
 * serve its sockets. `listen()`, `close()`, `address()`, timeouts and events stay as documented.
 *
 * ```js
 * serve(http.createServer(listener)).listen(8080);
 * ```
 *
 * @param server A server that does not listen yet; one of tokio-net is returned as it is
 * @returns The same server
 * @throws TypeError `ERR_INVALID_ARG_TYPE` where it is no server
 * @throws Error `ERR_SERVER_ALREADY_LISTEN`
 */
export function serve<T extends net.Server>(server: T): T;

/**
 * Has the agents of Node's own `http` and `https` connect with tokio-net, in the whole process and
 * also those that exist. An agent or a request with a `createConnection` of its own keeps that, and
 * an agent that uses a proxy (`proxyEnv`) keeps core's sockets. `fetch()`, `http2.connect()` and
 * `tls.connect()` are not affected.
 *
 * @returns A function that undoes it
 */
export function useForRequests(): () => void;
