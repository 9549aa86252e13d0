'use strict';

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PassThrough } = require('node:stream');

const { scenario } = require('../harness');

/** Sends bytes, an urgent one and more bytes, says by a file that it has, and waits for the end. */
const URGENT = `
  use IO::Socket::INET; use Socket;
  my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ARGV[0]) or die;
  setsockopt($socket, Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1);
  send($socket, 'before', 0); send($socket, '!', MSG_OOB); send($socket, 'behind', 0);
  open(my $file, '>', $ARGV[1]); close($file);
  sysread($socket, my $rest, 1);
`;

/** @returns {boolean} Whether Perl is here: nothing in Node sends urgent bytes */
function hasPerl() {
  try {
    execFileSync('perl', ['-MIO::Socket::INET', '-e', '1'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

scenario("pause() withholds 'data' and 'end' until resume()", async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = t.record(client, ['data', 'end', 'pause', 'resume']);
  client.pause();
  accepted.end('late');
  await t.once(accepted, 'finish');
  await t.mark('peer finished');
  const paused = [own.length, client.isPaused(), client.readableFlowing, client.readable];
  client.resume();
  await t.once(client, 'end');
  return [paused, own];
});

scenario(
  'pause() inside a data listener stops at once, with more bytes already there',
  async (t) => {
    const { client, accepted } = await t.connectPair();
    let chunks = 0;
    let length = 0;
    client.on('data', (chunk) => {
      chunks++;
      length += chunk.length;
      client.pause();
    });
    accepted.end(Buffer.alloc(1 << 20, 'p'));
    await t.once(client, 'data');
    await t.mark('paused');
    await t.mark('still paused');
    const once = chunks;
    client.on('pause', () => setImmediate(() => client.resume()));
    client.resume();
    await t.once(client, 'end');
    return [once, length];
  },
);

scenario("'end' of a peer that sent nothing comes to a socket that nobody reads", async (t) => {
  const { client, accepted } = await t.connectPair();
  const own = t.record(client, ['end', 'close']);
  accepted.end();
  // Nobody listens to 'data', reads or resumes: 'end' comes all the same.
  await t.once(client, 'end');
  const before = [...own];
  client.resume();
  await t.settle(client);
  return [before, own];
});

scenario("'readable' and read(n)", async (t) => {
  const { client, accepted } = await t.connectPair();
  const parts = [];
  client.on('readable', () => {
    for (let part = client.read(4); part !== null; part = client.read(4)) parts.push(String(part));
  });
  accepted.write('abcdefg');
  await t.once(client, 'readable');
  accepted.end('hijkl');
  await t.once(client, 'readable');
  client.on('end', () => parts.push('end'));
  await t.once(client, 'end');
  return [parts, client.bytesRead, client.readableEnded, client.read()];
});

scenario('read() without listeners starts the reading', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.write('abc');
  await t.once(client, 'readable');
  t.log(client.readableLength, client.read(10), client.read(0), client.read(2), client.read());
  t.log(client.readableLength);
  return t.log.entries;
});

scenario('unshift() gives bytes back to the next listener', async (t) => {
  const { client, accepted } = await t.connectPair();
  const header = await new Promise((resolve) => {
    let seen = '';
    client.on('data', function onData(chunk) {
      seen += chunk;
      const end = seen.indexOf('\n');
      if (end < 0) return;
      client.removeListener('data', onData);
      client.pause();
      const rest = Buffer.from(seen.slice(end + 1));
      if (rest.length) client.unshift(rest);
      resolve(seen.slice(0, end));
    });
    accepted.write('header\nbody ');
  });
  accepted.end('and tail');
  const body = t.collect(client);
  client.resume();
  return [header, String(await body)];
});

scenario('listeners swapped in the middle of a stream lose nothing', async (t) => {
  const { client, accepted } = await t.connectPair();
  const seen = { a: '', b: '', c: '' };
  const a = (chunk) => (seen.a += chunk);
  const b = (chunk) => (seen.b += chunk);
  client.on('data', a);
  accepted.write('first');
  await t.once(client, 'data');
  client.removeListener('data', a);
  const flowing = client.readableFlowing;
  client.on('data', b);
  accepted.write('second');
  await t.once(client, 'data');
  client.removeListener('data', b);
  client.pause();
  accepted.end('third');
  await t.once(accepted, 'finish');
  client.on('data', (chunk) => (seen.c += chunk));
  t.log(client.readableFlowing);
  client.resume();
  await t.once(client, 'end');
  return [flowing, seen, t.log.entries];
});

scenario('setEncoding() joins characters that are split between reads', async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { noDelay: true });
  const bytes = Buffer.from('aé€😀z');
  client.setEncoding('utf8');
  const chunks = [];
  client.on('data', (chunk) => chunks.push(chunk));
  let sent = 0;
  // One byte at a time, each only after the one before was read.
  while (sent < bytes.length) {
    accepted.write(bytes.subarray(sent, ++sent));
    while (client.bytesRead < sent) await new Promise(setImmediate);
  }
  accepted.end();
  await t.once(client, 'end');
  return [chunks, client.readableEncoding];
});

for (const encoding of ['hex', 'base64', 'latin1', 'utf16le', 'ascii']) {
  scenario(`setEncoding('${encoding}') with an incomplete last unit`, async (t) => {
    const { client, accepted } = await t.connectPair();
    client.setEncoding(encoding);
    accepted.end(Buffer.from([0x61, 0x00, 0xe9, 0xd8, 0x3d]));
    return t.collect(client);
  });
}

scenario('setEncoding() in the middle, and an unknown encoding', async (t) => {
  const { client, accepted } = await t.connectPair();
  client.pause();
  accepted.write('€');
  await t.once(client, 'readable');
  client.setEncoding('utf8');
  try {
    client.setEncoding('nonsense');
  } catch (error) {
    t.log(error);
  }
  client.removeAllListeners('readable');
  accepted.end('€');
  return [await t.collect(client), t.log.entries];
});

scenario('async iteration delivers all and destroys at the end', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.end(Buffer.alloc(300_000, 'i'));
  let length = 0;
  for await (const chunk of client) length += chunk.length;
  await t.settle(client);
  return [length, client.destroyed, client.readableEnded];
});

scenario('leaving an async iteration early destroys the socket', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.on('error', () => {});
  accepted.write('some');
  for await (const chunk of client) {
    t.log(chunk);
    break;
  }
  t.log(client.destroyed);
  await t.settle(client);
  return t.log.entries;
});

scenario('an error of the connection rejects the iteration', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.resetAndDestroy();
  try {
    for await (const chunk of client) t.log(chunk);
  } catch (error) {
    t.log(error);
  }
  return t.log.entries;
});

scenario('pipe() and unpipe() hand the bytes from one stream to the next', async (t) => {
  const { client, accepted } = await t.connectPair();
  const first = new PassThrough();
  const second = new PassThrough();
  const ends = [];
  first.on('unpipe', () => ends.push('unpipe'));
  client.pipe(first);
  accepted.write('one');
  t.log(String((await t.once(first, 'data'))[0]));
  client.unpipe(first);
  t.log(client.readableFlowing, client.isPaused());
  accepted.write('two');
  client.pipe(second, { end: false });
  t.log(String((await t.once(second, 'data'))[0]));
  second.on('end', () => ends.push('second ended'));
  accepted.end();
  await t.once(client, 'end');
  return [t.log.entries, ends];
});

scenario('one socket piped to itself echoes; two sockets piped crosswise relay', async (t) => {
  const open = { allowHalfOpen: true };
  const echo = await t.connectPair({}, open, open);
  echo.accepted.pipe(echo.accepted);
  const relay = await t.connectPair({}, open, open);
  echo.server.on('connection', (socket) => t.track(socket).pipe(socket));
  const { port } = echo.server.address();
  const upstream = t.track(t.clientNet.connect({ port, host: '127.0.0.1', ...open }));
  relay.accepted.pipe(upstream).pipe(relay.accepted);
  const direct = t.collect(echo.client);
  const relayed = t.collect(relay.client);
  const bytes = Buffer.alloc(700_001, 'relay');
  echo.client.end(bytes);
  relay.client.end(bytes);
  return [t.summarise(await direct), t.summarise(await relayed)];
});

scenario("a 'data' listener beside a pipe sees the same bytes", async (t) => {
  const { client, accepted } = await t.connectPair();
  const sink = new PassThrough();
  let beside = 0;
  client.on('data', (chunk) => (beside += chunk.length));
  client.pipe(sink);
  accepted.end(Buffer.alloc(200_000));
  const piped = await t.collect(sink);
  return [beside, piped.length, client.bytesRead];
});

scenario('bytesRead counts what came in, also after the end', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.write('12345');
  await t.once(client, 'data');
  t.log(client.bytesRead);
  client.resume();
  accepted.end('678');
  await t.settle(client);
  t.log(client.bytesRead, client.bytesWritten);
  return t.log.entries;
});

scenario('a socket with readable: false still closes after the peer', async (t) => {
  const { client, accepted } = await t.connectPair({}, {}, { readable: false });
  const own = t.record(client, ['data', 'end', 'close', 'error']);
  accepted.resume();
  t.log(client.readable, client.writable, client.readyState);
  client.end('last words');
  await t.once(accepted, 'end');
  await t.settle(accepted);
  await t.settle(client);
  return [t.log.entries, own];
});

scenario(
  'what comes behind an urgent byte arrives, and that byte does not',
  async (t) => {
    const server = t.serverNet.createServer();
    const { port } = await t.listen(server);
    const sent = path.join(t.tmp, 'sent');
    const peer = spawn('perl', ['-e', URGENT, String(port), sent], { stdio: 'inherit' });
    const ended = t.once(peer, 'exit');
    // All of it is there before the first look.
    const deadline = Date.now() + 10_000;
    while (!fs.existsSync(sent) && Date.now() < deadline);
    const [accepted] = await t.once(server, 'connection');
    let text = '';
    accepted.setEncoding('latin1');
    while (text.length < 12) text += (await t.once(accepted, 'data'))[0];
    accepted.end();
    await ended;
    return text;
  },
  { skip: hasPerl() ? false : 'Perl is not here' },
);
