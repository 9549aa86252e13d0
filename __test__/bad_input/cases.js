'use strict';

/**
 * What programs hand over that they should not, and some that they may: a table of cases, each of
 * which does one odd thing with one module.
 */

const dgram = require('node:dgram');
const fs = require('node:fs');
const path = require('node:path');

const major = Number(process.versions.node.split('.')[0]);

/** One of each kind of thing that may stand where another is wanted. */
const VALUES = Object.entries({
  undefined: undefined,
  null: null,
  true: true,
  false: false,
  zero: 0,
  'minus zero': -0,
  one: 1,
  'minus one': -1,
  fraction: 1.5,
  'two to the 16th': 65536,
  'two to the 31st': 2 ** 31,
  'two to the 32nd': 2 ** 32,
  'a port in 33 bits': 2 ** 32 + 80,
  'two to the 53rd': 2 ** 53,
  'very small': -1e300,
  NaN: NaN,
  Infinity: Infinity,
  '-Infinity': -Infinity,
  bigint: 10n,
  'empty string': '',
  space: ' ',
  text: 'text',
  hexadecimal: '0xffff1',
  'negative text': '-1',
  'fraction as text': '1.5',
  NUL: 'a\0b',
  surrogate: 'a\ud800b',
  symbol: Symbol('odd'),
  function: () => {},
  object: {},
  'no prototype': Object.create(null),
  array: [],
  'array of a number': [1],
  'array of arrays': [[[]]],
  date: new Date(0),
  expression: /odd/,
  buffer: Buffer.from('odd'),
  'array buffer': new ArrayBuffer(8),
  'boxed number': Object(1),
  'boxed string': Object('odd'),
  promise: Promise.resolve(),
  'primitive by symbol': { [Symbol.toPrimitive]: () => 1 },
  'throwing toString': {
    toString() {
      throw new Error('toString');
    },
  },
});

/** Some of them, for what is only turned into a boolean, or handed on. */
const FEW = VALUES.filter((_, index) => index % 4 === 0);

/** Values that are no port that something could be listening on. */
const NO_PORTS = VALUES.filter(([, value]) => {
  if (typeof value === 'object' || typeof value === 'symbol') return true;
  const number = Number(/** @type {any} */ (value));
  return !(number >= 1 && number <= 65535 && Number.isInteger(number));
});

/** A place where nobody listens: to be refused is quick. */
const NOWHERE = { port: 1, host: '127.0.0.1' };

/**
 * @typedef {object} Tools
 * @property {(...entry: any[]) => void} log Notes something
 * @property {<T>(emitter: T) => T} watch Notes what a socket or server emits, and closes it later
 * @property {string} folder A directory for files
 * @property {any} target Where a server of built-in net listens that echoes
 * @property {(emitter: any, event: string) => Promise<void>} until Waits for an event
 *
 * @typedef {{ name: string, run: (net: any, tools: Tools) => any }} Case
 */

/** @type {Case[]} */
const cases = [];

/**
 * @param {string} name What is done
 * @param {(net: any, tools: Tools) => any} run Does it; what it returns is noted, or what it throws
 */
function add(name, run) {
  cases.push({ name, run });
}

/**
 * @param {string} name What is done
 * @param {[string, any][]} values With each of which
 * @param {(net: any, value: any, tools: Tools) => any} run Does it
 */
function addEach(name, values, run) {
  for (const [label, value] of values) {
    add(`${name}: ${label}`, (net, tools) => run(net, value, tools));
  }
}

// ---- options and arguments of everything that takes some

addEach('new Socket(v)', VALUES, (net, value, { watch }) => {
  // Adopting standard input or output is a case of its own.
  if (typeof value === 'number' && value >= 0 && value <= 2) return 'skipped';
  return watch(new net.Socket(value)).readyState;
});

for (const option of [
  'allowHalfOpen',
  'fd',
  'highWaterMark',
  'keepAlive',
  'keepAliveInitialDelay',
  'noDelay',
  'objectMode',
  'onread',
  'readable',
  'readableHighWaterMark',
  'readableObjectMode',
  'signal',
  'writable',
]) {
  addEach(
    `new Socket({ ${option}: v })`,
    option === 'fd' || option === 'onread' ? VALUES : FEW,
    (net, value, { watch }) => {
      if (option === 'fd' && value >= 0 && value <= 2) return 'skipped';
      const socket = watch(new net.Socket({ [option]: value }));
      return [socket.readyState, socket.allowHalfOpen, socket.readableHighWaterMark];
    },
  );
}

addEach('connect(v)', NO_PORTS, (net, value, { watch }) => {
  // A text is a path.
  if (typeof value === 'string' && value !== '') return 'skipped';
  return watch(new net.Socket()).connect(value).connecting;
});
addEach('net.connect(v)', NO_PORTS, (net, value, { watch }) => {
  if (typeof value === 'string' && value !== '') return 'skipped';
  return watch(net.connect(value)).connecting;
});
addEach('connect(1, v)', VALUES, (net, value, { watch }) => {
  // A name would be looked up.
  if (typeof value === 'string') return 'skipped';
  return watch(new net.Socket()).connect(1, value).connecting;
});
addEach(
  'connect({ port: v })',
  NO_PORTS,
  (net, value, { watch }) =>
    watch(new net.Socket()).connect({ host: '127.0.0.1', port: value }).connecting,
);
addEach(
  'connect({ path: v })',
  VALUES,
  (net, value, { watch }) => watch(new net.Socket()).connect({ path: value }).connecting,
);
for (const option of [
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'family',
  'hints',
  'host',
  'keepAlive',
  'keepAliveInitialDelay',
  'localAddress',
  'localPort',
  'lookup',
  'noDelay',
  'signal',
  'timeout',
]) {
  addEach(
    `net.connect({ ${option}: v })`,
    option.startsWith('local') ? VALUES : FEW,
    (net, value, { watch }) => {
      if (option === 'host' && typeof value === 'string') return 'skipped';
      if (option === 'localPort' && value > 0 && value < 65536) return 'skipped';
      return watch(net.connect({ ...NOWHERE, [option]: value })).connecting;
    },
  );
}

addEach('new Server(v)', VALUES, (net, value, { watch }) => {
  const server = watch(new net.Server(value));
  return [server.allowHalfOpen, server.pauseOnConnect, server.listenerCount('connection')];
});
addEach('createServer({}, v)', VALUES, (net, value, { watch }) =>
  watch(net.createServer({}, value)).listenerCount('connection'),
);
for (const option of [
  'allowHalfOpen',
  'highWaterMark',
  'keepAlive',
  'keepAliveInitialDelay',
  'noDelay',
  'pauseOnConnect',
]) {
  addEach(`createServer({ ${option}: v })`, FEW, (net, value, { watch }) => {
    const server = watch(net.createServer({ [option]: value }));
    return server[option];
  });
}
addEach('listen(v)', NO_PORTS, (net, value, { watch }) => {
  if (typeof value === 'string' && value !== '') return 'skipped';
  return watch(net.createServer()).listen(value).listening;
});
addEach('listen(0, v)', VALUES, (net, value, { watch }) => {
  if (typeof value === 'string') return 'skipped';
  return watch(net.createServer()).listen(0, value).listening;
});
addEach(
  'listen({ port: v })',
  NO_PORTS,
  (net, value, { watch }) =>
    watch(net.createServer()).listen({ port: value, host: '127.0.0.1' }).listening,
);
for (const option of [
  'backlog',
  'exclusive',
  'fd',
  'host',
  'ipv6Only',
  'readableAll',
  'signal',
  'writableAll',
]) {
  addEach(`listen({ ${option}: v })`, option === 'fd' ? VALUES : FEW, (net, value, { watch }) => {
    if (option === 'host' && typeof value === 'string') return 'skipped';
    if (option === 'fd' && value >= 0 && value <= 2) return 'skipped';
    return watch(net.createServer()).listen({ port: 0, [option]: value }).listening;
  });
}
addEach('listen({ path: v })', VALUES, (net, value, { watch }) => {
  // These would be files where the tests run.
  if (typeof value === 'string' && value !== '') return 'skipped';
  return watch(net.createServer()).listen({ path: value }).listening;
});

// ---- methods

for (const [method, ...before] of [
  ['destroy'],
  ['setEncoding'],
  ['setDefaultEncoding'],
  ['setKeepAlive'],
  ['setKeepAlive', true],
  ['setNoDelay'],
  ['setTimeout'],
  ['setTimeout', 0],
  ['setTimeout', 60_000],
  ['on'],
  ['pipe'],
  ['read'],
  ['unshift'],
]) {
  const called = `${method}(${[...before, 'v'].join(', ')})`;
  addEach(`socket.${called}`, FEW, (net, value, { watch }) => {
    const socket = watch(new net.Socket());
    // A timeout that passes while the case runs is a race.
    if (method === 'setTimeout' && before.length === 0 && value > 0 && value < 60_000) {
      return 'skipped';
    }
    const answer = socket[/** @type {string} */ (method)](...before, value);
    return [answer === socket ? 'this' : typeof answer, socket.timeout, socket.destroyed];
  });
}

for (const [method, ...before] of [
  ['write'],
  ['write', 'x'],
  ['write', 'x', 'utf8'],
  ['end'],
  ['end', 'x'],
]) {
  const called = `${method}(${[...before, 'v'].join(', ')})`;
  addEach(
    `connected: socket.${called}`,
    before.length === 0 ? VALUES : FEW,
    async (net, value, { watch, target, until }) => {
      const socket = watch(net.connect(target));
      await until(socket, 'connect');
      const answer = socket[/** @type {string} */ (method)](...before, value);
      return [answer === socket ? 'this' : answer, socket.destroyed];
    },
  );
}

for (const method of ['close', 'getConnections']) {
  addEach(`server.${method}(v)`, FEW, async (net, value, { watch, until }) => {
    const server = watch(net.createServer());
    server.listen(0, '127.0.0.1');
    await until(server, 'listening');
    return server[method](value) === server;
  });
}

addEach('maxConnections = v', FEW, async (net, value, { watch, until, log }) => {
  const server = watch(net.createServer((/** @type {any} */ socket) => socket.destroy()));
  server.maxConnections = value;
  server.listen(0, '127.0.0.1');
  await until(server, 'listening');
  const client = watch(net.connect(server.address().port, '127.0.0.1'));
  client.resume();
  server.on('drop', () => log('drop'));
  await until(client, 'close');
  return server.listening;
});

// ---- functions of addresses

for (const name of ['isIP', 'isIPv4', 'isIPv6']) {
  addEach(`${name}(v)`, FEW, (net, value) => net[name](value));
}
addEach('blockList.addAddress(v)', VALUES, (net, value) => new net.BlockList().addAddress(value));
addEach('blockList.check(v)', VALUES, (net, value) => new net.BlockList().check(value));
addEach('blockList.addSubnet(address, v)', VALUES, (net, value) => {
  // An assertion of Node 20 ends the process.
  if (Object.is(value, -0)) return 'skipped';
  const list = new net.BlockList();
  list.addSubnet('10.0.0.0', value);
  return list.rules;
});
addEach('blockList.addRange(address, v)', VALUES, (net, value) =>
  new net.BlockList().addRange('10.0.0.0', value),
);
for (const option of ['address', 'family', 'flowlabel', 'port']) {
  addEach(`new SocketAddress({ ${option}: v })`, NO_PORTS, (net, value) => {
    // Assertions of Node end the process.
    if (Object.is(value, -0) || value === 2 ** 31) return 'skipped';
    const { address, family, flowlabel, port } = new net.SocketAddress({ [option]: value });
    return [address, family, flowlabel, port];
  });
}

// ---- lookups

const ADDRESSES = VALUES.filter(([, value]) => value !== null && value !== undefined);
addEach('a lookup that answers v', VALUES, (net, value, { watch }) => {
  watch(
    net.connect({ port: 1, host: 'odd', lookup: (_host, _options, done) => done(null, value, 4) }),
  );
});
addEach('a lookup that answers with the family v', VALUES, (net, value, { watch }) => {
  watch(
    net.connect({
      port: 1,
      host: 'odd',
      lookup: (_host, _options, done) => done(null, '127.0.0.1', value),
      autoSelectFamily: false,
    }),
  );
});
addEach('a lookup that fails with v', ADDRESSES, (net, value, { watch }) => {
  watch(net.connect({ port: 1, host: 'odd', lookup: (_host, _options, done) => done(value) }));
});
addEach('a lookup of all that answers [v]', VALUES, (net, value, { watch }) => {
  const lookup = (/** @type {any} */ _host, /** @type {any} */ options, /** @type {any} */ done) =>
    done(null, options.all ? [value] : value, 4);
  watch(net.connect({ port: 1, host: 'odd', lookup, autoSelectFamily: true }));
});
addEach('a lookup of all that answers an address v', VALUES, (net, value, { watch }) => {
  const lookup = (/** @type {any} */ _host, /** @type {any} */ _options, /** @type {any} */ done) =>
    done(null, [{ address: value, family: 4 }]);
  watch(net.connect({ port: 1, host: 'odd', lookup, autoSelectFamily: true }));
});
addEach('a lookup of all that answers a family v', VALUES, (net, value, { watch }) => {
  const lookup = (/** @type {any} */ _host, /** @type {any} */ _options, /** @type {any} */ done) =>
    done(null, [{ address: '127.0.0.1', family: value }]);
  watch(net.connect({ port: 1, host: 'odd', lookup, autoSelectFamily: true }));
});
for (const autoSelectFamily of [false, true]) {
  const answer = autoSelectFamily ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1';
  const named = (/** @type {string} */ name) => `${name}, autoSelectFamily: ${autoSelectFamily}`;
  const connect = (/** @type {any} */ net, /** @type {any} */ tools, /** @type {any} */ lookup) => {
    const { port } = tools.target;
    return tools.watch(net.connect({ port, host: 'odd', lookup, autoSelectFamily }));
  };
  add(named('a lookup that throws'), (net, tools) => {
    connect(net, tools, () => {
      throw new Error('lookup');
    });
  });
  add(named('a lookup that throws later'), (net, tools) => {
    connect(net, tools, () => {
      setImmediate(() => {
        throw new Error('lookup');
      });
    });
  });
  add(named('a lookup that answers twice'), (net, tools) => {
    connect(net, tools, (/** @type {any} */ _h, /** @type {any} */ _o, /** @type {any} */ done) => {
      done(null, answer, 4);
      tools.log('first');
      done(null, answer, 4);
    });
  });
  add(named('a lookup that answers twice, later'), (net, tools) => {
    connect(net, tools, (/** @type {any} */ _h, /** @type {any} */ _o, /** @type {any} */ done) => {
      setImmediate(done, null, answer, 4);
      setImmediate(done, null, answer, 4);
    });
  });
  add(named('a lookup that fails and then answers'), (net, tools) => {
    connect(net, tools, (/** @type {any} */ _h, /** @type {any} */ _o, /** @type {any} */ done) => {
      done(new Error('lookup'));
      done(null, answer, 4);
    });
  });
  add(named('a lookup that never answers'), (net, tools) => {
    const socket = connect(net, tools, () => {});
    return [socket.connecting, socket.write('x')];
  });
  add(named('a lookup that destroys the socket'), (net, tools) => {
    const socket = connect(
      net,
      tools,
      (/** @type {any} */ _h, /** @type {any} */ _o, /** @type {any} */ done) => {
        process.nextTick(() => {
          socket.destroy();
          done(null, answer, 4);
        });
      },
    );
  });
  add(named('a lookup that answers at once'), (net, tools) => {
    const socket = connect(
      net,
      tools,
      (/** @type {any} */ _h, /** @type {any} */ _o, /** @type {any} */ done) =>
        done(null, answer, 4),
    );
    return socket.connecting;
  });
  add(named('a lookup that answers nothing'), (net, tools) => {
    connect(net, tools, (/** @type {any} */ _h, /** @type {any} */ _o, /** @type {any} */ done) =>
      done(null, autoSelectFamily ? [] : undefined),
    );
  });
}

// ---- options that are not plain

const KEYS = [
  'allowHalfOpen',
  'family',
  'host',
  'localAddress',
  'localPort',
  'lookup',
  'noDelay',
  'onread',
  'path',
  'port',
  'signal',
  'timeout',
];
for (const key of KEYS) {
  const throwing = () => {
    throw new Error(`get ${key}`);
  };
  add(`connect: a getter of ${key} that throws`, (net, { watch }) => {
    const options = Object.defineProperty({ ...NOWHERE }, key, { get: throwing, enumerable: true });
    watch(net.connect(options));
  });
  add(`listen: a getter of ${key} that throws`, (net, { watch }) => {
    const options = { port: 0, host: '127.0.0.1' };
    Object.defineProperty(options, key, { get: throwing, enumerable: true });
    watch(net.createServer()).listen(options);
  });
  add(`an inherited ${key}`, (net, { watch }) => {
    const value = { port: 1, host: '127.0.0.1', path: '/nonexistent/odd', localPort: 0 }[key];
    const options = Object.assign(Object.create({ [key]: value }), NOWHERE);
    const socket = watch(net.connect(options));
    return socket.connecting;
  });
}
// `allowHalfOpen` is missing: built-in net takes it from a polluted prototype, tokio-net does not.
for (const [key, value] of Object.entries({
  all: true,
  autoSelectFamily: true,
  backlog: 1,
  code: 'ODD',
  exclusive: true,
  family: 6,
  handle: {},
  host: '127.0.0.2',
  keepAlive: true,
  localAddress: '127.0.0.1',
  noDelay: true,
  onread: {},
  pauseOnConnect: true,
  readableAll: true,
  reusePort: true,
  timeout: 60_000,
  writableAll: true,
})) {
  const polluted = (/** @type {() => any} */ run) => {
    Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true });
    try {
      return run();
    } finally {
      delete (/** @type {any} */ (Object.prototype)[key]);
    }
  };
  add(`a polluted prototype with ${key}: connect`, (net, { watch, target }) =>
    polluted(() => {
      const socket = watch(net.connect({ port: target.port, host: '127.0.0.1' }));
      return [socket.allowHalfOpen, socket.timeout, socket.connecting];
    }),
  );
  add(`a polluted prototype with ${key}: listen`, (net, { watch }) =>
    polluted(() => {
      const server = watch(net.createServer());
      server.listen({ port: 0, host: '127.0.0.1' });
      return [server.allowHalfOpen, server.pauseOnConnect, server.noDelay];
    }),
  );
  add(`a polluted prototype with ${key}: new Socket`, (net, { watch }) =>
    polluted(() => {
      const socket = watch(new net.Socket());
      return [socket.allowHalfOpen, socket.readyState];
    }),
  );
}
for (const trap of ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf']) {
  const proxy = () =>
    new Proxy(
      { ...NOWHERE },
      {
        [trap]() {
          throw new Error(`trap ${trap}`);
        },
      },
    );
  add(`connect: a proxy with a throwing ${trap}`, (net, { watch }) => {
    watch(net.connect(proxy()));
  });
  add(`new Socket: a proxy with a throwing ${trap}`, (net, { watch }) => {
    watch(new net.Socket(proxy()));
  });
  add(`createServer: a proxy with a throwing ${trap}`, (net, { watch }) => {
    watch(net.createServer(proxy()));
  });
}
add('a revoked proxy', (net, { watch }) => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  watch(net.connect(proxy));
});
add('frozen options', (net, { watch }) => {
  watch(net.connect(Object.freeze({ ...NOWHERE })));
  watch(net.createServer(Object.freeze({}))).listen(Object.freeze({ port: 0, host: '127.0.0.1' }));
});

// ---- paths

for (const [label, name] of Object.entries({
  'of 107 bytes': (/** @type {string} */ folder) =>
    path.join(folder, 'x'.repeat(106 - folder.length)),
  'of 108 bytes': (/** @type {string} */ folder) =>
    path.join(folder, 'x'.repeat(107 - folder.length)),
  'of 109 bytes': (/** @type {string} */ folder) =>
    path.join(folder, 'x'.repeat(108 - folder.length)),
  'of 5,000 bytes': (/** @type {string} */ folder) => path.join(folder, 'x'.repeat(5000)),
  'in a directory that is not there': (/** @type {string} */ folder) => `${folder}/none/s`,
  'that is a directory': (/** @type {string} */ folder) => folder,
  'that is a file': (/** @type {string} */ folder) => `${folder}/file`,
  'through a file': (/** @type {string} */ folder) => `${folder}/file/s`,
  'with a slash behind it': (/** @type {string} */ folder) => `${folder}/s/`,
  'that is a link to nothing': (/** @type {string} */ folder) => `${folder}/dangling`,
  'that is a link in a circle': (/** @type {string} */ folder) => `${folder}/circle`,
  'that is /dev/null': () => '/dev/null',
  'with a space behind it': (/** @type {string} */ folder) => `${folder}/s `,
})) {
  // Nodes before 24 cut such a path and use what is left; tokio-net refuses it, as newer ones do.
  if (major < 24 && /109|5,000/.test(label)) continue;
  add(`listen: a path ${label}`, (net, { watch, folder }) => {
    watch(net.createServer()).listen(name(folder));
  });
  add(`connect: a path ${label}`, (net, { watch, folder }) => {
    watch(net.connect(name(folder)));
  });
}

// ---- descriptors

/** @type {Record<string, (folder: string) => number | Promise<number>>} */
const DESCRIPTORS = {
  'that is closed': () => {
    const fd = fs.openSync('/dev/null');
    fs.closeSync(fd);
    return fd;
  },
  'of a file': (folder) => fs.openSync(`${folder}/file`, 'r+'),
  'of a directory': (folder) => fs.openSync(folder),
  'of /dev/null': () => fs.openSync('/dev/null', 'r+'),
  'far out': () => 1_000_000,
};
for (const [label, make] of Object.entries(DESCRIPTORS)) {
  add(`new Socket: a descriptor ${label}`, async (net, { watch, folder }) => {
    watch(new net.Socket({ fd: await make(folder) }));
  });
  add(`listen: a descriptor ${label}`, async (net, { watch, folder }) => {
    watch(net.createServer()).listen({ fd: await make(folder) });
  });
}
add('listen on the descriptor of a datagram socket', async (net, { watch, until }) => {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await until(socket, 'listening');
  const { fd } = /** @type {any} */ (socket)[
    Object.getOwnPropertySymbols(socket).find((symbol) =>
      String(symbol).includes('state symbol'),
    ) ?? ''
  ].handle;
  watch(net.createServer()).listen({ fd });
  await until(undefined, 'quiet');
  socket.close();
});

// ---- memory

add('write: a detached array', async (net, { watch, target, until }) => {
  const socket = watch(net.connect(target));
  await until(socket, 'connect');
  const bytes = new Uint8Array(64).fill(65);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return [socket.write(bytes), socket.bytesWritten];
});
for (const [label, when] of Object.entries({ large: 4 * 1024 * 1024, small: 64 })) {
  add(`write: an array of ${label} size, detached afterwards`, async (net, tools) => {
    const { watch, target, until, log } = tools;
    const socket = watch(net.connect(target));
    await until(socket, 'connect');
    const bytes = new Uint8Array(when).fill(65);
    let echoed = 0;
    const done = new Promise((resolve) => {
      socket.on('data', (/** @type {Buffer} */ chunk) => {
        echoed += chunk.length;
        if (chunk.some((byte) => byte !== 65)) log('another byte');
        if (echoed === when) resolve(undefined);
      });
    });
    socket.cork();
    socket.write(bytes);
    socket.uncork();
    // What the kernel did not take is still in the array: only its copy may go.
    if (when === 64) structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    await done;
    return echoed;
  });
}
if (major >= 20) {
  const sized = (/** @type {number} */ length) =>
    new /** @type {any} */ (ArrayBuffer)(length, { maxByteLength: length * 2 });
  add('write: an array over memory that shrinks', async (net, { watch, target, until }) => {
    const socket = watch(net.connect(target));
    await until(socket, 'connect');
    const memory = sized(64);
    const bytes = new Uint8Array(memory);
    const first = socket.write(bytes);
    memory.resize(16);
    return [first, socket.write(bytes), socket.bytesWritten];
  });
  add('write: an array out of the bounds of its memory', async (net, { watch, target, until }) => {
    const socket = watch(net.connect(target));
    await until(socket, 'connect');
    const memory = sized(64);
    const bytes = new Uint8Array(memory, 32, 32);
    memory.resize(16);
    return [socket.write(bytes), socket.bytesWritten];
  });
  add('onread: memory that shrinks', async (net, { watch, target, until, log }) => {
    const memory = sized(64);
    const buffer = new Uint8Array(memory);
    const onread = {
      buffer,
      callback(/** @type {number} */ count) {
        log('read', count, buffer.byteLength);
        return true;
      },
    };
    const socket = watch(net.connect({ ...target, onread }));
    await until(socket, 'connect');
    memory.resize(32);
    socket.write('x'.repeat(20));
    await until(undefined, 'quiet');
  });
}
add('write: shared memory', async (net, { watch, target, until, log }) => {
  const socket = watch(net.connect(target));
  await until(socket, 'connect');
  socket.on('data', (/** @type {Buffer} */ chunk) => log(String(chunk)));
  return socket.write(new Uint8Array(new SharedArrayBuffer(16)).fill(66));
});
add('onread: shared memory', async (net, { watch, target, until, log }) => {
  const buffer = new Uint8Array(new SharedArrayBuffer(16));
  const callback = (/** @type {number} */ count) => {
    log(count, Buffer.from(buffer.slice(0, count)).toString());
    return true;
  };
  const socket = watch(net.connect({ ...target, onread: { buffer, callback } }));
  await until(socket, 'connect');
  socket.write('shared');
  await until(undefined, 'quiet');
});
for (const [label, value] of FEW) {
  add(`onread: a callback that returns ${label}`, async (net, { watch, target, until, log }) => {
    const callback = (/** @type {number} */ count) => {
      log(count);
      return value;
    };
    const socket = watch(
      net.connect({ ...target, onread: { buffer: Buffer.alloc(64), callback } }),
    );
    await until(socket, 'connect');
    socket.write('twelve bytes');
    await until(undefined, 'quiet');
    return socket.bytesRead;
  });
}
add('onread: a callback that throws', async (net, { watch, target, until }) => {
  const callback = () => {
    throw new Error('callback');
  };
  const socket = watch(net.connect({ ...target, onread: { buffer: Buffer.alloc(64), callback } }));
  await until(socket, 'connect');
  socket.write('x');
  await until(undefined, 'quiet');
});
for (const [type, view] of Object.entries({
  DataView: new DataView(new ArrayBuffer(8)),
  Float64Array: new Float64Array([1, 2]),
  Int8Array: Int8Array.of(65, 66),
  Uint16Array: Uint16Array.of(65, 66),
  Uint8ClampedArray: Uint8ClampedArray.of(65, 66),
  BigInt64Array: BigInt64Array.of(1n),
})) {
  add(`write: a ${type}`, async (net, { watch, target, until, log }) => {
    const socket = watch(net.connect(target));
    await until(socket, 'connect');
    socket.on('data', (/** @type {Buffer} */ chunk) => log(chunk.toString('hex')));
    socket.write(view);
    await until(undefined, 'quiet');
    return socket.bytesWritten;
  });
}

// ---- sockets and servers of a program's own make

for (const [label, make] of Object.entries({
  'an emit that throws for "connect"': (/** @type {any} */ net) =>
    class extends net.Socket {
      emit(/** @type {string} */ event, /** @type {any[]} */ ...rest) {
        if (event === 'connect') throw new Error('emit');
        return super.emit(event, ...rest);
      }
    },
  'a _read that does nothing': (/** @type {any} */ net) =>
    class extends net.Socket {
      _read() {}
    },
  'a _write that fails': (/** @type {any} */ net) =>
    class extends net.Socket {
      _write(/** @type {any} */ _chunk, /** @type {any} */ _encoding, /** @type {any} */ done) {
        done(new Error('_write'));
      }
    },
  'a _writev that fails': (/** @type {any} */ net) =>
    class extends net.Socket {
      _writev(/** @type {any} */ _chunks, /** @type {any} */ done) {
        done(new Error('_writev'));
      }
    },
  'a _final that fails': (/** @type {any} */ net) =>
    class extends net.Socket {
      _final(/** @type {any} */ done) {
        done(new Error('_final'));
      }
    },
  'a _destroy that changes the error': (/** @type {any} */ net) =>
    class extends net.Socket {
      _destroy(/** @type {any} */ _error, /** @type {any} */ done) {
        super._destroy(null, () => done(new Error('_destroy')));
      }
    },
  'a push that drops everything': (/** @type {any} */ net) =>
    class extends net.Socket {
      push(/** @type {any} */ chunk) {
        return chunk === null ? super.push(null) : true;
      }
    },
})) {
  add(`a socket with ${label}`, async (net, { watch, target, until, log }) => {
    const Own = make(net);
    const socket = watch(new Own());
    socket.on('data', (/** @type {Buffer} */ chunk) => log('data', String(chunk)));
    socket.connect(target);
    await until(undefined, 'quiet');
    socket.cork();
    socket.write('a');
    socket.write('b');
    socket.uncork();
    await until(undefined, 'quiet');
    socket.end('c');
    await until(undefined, 'quiet');
    return [socket.destroyed, socket instanceof net.Socket];
  });
}
add('a socket whose constructor throws after super', (net) => {
  class Own extends net.Socket {
    constructor() {
      super();
      throw new Error('constructor');
    }
  }
  return new Own();
});
add('a listener of "connection" that throws', async (net, { watch, until }) => {
  const server = watch(
    net.createServer(() => {
      throw new Error('listener');
    }),
  );
  server.listen(0, '127.0.0.1');
  await until(server, 'listening');
  watch(net.connect(server.address().port, '127.0.0.1'));
  await until(undefined, 'quiet');
  return server.listening;
});
for (const event of ['connect', 'data', 'end', 'close', 'drain']) {
  add(`a listener of "${event}" that throws`, async (net, { watch, target, until }) => {
    const socket = watch(net.connect(target));
    socket.once(event, () => {
      throw new Error(`listener of ${event}`);
    });
    socket.resume();
    await until(undefined, 'quiet');
    socket.write('x'.repeat(100_000));
    await until(undefined, 'quiet');
    socket.end();
    await until(undefined, 'quiet');
    return socket.destroyed;
  });
}

module.exports = { cases };
