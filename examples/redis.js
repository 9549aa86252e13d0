'use strict';

// Redis in 40 lines: `node examples/redis.js [port]`, then `redis-cli -p <port>`. GET, SET, DEL, INCR
// and PING of the RESP2 protocol, pipelined or not. Ctrl+C ends it.

const net = require('tokio-net');

/** @type {Map<string, string>} */
const store = new Map();
const bulk = (/** @type {string} */ text) => `$${Buffer.byteLength(text, 'latin1')}\r\n${text}\r\n`;

/** @type {Record<string, (...args: string[]) => string>} */
const COMMANDS = {
  PING: () => '+PONG\r\n',
  GET: (key) => (store.has(key) ? bulk(/** @type {string} */ (store.get(key))) : '$-1\r\n'),
  SET: (key, value = '') => (store.set(key, value), '+OK\r\n'),
  DEL: (...keys) => `:${keys.filter((key) => store.delete(key)).length}\r\n`,
  INCR: (key) => {
    const value = Number(store.get(key) ?? 0) + 1;
    store.set(key, `${value}`);
    return `:${value}\r\n`;
  },
};

const server = net.createServer({ noDelay: true }, (socket) => {
  let input = '';
  // One character a byte, so that lengths are bytes and values may be binary.
  socket.setEncoding('latin1').on('data', (chunk) => {
    input += chunk;
    for (let head; (head = /^\*(\d+)\r\n/.exec(input));) {
      let at = head[0].length;
      const words = [];
      for (let left = Number(head[1]); left > 0; left--) {
        const length = /^\$(\d+)\r\n/.exec(input.slice(at, at + 16));
        const start = at + (length?.[0].length ?? 0);
        if (!length || input.length < (at = start + Number(length[1]) + 2)) return;
        words.push(input.slice(start, at - 2));
      }
      input = input.slice(at);
      const command = COMMANDS[words[0]?.toUpperCase() ?? ''];
      socket.write(command ? command(...words.slice(1)) : '-ERR unknown command\r\n', 'latin1');
    }
  });
  socket.on('error', () => {});
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(server.address()));
