'use strict';

const crypto = require('node:crypto');
const os = require('node:os');

const TMP_PREFIX = 'tn-';
const ABSTRACT_PREFIX = '\0tn-abstract-';
const LONGEST_TEXT = 200;

const tmpPattern = new RegExp(`${escape(os.tmpdir())}/${TMP_PREFIX}[A-Za-z0-9]{6}`, 'g');
const abstractPattern = /(?:\0|\\u0000|\\x00|@)tn-abstract-\d+-\d+/g;

/**
 * @param {string} text Any text
 * @returns {string} The text with the characters that a regular expression reads escaped
 */
function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Replaces what differs between two runs of one scenario: temporary paths and abstract names.
 *
 * @param {string} text Any text
 * @returns {string} The text with placeholders
 */
function placeholders(text) {
  return text.replace(tmpPattern, '<tmp>').replace(abstractPattern, '<abstract>');
}

/**
 * Replaces the port after each `host:port` of a message.
 *
 * @param {string} message An error's message
 * @returns {string} The message with placeholders
 */
function withoutPorts(message) {
  return placeholders(message).replace(/:\d{2,5}\b(?![:\d])/g, ':<port>');
}

/**
 * @param {unknown} port A port from an error or from an event
 * @returns {unknown} `<port>` for one that the system chose, else the value itself
 */
function portPlaceholder(port) {
  return typeof port === 'number' && port > 1023 ? '<port>' : port;
}

/**
 * Takes from an error all that a program can rely on.
 *
 * @param {any} error The error
 * @returns {object} Its name, message, and those of the system's fields that it has
 */
function summariseError(error) {
  const summary = { name: error.name, message: withoutPorts(String(error.message)) };
  for (const key of ['code', 'errno', 'syscall', 'hostname']) {
    if (error[key] !== undefined) summary[key] = error[key];
  }
  if (error.address !== undefined) {
    summary.address =
      typeof error.address === 'string' ? placeholders(error.address) : error.address;
  }
  if (error.port !== undefined) summary.port = portPlaceholder(error.port);
  if (Array.isArray(error.errors)) summary.errors = error.errors.map(summarise);
  if (error.cause !== undefined) summary.cause = summarise(error.cause);
  return summary;
}

/**
 * @param {Uint8Array} bytes Any bytes
 * @returns {string} Their length, and themselves in hexadecimal or their digest when they are many
 */
function summariseBytes(bytes) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length <= 32) return `<Buffer ${buffer.length}: ${buffer.toString('hex')}>`;
  const digest = crypto.createHash('sha256').update(buffer).digest('hex').slice(0, 16);
  return `<Buffer ${buffer.length}: sha256 ${digest}>`;
}

/**
 * Turns a value into plain data that is the same in each run of a deterministic program.
 *
 * @param {any} value An argument of an event or of a callback, a property, an error
 * @returns {any} Plain data: errors by their fields, bytes by their content, ports and temporary
 *   paths as placeholders, objects of classes by their class's name
 */
function summarise(value) {
  if (typeof value === 'string') {
    const text = placeholders(value);
    return text.length <= LONGEST_TEXT ? text : `<text ${summariseBytes(Buffer.from(text))}>`;
  }
  if (typeof value === 'function') return '[Function]';
  if (typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return summariseError(value);
  if (value instanceof Uint8Array) return summariseBytes(value);
  if (Array.isArray(value)) return value.map(summarise);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `[${value.constructor?.name ?? 'Object'}]`;
  }
  const summary = {};
  for (const [key, entry] of Object.entries(value)) {
    summary[key] = /port$/i.test(key) ? portPlaceholder(summarise(entry)) : summarise(entry);
  }
  return summary;
}

/**
 * @param {string} event An event's name
 * @param {any[]} args Its arguments
 * @returns {any[]} The arguments as plain data
 */
function summariseEvent(event, args) {
  const summary = args.map(summarise);
  if (/^connectionAttempt/.test(event)) summary[1] = portPlaceholder(summary[1]);
  return summary;
}

/**
 * Copies a scenario's result. Throws unless it is made of plain data only, which is what can be
 * compared by value.
 *
 * @param {any} value A scenario's result or a part of it
 * @param {string} [where] The path to that part
 * @returns {any} The copy
 */
function copy(value, where = 'result') {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`${where} is a ${typeof value}, not plain data`);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry, index) => copy(entry, `${where}[${index}]`));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${where} is a ${value.constructor?.name}, not plain data`);
  }
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, entry]) => [key, copy(entry, `${where}.${key}`)]));
}

module.exports = {
  ABSTRACT_PREFIX,
  TMP_PREFIX,
  copy,
  summarise,
  summariseBytes,
  summariseEvent,
};
