'use strict';

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { test } = require('node:test');
const { inspect, promisify } = require('node:util');

const { builtin, documented, ours } = require('../harness');
const { specifierOf } = require('../harness/implementations');

/** A conversation, after which nothing is open. */
const PROGRAM = `
  const net = require(${JSON.stringify(specifierOf(ours))});
  const server = net.createServer((socket) => socket.end('secret'));
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    net.connect(port, '127.0.0.1').resume().once('close', () => {
      server.close();
      server.once('close', () => net.connect(port, '127.0.0.1').on('error', () => {}));
    });
  });
`;

/**
 * @param {string} sections What `NODE_DEBUG` is to name
 * @returns {Promise<string>} What the program printed for whoever debugs it
 */
async function debugOutput(sections) {
  const env = { ...process.env, NODE_DEBUG: sections };
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', PROGRAM], { env });
  return stderr;
}

test('NODE_DEBUG=net tells of listening, connecting, accepting and the end', async () => {
  const text = await debugOutput('net');
  for (const pattern of [
    /listen/i,
    /connect/,
    /127\.0\.0\.1/,
    /connection/i,
    /destroy/,
    /REFUSED/,
  ]) {
    assert.match(text, pattern);
  }
  for (const line of text.trim().split('\n')) assert.match(line, /^NET \d+: |^ |^[}\]]/);
  assert.doesNotMatch(text, /secret/);
});

test('without it, or with another section, nothing is printed', async () => {
  assert.strictEqual(await debugOutput(''), '');
  assert.strictEqual(await debugOutput('tls_'), '');
});

documented('inspect() shows a connected socket and a server as briefly as core', async (t) => {
  const { server, client } = await t.connectPair();
  const core = await t.connectPair({ serverNet: builtin, clientNet: builtin });
  for (const [own, reference] of [
    [server, core.server],
    [client, core.client],
  ]) {
    const [text, expected] = [own, reference].map((value) => inspect(value).split('\n'));
    assert.ok(text.length <= expected.length + 10, `${text.length} lines, ${expected.length}`);
    assert.match(text[0], /(Socket|Server) \{/);
    assert.ok(text.some((line) => /TCP \{/.test(line)));
  }
});
