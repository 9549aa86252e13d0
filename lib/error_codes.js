'use strict';

/**
 * The `ERR_*` classes, for misuse of the API: `error.name` is the plain class name ("TypeError"), while
 * `toString()` and the first line of `stack` read "TypeError [ERR_X]: ...".
 *
 * Source of the texts: https://nodejs.org/api/errors.html, and the same errors of the running Node.
 */

const { format, inspect } = require('node:util');

const {
  describeExpected,
  describeNumber,
  describeReceived,
  formatList,
  kindOf,
  quoteAlternatives,
} = require('./error_text.js');

/** Set on the prototypes below once core's symbol is known; see {@link markAsCoreErrors}. */
let marked = false;

/**
 * Core marks its error classes with a symbol of its own. Node's formatter of stack traces asks for
 * it, and only then puts the code in the first line of `stack`. The symbol is taken from an error
 * that core raises, when the first error of ours is made: nothing is to be paid at `require`.
 *
 * @returns {void}
 */
function markAsCoreErrors() {
  marked = true;
  let error;
  try {
    Buffer.from(/** @type {any} */ (0));
  } catch (raised) {
    error = raised;
  }
  for (let object = error; object; object = Object.getPrototypeOf(object)) {
    const mark = Object.getOwnPropertySymbols(object).find(isNodeErrorMark);
    if (mark === undefined) continue;
    for (const base of [NodeError, NodeTypeError, NodeRangeError, NodeAggregateError]) {
      Object.defineProperty(base.prototype, mark, { get: returnTrue, configurable: true });
    }
    return;
  }
}

/**
 * @param {symbol} symbol
 * @returns {boolean}
 */
function isNodeErrorMark(symbol) {
  return symbol.description === 'kIsNodeError';
}

/**
 * @returns {true}
 */
function returnTrue() {
  return true;
}

/**
 * `error.toString()` of an error that has a code.
 *
 * @this {Error & { code: string }}
 * @returns {string}
 */
function toString() {
  return `${this.name} [${this.code}]: ${this.message}`;
}

/**
 * Hides a class between ours and the built-in one: `error.constructor` is the built-in class.
 *
 * @param {{ prototype: object }} type One of the base classes below
 * @param {Function} constructor What its instances name as their constructor
 * @param {boolean} [codeInText] Whether `toString()` has the code
 * @returns {void}
 */
function dressAs({ prototype }, constructor, codeInText = true) {
  Object.defineProperty(prototype, 'constructor', {
    get() {
      return constructor;
    },
    enumerable: false,
    configurable: true,
  });
  if (!codeInText) return;
  Object.defineProperty(prototype, 'toString', {
    value: toString,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

/**
 * A text, or what makes one of the error: then the message comes behind the code in the order of the
 * error's properties, as core has it for the messages that it composes.
 *
 * @typedef {string | ((error: any) => string)} Message
 */

/**
 * @param {Error} error
 * @param {(error: any) => string} message Makes its message
 * @returns {void}
 */
function compose(error, message) {
  Object.defineProperty(error, 'message', {
    value: message(error),
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

class NodeError extends Error {
  /**
   * @param {string} code
   * @param {Message} message
   */
  constructor(code, message) {
    if (!marked) markAsCoreErrors();
    super(typeof message === 'string' ? message : undefined);
    /** @type {string} */
    this.code = code;
    if (typeof message === 'function') compose(this, message);
  }
}

class NodeTypeError extends TypeError {
  /**
   * @param {string} code
   * @param {Message} message
   */
  constructor(code, message) {
    if (!marked) markAsCoreErrors();
    super(typeof message === 'string' ? message : undefined);
    /** @type {string} */
    this.code = code;
    if (typeof message === 'function') compose(this, message);
  }
}

class NodeRangeError extends RangeError {
  /**
   * @param {string} code
   * @param {Message} message
   */
  constructor(code, message) {
    if (!marked) markAsCoreErrors();
    super(typeof message === 'string' ? message : undefined);
    /** @type {string} */
    this.code = code;
    if (typeof message === 'function') compose(this, message);
  }
}

class NodeAggregateError extends AggregateError {
  /**
   * @param {Iterable<Error>} errors
   * @param {string | undefined} code
   */
  constructor(errors, code) {
    if (!marked) markAsCoreErrors();
    super(errors);
    /** @type {string | undefined} */
    this.code = code;
  }
}

dressAs(NodeError, Error);
dressAs(NodeTypeError, TypeError);
dressAs(NodeRangeError, RangeError);
dressAs(NodeAggregateError, AggregateError, false);

/**
 * What core's native code raises: a plain `Error` with a code, which stands neither in the
 * first line of `stack` nor in `toString()`.
 */
class NativeError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    /** @type {string} */
    this.code = code;
  }
}

dressAs(NativeError, Error, false);

class ERR_ACCESS_DENIED extends NativeError {
  /**
   * @param {string} permission The permission that is missing, as core writes it ("Net")
   * @param {string} resource What was asked for; may be empty
   * @param {string} flag The command-line flag that would give it
   */
  constructor(permission, resource, flag) {
    super(
      'ERR_ACCESS_DENIED',
      `Access to this API has been restricted. Use ${flag} to manage permissions.`,
    );
    this.permission = permission;
    this.resource = resource;
  }
}

class ERR_FEATURE_UNAVAILABLE_ON_PLATFORM extends NodeTypeError {
  /**
   * @param {string} feature
   */
  constructor(feature) {
    super(
      'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
      `The feature ${feature} is unavailable on the current platform, ` +
        'which is being used to run Node.js',
    );
  }
}

class ERR_ILLEGAL_CONSTRUCTOR extends NodeTypeError {
  constructor() {
    super('ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
  }
}

class ERR_INVALID_ADDRESS extends NativeError {
  constructor() {
    super('ERR_INVALID_ADDRESS', 'Invalid socket address');
  }
}

class ERR_INVALID_ADDRESS_FAMILY extends NodeRangeError {
  /**
   * @param {unknown} addressType The family that `lookup` gave
   * @param {string} host
   * @param {number | string} port
   */
  constructor(addressType, host, port) {
    super('ERR_INVALID_ADDRESS_FAMILY', (error) => {
      error.host = host;
      error.port = port;
      return `Invalid address family: ${addressType} ${host}:${port}`;
    });
  }
}

class ERR_INVALID_ARG_TYPE extends NodeTypeError {
  /**
   * @param {string} name The argument's name; with a dot, an option's; or "first argument"
   * @param {string | readonly string[]} expected `typeof` names, class names, free text
   * @param {unknown} actual The value received
   */
  constructor(name, expected, actual) {
    const subject = name.endsWith(' argument') ? name : `"${name}" ${kindOf(name)}`;
    super(
      'ERR_INVALID_ARG_TYPE',
      () =>
        `The ${subject} must be ${describeExpected(expected)}. Received ${describeReceived(actual)}`,
    );
  }
}

class ERR_INVALID_ARG_VALUE extends NodeTypeError {
  /**
   * @param {string} name The argument's name; with a dot, an option's
   * @param {unknown} value The value received
   * @param {string} [reason] What is wrong with it
   */
  constructor(name, value, reason = 'is invalid') {
    let received = inspect(value);
    if (received.length > 128) received = `${received.slice(0, 128)}...`;
    super(
      'ERR_INVALID_ARG_VALUE',
      () => `The ${kindOf(name)} '${name}' ${reason}. Received ${received}`,
    );
  }
}

class ERR_INVALID_FD_TYPE extends NodeTypeError {
  /**
   * @param {string} type What the descriptor is ("FILE", "UNKNOWN", ...)
   */
  constructor(type) {
    super('ERR_INVALID_FD_TYPE', `Unsupported fd type: ${type}`);
  }
}

class ERR_INVALID_HANDLE_TYPE extends NodeTypeError {
  constructor() {
    super('ERR_INVALID_HANDLE_TYPE', 'This handle type cannot be sent');
  }
}

class ERR_INVALID_IP_ADDRESS extends NodeTypeError {
  /**
   * @param {unknown} address Whatever `localAddress` or `lookup` gave
   */
  constructor(address) {
    super('ERR_INVALID_IP_ADDRESS', format('Invalid IP address: %s', address));
  }
}

class ERR_INVALID_STATE extends NodeError {
  /**
   * @param {string} state
   */
  constructor(state) {
    super('ERR_INVALID_STATE', `Invalid state: ${state}`);
  }
}

class ERR_INVALID_THIS extends NodeTypeError {
  /**
   * @param {string} type The class whose method was called on something else
   */
  constructor(type) {
    super('ERR_INVALID_THIS', `Value of "this" must be of type ${type}`);
  }
}

class ERR_IP_BLOCKED extends NodeError {
  /**
   * @param {string} ip
   */
  constructor(ip) {
    super('ERR_IP_BLOCKED', () => `IP(${ip}) is blocked by net.BlockList`);
  }
}

class ERR_MISSING_ARGS extends NodeTypeError {
  /**
   * @param {...(string | readonly string[])} names Of the arguments; an array lists alternatives
   */
  constructor(...names) {
    const quoted = names.map(quoteAlternatives);
    const noun = names.length > 1 ? 'arguments' : 'argument';
    super('ERR_MISSING_ARGS', () => `The ${formatList(quoted, 'and')} ${noun} must be specified`);
  }
}

class ERR_OUT_OF_RANGE extends NodeRangeError {
  /**
   * @param {string} name The argument's name, with a dot an option's
   * @param {string} range What is allowed, for instance ">= 0 && <= 255"
   * @param {unknown} received
   */
  constructor(name, range, received) {
    super(
      'ERR_OUT_OF_RANGE',
      () =>
        `The value of "${name}" is out of range. It must be ${range}. ` +
        `Received ${describeNumber(received)}`,
    );
  }
}

class ERR_SERVER_ALREADY_LISTEN extends NodeError {
  constructor() {
    super(
      'ERR_SERVER_ALREADY_LISTEN',
      'Listen method has been called more than once without closing.',
    );
  }
}

class ERR_SERVER_NOT_RUNNING extends NodeError {
  constructor() {
    super('ERR_SERVER_NOT_RUNNING', 'Server is not running.');
  }
}

class ERR_SOCKET_BAD_PORT extends NodeRangeError {
  /**
   * @param {string} name What is out of range ("Port", "options.port")
   * @param {unknown} port The value received
   * @param {boolean} [allowZero] Whether 0 would have been a port
   */
  constructor(name, port, allowZero = true) {
    super(
      'ERR_SOCKET_BAD_PORT',
      () =>
        `${name} should be ${allowZero ? '>=' : '>'} 0 and < 65536. ` +
        `Received ${describeReceived(port)}.`,
    );
  }
}

class ERR_SOCKET_CLOSED extends NodeError {
  constructor() {
    super('ERR_SOCKET_CLOSED', 'Socket is closed');
  }
}

class ERR_SOCKET_CLOSED_BEFORE_CONNECTION extends NodeError {
  constructor() {
    super(
      'ERR_SOCKET_CLOSED_BEFORE_CONNECTION',
      'Socket closed before the connection was established',
    );
  }
}

class ERR_SOCKET_CONNECTION_TIMEOUT extends NodeError {
  constructor() {
    super('ERR_SOCKET_CONNECTION_TIMEOUT', 'Socket connection timeout');
  }
}

class ERR_SOCKET_HANDLE_ADOPTED extends NodeError {
  constructor() {
    super(
      'ERR_SOCKET_HANDLE_ADOPTED',
      'The bound socket has already been adopted by a server or socket',
    );
  }
}

class ERR_STREAM_DESTROYED extends NodeError {
  /**
   * @param {string} method The method that came too late
   */
  constructor(method) {
    super('ERR_STREAM_DESTROYED', `Cannot call ${method} after a stream was destroyed`);
  }
}

class ERR_STREAM_PREMATURE_CLOSE extends NodeError {
  constructor() {
    super('ERR_STREAM_PREMATURE_CLOSE', 'Premature close');
  }
}

class ERR_WORKER_HANDLE_NOT_TRANSFERABLE extends NodeError {
  /**
   * @param {string} type What cannot be transferred
   */
  constructor(type) {
    super(
      'ERR_WORKER_HANDLE_NOT_TRANSFERABLE',
      `${type} cannot be transferred in its current state; it must be a freshly created or ` +
        'accepted handle that has not started reading and has no pending writes',
    );
  }
}

const codes = {
  ERR_ACCESS_DENIED,
  ERR_FEATURE_UNAVAILABLE_ON_PLATFORM,
  ERR_ILLEGAL_CONSTRUCTOR,
  ERR_INVALID_ADDRESS,
  ERR_INVALID_ADDRESS_FAMILY,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_FD_TYPE,
  ERR_INVALID_HANDLE_TYPE,
  ERR_INVALID_IP_ADDRESS,
  ERR_INVALID_STATE,
  ERR_INVALID_THIS,
  ERR_IP_BLOCKED,
  ERR_MISSING_ARGS,
  ERR_OUT_OF_RANGE,
  ERR_SERVER_ALREADY_LISTEN,
  ERR_SERVER_NOT_RUNNING,
  ERR_SOCKET_BAD_PORT,
  ERR_SOCKET_CLOSED,
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION,
  ERR_SOCKET_CONNECTION_TIMEOUT,
  ERR_SOCKET_HANDLE_ADOPTED,
  ERR_STREAM_DESTROYED,
  ERR_STREAM_PREMATURE_CLOSE,
  ERR_WORKER_HANDLE_NOT_TRANSFERABLE,
};

// So that `error.constructor` is what the base class answers.
for (const { prototype } of Object.values(codes)) {
  Reflect.deleteProperty(prototype, 'constructor');
}

module.exports = { NodeAggregateError, codes };
