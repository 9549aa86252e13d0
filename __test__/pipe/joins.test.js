'use strict';

/** What becomes visible to JavaScript half-way through a pipe between two sockets. */

const { pipeline } = require('node:stream');
const { setTimeout: sleep } = require('node:timers/promises');

const { scenario } = require('../harness');
const { Reader, digest, relay, warmUp } = require('./relay');

scenario("a listener of 'data' sees what comes from then on; the pipe goes on", async (t) => {
  const { input, source, reader } = await relay(t);
  const seen = [];
  source.on('data', (chunk) => seen.push(String(chunk)));
  input.write('first');
  const piped = [await reader.text(5)];
  input.write('second');
  piped.push(await reader.text(6));
  return [seen.join(''), piped];
});

for (const method of ['once', 'prependListener', 'prependOnceListener', 'addListener']) {
  scenario(`a listener of 'data' by ${method}()`, async (t) => {
    const { input, source, reader } = await relay(t);
    const seen = [];
    source[method]('data', (chunk) => seen.push(String(chunk)));
    input.write('first');
    const piped = [await reader.text(5)];
    input.write('second');
    piped.push(await reader.text(6));
    return [seen.join(''), piped];
  });
}

scenario("a listener of 'readable' takes the bytes; without it the pipe goes on", async (t) => {
  const { input, source, reader } = await relay(t);
  const seen = [];
  const onReadable = () => {
    for (let chunk = source.read(); chunk !== null; chunk = source.read()) {
      seen.push(String(chunk));
    }
  };
  source.on('readable', onReadable);
  input.write('looked at');
  const piped = [await reader.text(9)];
  return [seen.join(''), piped, source.readableFlowing];
});

scenario('setEncoding() half-way', async (t) => {
  const { input, source, reader } = await relay(t);
  source.setEncoding('hex');
  input.write('abc');
  return [await reader.text(6), source.readableEncoding];
});

scenario('unpipe(): the bytes stay with the source, until somebody reads', async (t) => {
  const { input, source, destination, reader } = await relay(t);
  const unpiped = [];
  destination.on('unpipe', (from) => unpiped.push(from === source));
  source.unpipe(destination);
  input.write('not piped');
  const flowing = source.readableFlowing;
  const mine = new Reader(source);
  source.resume();
  const kept = await mine.text(9);
  destination.write('mark');
  return [kept, await reader.text(4), unpiped, flowing];
});

scenario('pause() keeps the bytes back, resume() lets them go', async (t) => {
  const { input, source, destination, reader } = await relay(t);
  source.pause();
  input.write('held');
  destination.write('<mark>');
  const first = await reader.text(6);
  const paused = source.isPaused();
  source.resume();
  return [first, paused, await reader.text(4)];
});

scenario("listeners of 'pause' and 'resume' are told when the destination is slow", async (t) => {
  const { input, source, output, reader } = await relay(t);
  const events = t.record(source, ['pause', 'resume']);
  output.pause();
  const all = Buffer.alloc(24 << 20, 'x');
  input.end(all);
  await t.once(source, 'pause');
  output.resume();
  const bytes = await reader.bytes(all.length);
  return [digest(bytes), events.length > 0, events[0].slice(0, 2)];
});

scenario('write() on the destination comes between whole chunks', async (t) => {
  const { input, destination, reader } = await relay(t);
  const texts = [];
  for (let round = 0; round < 10; round++) {
    destination.write(`(${round})`);
    texts.push(await reader.text(3));
    input.write(`<${round}>`);
    texts.push(await reader.text(3));
  }
  return texts.join('');
});

scenario('write callbacks and cork() on the destination', async (t) => {
  const { input, destination, reader } = await relay(t);
  const order = [];
  destination.cork();
  destination.write('a', () => order.push('a'));
  input.write('<piped>');
  await sleep(20);
  destination.write('b', () => order.push('b'));
  process.nextTick(() => destination.uncork());
  const text = await reader.text(9);
  return [order, text.replace('<piped>', '') === 'ab', text.includes('<piped>')];
});

scenario('end() on the destination ends it after what was piped', async (t) => {
  const { input, source, destination, reader } = await relay(t);
  const events = t.record(destination, ['finish', 'unpipe']);
  const errors = t.record(destination, ['error']);
  destination.end('last');
  const rest = await reader.rest();
  input.write('too late');
  return [rest, events, errors.length, source.destroyed];
});

scenario('destroy() of the source leaves the destination open', async (t) => {
  const { source, destination, reader } = await relay(t);
  const events = t.record(destination, ['unpipe', 'finish', 'close']);
  source.destroy();
  await t.settle(source);
  destination.write('alone');
  return [await reader.text(5), events, destination.writable];
});

scenario('destroy() of the destination stops the pipe', async (t) => {
  const { input, source, destination, reader } = await relay(t);
  destination.destroy();
  await t.settle(destination);
  const rest = await reader.rest();
  input.write('for nobody');
  const flowing = source.readableFlowing;
  const mine = new Reader(source);
  source.resume();
  return [rest, flowing, await mine.text(10), source.destroyed];
});

scenario('resetAndDestroy() by the peer of the source', async (t) => {
  const { input, source, destination, reader } = await relay(t);
  const events = t.record(source, ['end', 'error', 'close']);
  input.resetAndDestroy();
  await t.settle(source);
  destination.end('still here');
  return [events, await reader.rest()];
});

scenario('resetAndDestroy() by the peer of the destination', async (t) => {
  const { output, source, destination } = await relay(t);
  destination.resume();
  const events = t.record(destination, ['end', 'error', 'close', 'unpipe']);
  output.resetAndDestroy();
  await t.settle(destination);
  return [events.map((event) => event.slice(0, 3)), source.destroyed];
});

scenario("'end' of the source ends the destination, with pipe()'s default", async (t) => {
  const { input, source, destination, reader } = await relay(t);
  const events = t.record(source, ['end', 'close']);
  const others = t.record(destination, ['unpipe', 'finish']);
  input.end('last');
  const rest = await reader.rest();
  return [rest, events, others];
});

scenario("'end' with { end: false } leaves the destination writable", async (t) => {
  const { input, source, destination, reader } = await relay(t, { pipe: { end: false } });
  input.end('piped');
  await t.once(source, 'end');
  destination.end('+mine');
  return reader.rest();
});

scenario('a second destination gets what comes from then on', async (t) => {
  const { input, source, reader } = await relay(t);
  const other = await relay(t, { pipe: null });
  source.pipe(other.destination);
  input.write('both');
  const texts = [await reader.text(4), await other.reader.text(4)];
  source.unpipe(other.destination);
  await warmUp(input, reader);
  return texts;
});

scenario('a second source into the same destination', async (t) => {
  const { input, destination, reader } = await relay(t);
  const other = await relay(t, { pipe: null });
  other.source.pipe(destination);
  const texts = [];
  for (let round = 0; round < 10; round++) {
    input.write(`a${round}`);
    texts.push(await reader.text(2));
    other.input.write(`b${round}`);
    texts.push(await reader.text(2));
  }
  return texts.join('');
});

scenario('bytesRead and bytesWritten count what is piped, at any time', async (t) => {
  const { input, source, destination, reader } = await relay(t);
  const counts = () => [source.bytesRead, source.bytesWritten, destination.bytesWritten];
  const before = counts();
  input.write(Buffer.alloc(100_000));
  await reader.bytes(100_000);
  const during = counts();
  source.unpipe();
  const unpiped = counts();
  source.destroy();
  destination.destroy();
  await t.settle(source, destination);
  return [before, during, unpiped, counts()];
});

scenario('bytes that are piped put an idle timeout off, at both ends', async (t) => {
  const { input, source, destination, reader } = await relay(t);
  const events = [];
  for (const [name, socket] of Object.entries({ source, destination })) {
    socket.setTimeout(400, () => events.push(name));
  }
  const begin = Date.now();
  while (Date.now() - begin < 1000) {
    input.write('tick');
    await reader.text(4);
    await sleep(50);
  }
  const before = [...events];
  const last = Date.now();
  while (events.length < 2) await sleep(10);
  const waited = Date.now() - last;
  return [before, [...events].sort(), waited > 250];
});

scenario('a timeout that was set before the pipe, and one that is taken away', async (t) => {
  const { input, source, destination, reader } = await relay(t, { pipe: null });
  const events = [];
  source.setTimeout(200, () => events.push('source'));
  destination.setTimeout(100, () => events.push('destination'));
  destination.setTimeout(0);
  source.pipe(destination);
  await warmUp(input, reader);
  await t.once(source, 'timeout');
  await warmUp(input, reader);
  return events;
});

scenario('a slow reader: everything arrives, and the source is held back', async (t) => {
  const { input, output, source, destination, reader } = await relay(t);
  output.pause();
  const all = Buffer.alloc(48 << 20);
  for (let at = 0; at < all.length; at += 4096) all.writeUInt32LE(at, at);
  let sent = false;
  input.end(all, () => (sent = true));
  await sleep(300);
  const heldBack = !sent && source.bytesRead < all.length;
  output.resume();
  const bytes = await reader.bytes(all.length + 1);
  return [heldBack, digest(bytes), source.bytesRead - destination.bytesWritten];
});

scenario('to itself: an echo', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.pipe(accepted);
  const reader = new Reader(client);
  await warmUp(client, reader, 10);
  const all = Buffer.alloc(3 << 20, 'echo ');
  client.write(all);
  const back = await reader.bytes(all.length);
  client.end('bye');
  const rest = await reader.rest();
  await t.settle(accepted);
  return [back.equals(all), rest, accepted.bytesRead, accepted.bytesWritten];
});

scenario('both ways at once', async (t) => {
  const { input, source, destination, output, reader } = await relay(t);
  destination.pipe(source);
  const back = new Reader(input);
  for (let round = 0; round < 10; round++) {
    input.write('there');
    output.write('back');
    await Promise.all([reader.text(5), back.text(4)]);
  }
  input.end();
  output.end();
  await t.settle(source, destination);
  return [source, destination].map((socket) => [socket.bytesRead, socket.bytesWritten]);
});

scenario('over Unix sockets', async (t) => {
  const { input, reader } = await relay(t, { listen: { path: `${t.tmp}/s` } });
  const all = Buffer.alloc(2 << 20, 'unix ');
  input.end(all);
  return digest(await reader.bytes(all.length + 1));
});

scenario('stream.pipeline() between two sockets', async (t) => {
  const { input, source, destination, reader } = await relay(t, { pipe: null });
  const ended = new Promise((resolve) => {
    pipeline(source, destination, (error) => resolve(String(error)));
  });
  await warmUp(input, reader);
  input.end('last');
  return [await reader.rest(), await ended];
});

scenario('a source whose push() somebody has replaced', async (t) => {
  const { input, source, destination, reader } = await relay(t, { pipe: null });
  const sizes = [];
  const { push } = source;
  source.push = function (chunk, ...rest) {
    if (chunk !== null) sizes.push(chunk.length);
    return push.call(this, chunk, ...rest);
  };
  source.pipe(destination);
  await warmUp(input, reader, 6);
  return sizes;
});

scenario('a destination whose write() somebody has replaced', async (t) => {
  const { input, source, destination, reader } = await relay(t, { pipe: null });
  let seen = '';
  const { write } = destination;
  destination.write = function (chunk, ...rest) {
    seen += chunk;
    return write.call(this, chunk, ...rest);
  };
  source.pipe(destination);
  await warmUp(input, reader, 6);
  return seen;
});
