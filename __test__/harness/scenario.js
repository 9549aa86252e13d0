'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const util = require('node:util');

const { Context } = require('./context');
const { builtin, ours, warmUp } = require('./implementations');
const { leaked, openSockets } = require('./leaks');
const { copy } = require('./summarise');

/** Milliseconds that a run may take, and the process after the last: far beyond what they need. */
const TIMEOUT = 30_000;
const IDLE_LIMIT = 60_000;
const PRINT = { depth: 8, breakLength: 120, maxArrayLength: 200 };

const REFERENCE = { title: 'built-in net (the reference)', modules: side(builtin, builtin) };

/** The runs that are compared with the reference, by the side that tokio-net has. */
const PAIRINGS = {
  both: { title: 'tokio-net on both sides', modules: side(ours, ours) },
  server: { title: 'tokio-net listens, built-in net connects', modules: side(ours, builtin) },
  client: { title: 'built-in net listens, tokio-net connects', modules: side(builtin, ours) },
};

/**
 * @typedef {object} ScenarioOptions
 * @property {boolean} [cross] False for a scenario with one side: the pairing of both only
 * @property {('both' | 'server' | 'client')[]} [pairings] The pairings to run, by the side that
 *   tokio-net has
 * @property {string | boolean} [skip] Why it is not run here, or false
 * @property {number} [timeout] Milliseconds that one run may take
 */

/**
 * @param {any} serverNet The module that listens
 * @param {any} clientNet The module that connects
 * @returns {object} The modules of a run; `net` is the module under test where there is one
 */
function side(serverNet, clientNet) {
  return { serverNet, clientNet, net: clientNet };
}

/**
 * Declares a scenario: a test with one subtest for each run.
 *
 * @param {string} title What is observed
 * @param {(context: Context) => Promise<any>} program Does it, and returns plain data
 * @param {ScenarioOptions} [options] Where and how to run it
 * @returns {void}
 */
function scenario(title, program, options = {}) {
  const { cross = true, skip = false, timeout = TIMEOUT } = options;
  const pairings = options.pairings ?? (cross ? ['both', 'server', 'client'] : ['both']);
  test(title, { skip }, async (t) => {
    const reference = { done: false, result: undefined };
    await t.test(REFERENCE.title, async () => {
      const result = await run(program, REFERENCE.modules, timeout);
      reference.result = result;
      reference.done = true;
      if (process.env.TOKIO_NET_TEST_PRINT) console.log(title, util.inspect(result, PRINT));
    });
    for (const pairing of pairings) {
      const { title: name, modules } = PAIRINGS[pairing];
      await t.test(name, async () => {
        const result = await run(program, modules, timeout);
        assert.ok(reference.done, 'the reference run failed: nothing to compare with');
        assert.deepStrictEqual(result, reference.result);
      });
    }
  });
}

/**
 * Declares a test of what only newer Nodes document: tokio-net has it on every Node, so there is not
 * always a reference. The program asserts by itself.
 *
 * @param {string} title What the documentation says
 * @param {(context: Context) => Promise<any>} program Asserts it
 * @param {ScenarioOptions & {builtin?: (net: any) => boolean}} [options] `builtin` says whether the
 *   running Node has the API; if so, the program runs against built-in `net` too
 * @returns {void}
 */
function documented(title, program, options = {}) {
  const { builtin: available, skip = false, timeout = TIMEOUT } = options;
  test(title, { skip }, async (t) => {
    const here = Boolean(available?.(builtin));
    // Built-in net in the place of tokio-net cannot be asked for what the running Node lacks.
    const absent = ours === builtin && !here ? 'not in this Node' : false;
    await t.test('tokio-net', { skip: absent }, () =>
      run(program, side(ours, ours), timeout, false),
    );
    if (here) {
      await t.test('built-in net', () => run(program, side(builtin, builtin), timeout, false));
    }
  });
}

let idle;

/**
 * Ends the process with an error. A scenario that keeps the process alive by something that the
 * kernel does not show as a socket would hang the whole suite: the timer for this runs between
 * scenarios, and does not keep the process alive itself.
 *
 * @returns {void}
 */
function failToEnd() {
  const active = process.getActiveResourcesInfo();
  process.stderr.write(`the process does not end; active: ${active.join(', ')}\n`);
  process.exit(1);
}

/**
 * Runs a program once, with a temporary directory and a limit of time, and sees that nothing stays
 * open after it.
 *
 * @param {(context: Context) => Promise<any>} program The scenario's program
 * @param {any} modules The modules of this run
 * @param {number} timeout Milliseconds
 * @param {boolean} [compared] Whether the result is to be compared with another
 * @returns {Promise<any>} The program's result
 */
async function run(program, modules, timeout, compared = true) {
  clearTimeout(idle);
  await warmUp();
  const before = openSockets();
  const context = new Context(modules);
  let timer;
  const expired = new Promise((resolve, reject) => {
    timer = setTimeout(() => {
      const log = util.inspect(context.entries, PRINT);
      reject(new Error(`not finished after ${timeout} ms; the log until then: ${log}`));
    }, timeout);
  });
  let result;
  try {
    // What is closed after the run may still log: the result is what it was when the program returned.
    result = copy(await Promise.race([program(context), expired]));
  } finally {
    clearTimeout(timer);
    await context.dispose();
    idle = setTimeout(failToEnd, IDLE_LIMIT).unref();
  }
  const left = await leaked(before);
  assert.deepStrictEqual(left, [], 'sockets were open after the run');
  if (compared) {
    assert.notStrictEqual(result, undefined, 'the scenario returned nothing to compare');
  }
  return result;
}

module.exports = { documented, scenario };
