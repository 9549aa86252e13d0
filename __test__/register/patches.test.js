'use strict';

// What programs put in the place of methods reaches every socket, as with built-in net.

const assert = require('node:assert');
const path = require('node:path');
const { test } = require('node:test');
const { runNode } = require('./run');

const CERTIFICATES = path.join(__dirname, '..', 'protocols', 'certificates');

/**
 * Declares a test: the program prints the same with tokio-net in the place of net as without.
 *
 * @param {string} title What it shows
 * @param {((certificates: string) => Promise<any>) | string} main The program, or its text. It sees
 *   nothing of this file
 */
function same(title, main) {
  test(title, async () => {
    const source = `(${main})(${JSON.stringify(CERTIFICATES)})
      .then((result) => console.log(JSON.stringify(result)));`;
    const results = [];
    for (const TOKIO_NET of ['off', '']) {
      const { stdout, stderr, code } = await runNode(['-r', 'tokio-net/register', '-e', source], {
        env: { TOKIO_NET },
      });
      assert.deepStrictEqual([code, stderr], [0, '']);
      results.push(JSON.parse(stdout));
    }
    assert.notStrictEqual(results[0].length, 0);
    assert.deepStrictEqual(results[1], results[0]);
  });
}

same('Socket.prototype.connect is called for TLS and https, too', async (certificates) => {
  const fs = require('node:fs');
  const net = require('node:net');
  const tls = require('node:tls');
  const https = require('node:https');
  const { once } = require('node:events');
  const key = fs.readFileSync(`${certificates}/server.key.pem`);
  const cert = fs.readFileSync(`${certificates}/server.pem`);
  const ca = fs.readFileSync(`${certificates}/authority.pem`);
  const server = https.createServer({ key, cert }, (request, response) => response.end('hello'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const target = { port: server.address().port, host: '127.0.0.1', servername: 'localhost', ca };

  const seen = [];
  const dial = async () => {
    const plain = net.connect(target);
    await once(plain, 'connect');
    plain.destroy();
    const secure = tls.connect(target);
    await once(secure, 'secureConnect');
    secure.destroy();
    const [response] = await once(https.get({ ...target, agent: false }), 'response');
    seen.push(response.statusCode);
    response.resume();
    await once(response, 'end');
  };
  await dial();
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...args) {
    seen.push([this instanceof net.Socket, this instanceof tls.TLSSocket]);
    return connect.apply(this, args);
  };
  await dial();
  net.Socket.prototype.connect = connect;
  await dial();
  server.close();
  return seen;
});

/**
 * Puts a method of its own in the place of each one of `net.Socket` and `net.Server`, serves and asks by
 * http, https, tls and net, and tells which methods were called on what.
 *
 * @param {string} certificates Their folder
 * @param {boolean} isEarly Whether these modules are loaded afterwards
 * @returns {Promise<string[]>}
 */
async function replaceAll(certificates, isEarly) {
  const fs = require('node:fs');
  const { once } = require('node:events');
  const load = () => ['http', 'https', 'tls'].map((name) => require(`node:${name}`));
  if (!isEarly) load();
  const net = require('node:net');
  const seen = new Set();
  const isMethod = (prototype, name) =>
    typeof Object.getOwnPropertyDescriptor(prototype, name).value === 'function';
  for (const Class of [net.Socket, net.Server]) {
    const { prototype } = Class;
    const names = new Set();
    for (let each = prototype; each !== Object.prototype; each = Object.getPrototypeOf(each)) {
      for (const name of Object.getOwnPropertyNames(each)) {
        // Those of a socket that begin with an underscore are its own affair.
        const isOwnAffair = Class === net.Socket && name.startsWith('_');
        if (name !== 'constructor' && !isOwnAffair && isMethod(each, name)) names.add(name);
      }
    }
    for (const name of names) {
      const usual = prototype[name];
      prototype[name] = function (...args) {
        seen.add(`${Class.name}.${name} of a ${this.constructor.name}`);
        return usual.apply(this, args);
      };
    }
  }

  const [http, https, tls] = load();
  const read = (name) => fs.readFileSync(`${certificates}/${name}.pem`);
  const identity = { key: read('server.key'), cert: read('server') };
  const target = { host: '127.0.0.1', servername: 'localhost', ca: read('authority') };
  const answer = (request, response) => response.end('hello');
  const echo = (socket) => socket.pipe(socket);
  const servers = [
    http.createServer(answer),
    https.createServer(identity, answer),
    tls.createServer(identity, echo),
    net.createServer(echo),
  ];
  const ports = [];
  for (const server of servers) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ports.push(server.address().port);
  }
  for (const [module, port] of [
    [http, ports[0]],
    [https, ports[1]],
  ]) {
    const [response] = await once(module.get({ ...target, port, agent: false }), 'response');
    response.resume();
    await once(response, 'end');
  }
  for (const [module, port] of [
    [tls, ports[2]],
    [net, ports[3]],
  ]) {
    const socket = module.connect({ ...target, port });
    socket.setTimeout(60_000).setNoDelay(true).setKeepAlive(true).ref();
    socket.write('hello');
    await once(socket, 'data');
    socket.end();
    await once(socket, 'close');
  }
  for (const server of servers) {
    server.unref().ref().close();
    await once(server, 'close');
  }
  return [...seen].sort();
}

same(
  'every method is called for http, https and tls, too',
  `(certificates) => (${replaceAll})(certificates, true)`,
);

same(
  'every method, where these are loaded before net',
  `(certificates) => (${replaceAll})(certificates, false)`,
);

same('tls.connect is called for https', async () => {
  const https = require('node:https');
  const tls = require('node:tls');
  const { connect } = tls;
  const seen = [];
  tls.connect = ({ host, port }) => {
    seen.push([host, port]);
    return 'what it returns';
  };
  const agent = new https.Agent();
  seen.push(agent.createConnection({ host: 'nowhere.invalid', port: 1 }));
  tls.connect = connect;
  const secure = agent.createConnection({ host: 'localhost', port: 1, lookup() {} });
  seen.push(secure instanceof tls.TLSSocket);
  secure.destroy();
  return seen;
});

/**
 * Replaces the functions of the module, and has Node's other modules connect.
 *
 * @param {boolean} isFirst Whether that is before they are loaded
 * @returns {Promise<any>} What was called for which of them
 */
async function replaceFunctions(isFirst) {
  const net = require('node:net');
  const load = () => ['http', 'https', 'http2', 'tls'].map((name) => require(`node:${name}`));
  if (!isFirst) load();
  let asks = '';
  const seen = new Set();
  for (const name of ['connect', 'createConnection', 'createServer', 'isIP', 'isIPv4', 'isIPv6']) {
    const { [name]: original } = net;
    net[name] = (...args) => {
      seen.add(`${name} for ${asks}`);
      return original(...args);
    };
  }
  const [http, https, http2, tls] = load();
  const failed = (emitter) => new Promise((resolve) => emitter.once('error', resolve));
  for (const [name, start] of [
    ['http', () => http.get('http://127.0.0.1:1')],
    ['https', () => https.get('https://127.0.0.1:1')],
    ['http2', () => http2.connect('http://127.0.0.1:1')],
    ['tls', () => tls.connect(1, '127.0.0.1')],
    ['net', () => new net.Socket().connect(1, '127.0.0.1')],
  ]) {
    asks = name;
    seen.add(`${name}: ${(await failed(start())).code}`);
  }
  asks = 'a certificate';
  tls.checkServerIdentity('127.0.0.1', { subject: { CN: 'nobody' } });
  return [...seen].sort();
}

// Which of them the others ask when is Node's doing: what they do otherwise is the same here.
same(
  'functions of the module are called for http, http2 and tls',
  `async () => (${replaceFunctions})(true)`,
);

same(
  'functions of the module, where these are loaded before',
  `async () => (${replaceFunctions})(false)`,
);
