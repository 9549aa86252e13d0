'use strict';

const dns = require('node:dns');

const { scenario } = require('../harness');

const EVENTS = ['lookup', 'connectionAttempt', 'connect', 'ready', 'error', 'close'];

/**
 * Connects to a host by a lookup function of the scenario's.
 *
 * @param {any} t The scenario's context
 * @param {Function} lookup The function
 * @param {object} [options] More options of `connect`
 * @param {{socket?: any}} [made] Gets the socket
 * @returns {Promise<any[]>} The trace: it ends the connection when it was made
 */
async function trace(t, lookup, options = {}, made = {}) {
  const server = t.serverNet.createServer((socket) => {
    t.track(socket).on('error', () => {});
    socket.resume();
  });
  const { port } = await t.listen(server);
  let socket;
  try {
    socket = t.clientNet.connect({ port, host: 'host.test', lookup, ...options });
  } catch (error) {
    return ['throws', t.summarise(error)];
  }
  made.socket = t.track(socket);
  const own = t.record(socket, EVENTS);
  socket.once('connect', () => socket.destroy());
  await t.settle(socket);
  server.close();
  return own;
}

for (const autoSelectFamily of [false, true]) {
  const kind = autoSelectFamily ? 'with' : 'without';
  scenario(`what a lookup is called with, ${kind} autoSelectFamily`, async (t) => {
    const calls = [];
    for (const options of [{}, { family: 4 }, { family: 0 }, { hints: dns.ADDRCONFIG }]) {
      const lookup = (...args) => {
        calls.push(t.summarise(args.slice(0, -1)), args.length);
        const callback = args.at(-1);
        if (args[1].all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      calls.push(await trace(t, lookup, { autoSelectFamily, ...options }));
    }
    return calls;
  });

  scenario(`lookups that answer with nonsense, ${kind} autoSelectFamily`, async (t) => {
    const answers = {
      nothing: [],
      'null address': [null, null],
      undefined: [null, undefined, 4],
      'empty text': [null, '', 4],
      'no address': [null, 'nonsense', 4],
      number: [null, 127, 4],
      object: [null, {}, 4],
      'empty list': [null, []],
      'list of nonsense': [null, [{ address: 'nonsense', family: 4 }]],
      'list of null': [null, [null]],
      'list of text': [null, ['127.0.0.1']],
      'list without family': [null, [{ address: '127.0.0.1' }]],
      'family 5': [null, '127.0.0.1', 5],
      'family IPv4': [null, '127.0.0.1', 'IPv4'],
      'family undefined': [null, '127.0.0.1'],
      'family of another': [null, '127.0.0.1', 6],
    };
    for (const [name, answer] of Object.entries(answers)) {
      const made = {};
      // What the callback throws would be an uncaught exception: here it is a part of the trace.
      const lookup = (host, options, callback) => {
        setImmediate(() => {
          try {
            callback(...answer);
          } catch (error) {
            t.log(name, 'throws', error.name, error.message);
            made.socket.destroy();
          }
        });
      };
      t.log(name, await trace(t, lookup, { autoSelectFamily }, made));
    }
    return t.log.entries.filter(([label]) => label !== '');
  });

  scenario(`a lookup that fails, ${kind} autoSelectFamily`, async (t) => {
    const results = [];
    for (const error of [
      Object.assign(new Error('own failure'), { code: 'EOWN' }),
      new TypeError('typed'),
    ]) {
      for (const defer of [setImmediate, process.nextTick, (callback, e) => callback(e)]) {
        const lookup = (host, options, callback) => defer(callback, error);
        results.push(await trace(t, lookup, { autoSelectFamily }));
      }
    }
    return results;
  });

  scenario(`a lookup that throws, ${kind} autoSelectFamily`, async (t) => {
    const lookup = () => {
      throw new Error('thrown by lookup');
    };
    return trace(t, lookup, { autoSelectFamily });
  });

  scenario(`a lookup that answers at once, twice, or after destroy, ${kind}`, async (t) => {
    const answer = (options, callback) =>
      options.all
        ? callback(null, [{ address: '127.0.0.1', family: 4 }])
        : callback(null, '127.0.0.1', 4);
    t.log('at once', await trace(t, (h, o, callback) => answer(o, callback), { autoSelectFamily }));
    let late;
    const socket = t.clientNet.connect({
      port: 1,
      host: 'host.test',
      autoSelectFamily,
      lookup: (host, options, callback) => (late = () => answer(options, callback)),
    });
    const own = t.record(socket, EVENTS);
    socket.destroy();
    await t.settle(socket);
    late?.();
    await t.mark('late');
    t.log('after destroy', typeof late, own);
    return t.log.entries;
  });
}

scenario('a lookup that answers with no address at all gets an error thrown', async (t) => {
  const thrown = new Promise((resolve) => {
    const socket = t.clientNet.connect({
      port: 1,
      host: 'host.test',
      autoSelectFamily: true,
      lookup: (_host, _options, callback) => {
        try {
          callback(null, []);
        } catch (error) {
          resolve(t.summarise(error));
        }
      },
    });
    t.track(socket);
  });
  return [await thrown];
});
