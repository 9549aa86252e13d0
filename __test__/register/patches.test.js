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
 * @param {(certificates: string) => Promise<any>} main The program. It sees nothing of this file
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
