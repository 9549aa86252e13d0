'use strict';

const { once } = require('node:events');
const net = require('net');
const nodemailer = require('nodemailer');
const { SMTPServer } = require('smtp-server');

const { digest, noise, program } = require('../program');

program(async () => {
  const results = [];
  const server = new SMTPServer({
    authOptional: true,
    onAuth: ({ username, password }, session, callback) =>
      callback(password === 'secret' ? null : new Error('wrong'), { user: username }),
    onData(stream, { secure, envelope }, callback) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const text = `${Buffer.concat(chunks)}`;
        const { mailFrom, rcptTo } = envelope;
        results.push([secure, mailFrom && mailFrom.address, rcptTo.map(({ address }) => address)]);
        results.push(text.length, digest(text));
        callback();
      });
    },
  });
  server.on('error', ({ code }) => results.push(['server', code]));
  // It makes a server of its own by `net`; this is the one that it has.
  results.push(server.server instanceof net.Server);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address();

  const transport = (password) =>
    nodemailer.createTransport({
      host: '127.0.0.1',
      port,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
      auth: { user: 'somebody', pass: password },
    });
  const message = {
    messageId: '<1@example.com>',
    date: new Date(0),
    from: 'from@example.com',
    to: ['one@example.com', 'two@example.com'],
    subject: 'Bytes',
    text: 'They are attached.',
    boundaryPrefix: 'boundary',
    attachments: [{ filename: 'noise.bin', content: noise(8 << 20) }],
  };
  message.baseBoundary = 'the-same-each-time';
  const { accepted, rejected, response } = await transport('secret').sendMail(message);
  results.push([accepted, rejected, response]);
  const { code, responseCode, command } = await transport('wrong')
    .sendMail(message)
    .catch((error) => error);
  results.push([code, responseCode, command]);
  await new Promise((resolve) => server.close(() => resolve(undefined)));
  return results;
});
