'use strict';

/**
 * A steady stream of more bytes than one read takes: what is told of each chunk, and what a listener may do in
 * the middle of it. Chunks are as large as they happen to be, so a scenario tells what holds for all of them.
 */

const { PassThrough } = require('node:stream');

const { scenario } = require('../harness');

/** Enough for a reader to count as steady many times over. */
const TOTAL = 8 << 20;

const PERIOD = 251;

const PATTERN = Buffer.alloc(
  TOTAL + PERIOD,
  Buffer.from(Array.from({ length: PERIOD }, (_, at) => at)),
);

/**
 * A pair, the accepted side of which sends all of {@link TOTAL} and ends.
 *
 * @param {any} t The context
 * @param {object} [options] Of the client
 * @returns {Promise<{client: any, accepted: any, isNext: (chunk: Buffer) => boolean, seen: () => number}>}
 *   With a check of the next chunk, and how much that has seen
 */
async function stream(t, options) {
  const { client, accepted } = await t.connectPair({}, {}, options);
  let seen = 0;
  const isNext = (chunk) => {
    const start = seen % PERIOD;
    seen += chunk.length;
    return PATTERN.compare(chunk, 0, chunk.length, start, start + chunk.length) === 0;
  };
  let sent = 0;
  const pour = () => {
    let more = true;
    while (more && sent < TOTAL) {
      more = accepted.write(PATTERN.subarray(sent % PERIOD, (sent % PERIOD) + 65536));
      sent += 65536;
    }
    if (sent === TOTAL && more) accepted.end();
  };
  accepted.on('error', () => {});
  accepted.on('drain', pour);
  pour();
  return { client, accepted, isNext, seen: () => seen };
}

scenario('each chunk has ticks and microtasks of its own, and bytesRead is right', async (t) => {
  const { client, isNext, seen } = await stream(t);
  let order = '';
  let right = true;
  client.on('data', (chunk) => {
    right &&= isNext(chunk) && client.bytesRead === seen() && chunk.length <= 65536;
    order += 'd';
    Promise.resolve().then(() => (order += 'm'));
    process.nextTick(() => {
      order += 't';
      Promise.resolve().then(() => (order += 'n'));
    });
  });
  await t.once(client, 'end');
  return [right, seen(), /^(?:dtnm|dtmn)+$/.test(order), order.slice(0, 4)];
});

scenario('a chunk is memory of its own, which stays as it is', async (t) => {
  const { client } = await stream(t);
  const chunks = [];
  client.on('data', (chunk) => chunks.push(chunk));
  await t.once(client, 'end');
  const buffers = new Set(chunks.map((chunk) => chunk.buffer));
  const all = Buffer.concat(chunks);
  const isOwn = chunks.every(({ byteOffset }) => byteOffset === 0);
  return [buffers.size === chunks.length, isOwn, all.equals(PATTERN.subarray(0, TOTAL))];
});

for (const [name, wait] of Object.entries({
  'the listener': (work) => work(),
  'a tick': (work) => process.nextTick(work),
  'a microtask': (work) => Promise.resolve().then(work),
})) {
  scenario(`pause() in ${name} at every 13th chunk, and resume() later`, async (t) => {
    const { client, isNext, seen } = await stream(t);
    let [count, pauses, wrong] = [0, 0, 0];
    client.on('data', (chunk) => {
      if (client.isPaused() || !isNext(chunk)) wrong++;
      if (++count % 13 > 0) return;
      wait(() => {
        pauses++;
        client.pause();
        const before = seen();
        setImmediate(() => {
          if (seen() !== before) wrong++;
          client.resume();
        });
      });
    });
    await t.once(client, 'end');
    return [wrong, seen(), pauses > 3, client.bytesRead];
  });

  scenario(`destroy() in ${name} of the 21st chunk`, async (t) => {
    const { client, isNext } = await stream(t);
    const own = t.record(client, ['end', 'error', 'close']);
    let [count, wrong, late] = [0, 0, 0];
    client.on('data', (chunk) => {
      if (!isNext(chunk)) wrong++;
      if (client.destroyed) late++;
      if (++count === 21) wait(() => client.destroy());
    });
    await t.once(client, 'close');
    return [wrong, late, count, own];
  });
}

scenario('destroy() with bytes that were sent and not told resets the connection', async (t) => {
  const { client, accepted } = await t.connectPair();
  accepted.end(PATTERN.subarray(0, 1 << 20));
  const own = t.record(client, ['end', 'error', 'close']);
  const peers = t.record(accepted, ['finish', 'end', 'error', 'close']);
  let length = 0;
  client.on('data', (chunk) => {
    length += chunk.length;
    // Of what is left the module may have read all.
    if (length >= (1 << 20) - 65536 * 3) client.destroy();
  });
  await t.settle(client, accepted);
  return [own, peers];
});

scenario('pause() and resume() at once change nothing', async (t) => {
  const { client, isNext, seen } = await stream(t);
  let wrong = 0;
  client.on('data', (chunk) => {
    if (!isNext(chunk)) wrong++;
    client.pause();
    client.resume();
  });
  await t.once(client, 'end');
  return [wrong, seen()];
});

scenario("'readable' takes over in the middle, and then 'data' again", async (t) => {
  const { client, isNext, seen } = await stream(t);
  let [count, wrong] = [0, 0];
  const onData = (chunk) => {
    if (!isNext(chunk)) wrong++;
    if (++count % 20 > 0) return;
    client.removeListener('data', onData);
    client.on('readable', onReadable);
  };
  const onReadable = () => {
    for (let chunk; (chunk = client.read()) !== null;) {
      if (!isNext(chunk)) wrong++;
      if (++count % 20 > 0) continue;
      client.removeListener('readable', onReadable);
      client.on('data', onData);
      client.resume();
      return;
    }
  };
  client.on('data', onData);
  await t.once(client, 'end');
  return [wrong, seen()];
});

scenario('an iterator reads on where a listener has stopped', async (t) => {
  const { client, isNext, seen } = await stream(t);
  let wrong = 0;
  await new Promise((resolve) => {
    let count = 0;
    client.on('data', function onData(chunk) {
      if (!isNext(chunk)) wrong++;
      if (++count < 20) return;
      client.removeListener('data', onData);
      client.pause();
      resolve(undefined);
    });
  });
  for await (const chunk of client) if (!isNext(chunk)) wrong++;
  return [wrong, seen()];
});

for (const [name, target] of Object.entries({
  'a stream': async () => new PassThrough(),
  'a socket': async (t) => {
    const { client, accepted } = await t.connectPair();
    return Object.assign(client, { far: accepted });
  },
})) {
  scenario(`pipe() to ${name} in the middle`, async (t) => {
    const { client, isNext, seen } = await stream(t);
    const to = await target(t);
    let [count, wrong] = [0, 0];
    client.on('data', function onData(chunk) {
      if (!isNext(chunk)) wrong++;
      if (++count < 20) return;
      client.removeListener('data', onData);
      client.pipe(to);
    });
    const end = to.far ?? to;
    end.on('data', (chunk) => {
      if (!isNext(chunk)) wrong++;
    });
    await t.once(end, 'end');
    return [wrong, seen(), client.bytesRead];
  });
}

scenario('setEncoding() in the middle', async (t) => {
  const { client, isNext, seen } = await stream(t);
  let [count, wrong, text] = [0, 0, 0];
  client.on('data', (chunk) => {
    if (typeof chunk === 'string') text++;
    if (!isNext(Buffer.from(chunk, 'latin1'))) wrong++;
    if (++count === 20) client.setEncoding('latin1');
  });
  await t.once(client, 'end');
  return [wrong, seen(), text > 0];
});

scenario('onread: false stops at once, resume() goes on', async (t) => {
  let [calls, stopped, wrong] = [0, false, 0];
  let next = (/** @type {Buffer} */ _chunk) => true;
  const onread = {
    buffer: Buffer.alloc(65536),
    callback(length, buffer) {
      if (stopped || !next(buffer.subarray(0, length))) wrong++;
      stopped = ++calls % 13 === 0;
      if (stopped) {
        setImmediate(() => {
          stopped = false;
          client.resume();
        });
      }
      return !stopped;
    },
  };
  const { client, isNext, seen } = await stream(t, { onread });
  next = isNext;
  client.resume();
  await t.once(client, 'end');
  return [wrong, seen()];
});

scenario('_handle.hasPendingRead() counts what was read and not told', async (t) => {
  const { client, isNext, seen } = await stream(t);
  let wrong = 0;
  client.on('data', (chunk) => {
    if (!isNext(chunk)) wrong++;
    // What is still missing is on its way for ever where nobody has it.
    client.pause();
    const look = () => {
      const pending = client._handle?.hasPendingRead?.() ?? true;
      if (pending || seen() === TOTAL) client.resume();
      else setImmediate(look);
    };
    look();
  });
  await t.once(client, 'end');
  return [wrong, seen()];
});

scenario('what a listener throws is told once, and the next chunk comes', async (t) => {
  const { code, stdout, stderr } = await t.runChild(
    t.clientNet,
    `const bytes = Buffer.alloc(${TOTAL});
    const told = [];
    let [count, seen] = [0, 0];
    process.on('uncaughtException', (error) => told.push(error.message));
    const server = net.createServer((socket) => socket.end(bytes)).listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.on('data', (chunk) => {
        seen += chunk.length;
        count++;
        if (count === 20) process.nextTick(() => told.push('a tick of who throws'));
        if (count === 20) throw new Error('in the listener');
        if (count === 40) process.nextTick(() => { throw new Error('in a tick'); });
        if (count === 60) Promise.resolve().then(() => { throw new Error('in a microtask'); });
      });
      client.on('end', () => {
        server.close();
        console.log(JSON.stringify([told, seen]));
      });
    });`,
  );
  return [code, stdout, stderr];
});

scenario('each chunk is told in the context of the socket, and so are its ticks', async (t) => {
  const { code, stdout, stderr } = await t.runChild(
    t.clientNet,
    `const { AsyncLocalStorage, executionAsyncId } = require('node:async_hooks');
    const storage = new AsyncLocalStorage();
    const stores = new Set();
    const ids = new Set();
    const server = net.createServer((socket) => socket.end(Buffer.alloc(${TOTAL})));
    server.listen(0, '127.0.0.1', () => {
      storage.run('that of connect()', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        client.on('data', () => {
          stores.add(storage.getStore());
          ids.add(executionAsyncId());
          process.nextTick(() => stores.add('tick: ' + storage.getStore()));
          Promise.resolve().then(() => stores.add('microtask: ' + storage.getStore()));
        });
        client.on('end', () => {
          server.close();
          console.log(JSON.stringify([[...stores], ids.size]));
        });
      });
    });`,
  );
  return [code, stdout, stderr];
});
