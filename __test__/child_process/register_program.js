'use strict';

// Under `tokio-net/register` in both processes: what is sent is ours, and so is what arrives.

const { fork } = require('node:child_process');
const dgram = require('node:dgram');
const { once } = require('node:events');
const net = require('node:net');

const [role = 'parent'] = process.argv.slice(2);

async function parent() {
  const child = fork(__filename, ['child']);
  const exited = once(child, 'exit');
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const texts = [];
  for (const message of ['socket', 'server']) {
    const client = net.connect(port, '127.0.0.1').setEncoding('utf8');
    const [socket] = await once(server, 'connection');
    if (message === 'socket') child.send(message, socket);
    else child.send(message, server);
    if (message === 'server') {
      await once(child, 'message');
      server.close();
      socket.destroy();
      client.destroy();
      const other = net.connect(port, '127.0.0.1').setEncoding('utf8');
      texts.push((await once(other, 'data'))[0]);
      other.destroy();
    } else {
      texts.push((await once(client, 'data'))[0]);
      client.destroy();
    }
  }
  const other = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(other, 'listening');
  child.send('dgram', other);
  texts.push((await once(child, 'message'))[0]);
  other.close();
  child.disconnect();
  await exited;
  console.log(JSON.stringify(texts));
}

function child() {
  process.on('message', (message, handle) => {
    const ours = handle instanceof net.Socket || handle instanceof net.Server;
    const text = `${handle.constructor === net[handle.constructor.name]} ${ours}`;
    if (message === 'dgram') {
      process.send(handle.constructor.name);
      handle.close();
    } else if (message === 'socket') {
      handle.end(text);
    } else {
      handle.on('connection', (socket) => socket.end(text));
      handle.on('listening', () => process.send('ready'));
      process.on('disconnect', () => handle.close());
    }
  });
}

if (role === 'parent') parent();
else child();
