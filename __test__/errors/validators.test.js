'use strict';

// Each check of ours beside a function of the running Node that checks the same way.

const assert = require('node:assert');
const dns = require('node:dns');
const EventEmitter = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { StringDecoder } = require('node:string_decoder');
const { test } = require('node:test');

const validators = require('../../lib/validators');
const { VALUES, describe, firstFrame, label, thrownBy } = require('./describe');

/** The defaults that the calls below change, to be put back. */
const autoSelectFamily = net.getDefaultAutoSelectFamily();
const attemptTimeout = net.getDefaultAutoSelectFamilyAttemptTimeout();

test.after(() => {
  net.setDefaultAutoSelectFamily(autoSelectFamily);
  net.setDefaultAutoSelectFamilyAttemptTimeout(attemptTimeout);
});

/** Core's checks accept -0, but what comes behind some of them aborts the process. */
const DEFINED = VALUES.filter((value) => value !== undefined && !Object.is(value, -0));

/**
 * @typedef {object} Check
 * @property {(value: any) => unknown} ours
 * @property {(value: any) => unknown} core
 * @property {unknown[]} [values] Where core does not give all of `VALUES` to its check
 */

/** @type {Record<string, Check>} */
const CHECKS = {
  validateString: {
    ours: (value) => validators.validateString(value, 'address'),
    // What is a string is no address, which is another matter.
    core: (value) => typeof value === 'string' || new net.BlockList().addAddress(value),
  },
  validateBoolean: {
    ours: (value) => validators.validateBoolean(value, 'value'),
    core: (value) => net.setDefaultAutoSelectFamily(value),
  },
  validateFunction: {
    ours: (value) => validators.validateFunction(value, 'listener'),
    core: (value) => new EventEmitter().on('x', value),
  },
  validateObject: {
    ours: (value) => validators.validateObject(value, 'options'),
    core: (value) => new net.SocketAddress(value),
    values: DEFINED,
  },
  'validateNumber, from 0 on': {
    ours: (value) => validators.validateNumber(value, 'setMaxListeners', 0),
    core: (value) => EventEmitter.setMaxListeners(value, new EventEmitter()),
    values: DEFINED,
  },
  'validateNumber, any': {
    ours: (value) => validators.validateNumber(value, 'options.keepAliveInitialDelay'),
    core: (value) => net.createServer({ keepAliveInitialDelay: value }),
    values: DEFINED,
  },
  'validateInt32, from 1 on': {
    ours: (value) => validators.validateInt32(value, 'value', 1),
    core: (value) => net.setDefaultAutoSelectFamilyAttemptTimeout(value),
  },
  'validateInt32, from 0 to 32': {
    ours: (value) => validators.validateInt32(value, 'prefix', 0, 32),
    core: (value) => new net.BlockList().addSubnet('10.0.0.0', value),
    values: DEFINED,
  },
  validateUint32: {
    ours: (value) => validators.validateUint32(value, 'options.flowlabel'),
    core: (value) => new net.SocketAddress({ family: 'ipv6', flowlabel: value }),
    // A label has 20 bits; a longer one that fits the check aborts the process, too.
    values: DEFINED.filter((value) => !(numeric(value) > 0xfffff && numeric(value) < 2 ** 32)),
  },
  validateInteger: {
    ours: (value) => validators.validateInteger(value, 'maxHeaderSize', 0),
    core: (value) => http.createServer({ maxHeaderSize: value }),
    values: DEFINED,
  },
  validateMilliseconds: {
    ours: (value) => validators.validateMilliseconds(value, 'msecs'),
    core: (value) => new net.Socket().setTimeout(value).destroy(),
    // Beyond 32 bits the timer warns, which is none of the check's business.
    values: VALUES.filter((value) => !(numeric(value) > 2147483647 && value !== Infinity)),
  },
  validatePort: {
    ours: (value) => validators.validatePort(value),
    core: (value) => dns.lookupService('127.0.0.1', value, () => {}),
    values: VALUES.filter((value) => !Object.is(value, -0)),
  },
  validateAbortSignal: {
    ours: (value) => validators.validateAbortSignal(value, 'signal'),
    core: (value) => EventEmitter.addAbortListener(value, () => {}),
    values: VALUES.filter((value) => value !== undefined && !isListenable(value)),
  },
  'validateOneOf, numbers': {
    ours: (value) => validators.validateOneOf(value, 'options.family', [0, 4, 6]),
    core: (value) => dns.lookup('127.0.0.1', { family: value }, () => {}),
    values: VALUES.filter((value) => value != null),
  },
  validateBuffer: {
    ours: (value) => validators.validateBuffer(value, 'buf'),
    core: (value) => typeof value === 'string' || new StringDecoder().write(value),
    values: VALUES.filter((value) => typeof value !== 'string'),
  },
};

/**
 * @param {unknown} value
 * @returns {number} NaN for all that is no number
 */
function numeric(value) {
  return typeof value === 'number' ? value : NaN;
}

/**
 * @param {any} value
 * @returns {boolean} Whether core would go on to listen to it
 */
function isListenable(value) {
  return value !== null && typeof value === 'object' && 'aborted' in value;
}

for (const [name, { ours, core, values = VALUES }] of Object.entries(CHECKS)) {
  test(name, () => {
    let refused = 0;
    for (const value of values) {
      const expected = thrownBy(() => core(value));
      const actual = thrownBy(() => ours(value));
      assert.deepStrictEqual(describe(actual), describe(expected), label(value));
      if (actual === undefined) continue;
      refused += 1;
      assert.ok(firstFrame(actual).includes(__filename), `the stack shows ${firstFrame(actual)}`);
    }
    assert.ok(refused > 0, 'nothing was refused');
    assert.ok(refused < values.length || name === 'validateAbortSignal', 'nothing was accepted');
  });
}

test('validatePort returns the number', () => {
  for (const [port, number] of [
    [0, 0],
    [80, 80],
    ['80', 80],
    ['0x50', 80],
    [' 80\n', 80],
    [65535, 65535],
  ]) {
    assert.strictEqual(validators.validatePort(port), number);
  }
});

test('validatePort may refuse 0', () => {
  const error = thrownBy(() => validators.validatePort(0, 'Port', false));
  assert.strictEqual(error.code, 'ERR_SOCKET_BAD_PORT');
  assert.strictEqual(error.message, 'Port should be > 0 and < 65536. Received type number (0).');
  assert.strictEqual(validators.validatePort(1, 'Port', false), 1);
});

test('validateAbortSignal accepts undefined, and whatever has `aborted`', () => {
  validators.validateAbortSignal(undefined, 'signal');
  validators.validateAbortSignal({ aborted: false }, 'signal');
  validators.validateAbortSignal(new AbortController().signal, 'signal');
});

test('validateOneOf quotes strings', () => {
  const error = thrownBy(() => validators.validateOneOf('c', 'x', ['a', 'b']));
  assert.strictEqual(error.message, "The argument 'x' must be one of: 'a', 'b'. Received 'c'");
});
