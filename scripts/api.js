'use strict';

// Writes docs/api.md from the declarations and their comments: `npm run docs`. With `--check`, only
// says whether it is up to date.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const { codes } = require('../lib/errors');

const ROOT = path.join(__dirname, '..');
const OUTPUT = path.join(ROOT, 'docs', 'api.md');

/** Entry points, and where their declarations are. */
const MODULES = [
  ['tokio-net', 'index.d.ts'],
  ['tokio-net/promises', 'promises.d.ts'],
  ['tokio-net/http', 'http.d.ts'],
  ['tokio-net/register', 'register.d.ts'],
];

/** When each error is raised. @type {Record<string, string>} */
const ERRORS = {
  ERR_ACCESS_DENIED: "Node's permission model forbids it; `permission` and `resource` say what",
  ERR_FEATURE_UNAVAILABLE_ON_PLATFORM: 'The system does not have what was asked for',
  ERR_ILLEGAL_CONSTRUCTOR: 'A class was constructed that is made by tokio-net only',
  ERR_INVALID_ADDRESS: 'A text is no IP address of the family that was named',
  ERR_INVALID_ADDRESS_FAMILY: '`lookup` gave a family that is neither 4 nor 6',
  ERR_INVALID_ARG_TYPE: 'An argument or option is of the wrong type',
  ERR_INVALID_ARG_VALUE: 'An argument or option is of the right type, and its value is not allowed',
  ERR_INVALID_FD_TYPE: 'A descriptor is neither a socket nor a pipe',
  ERR_INVALID_HANDLE_TYPE: 'The handle is of a kind for which this is not possible',
  ERR_INVALID_IP_ADDRESS: '`localAddress`, or what `lookup` gave, is no IP address',
  ERR_INVALID_STATE: 'The object is in a state in which this is not possible',
  ERR_INVALID_THIS: 'A method was called on something else',
  ERR_IP_BLOCKED: 'The `blockList` covers the address to connect to',
  ERR_MISSING_ARGS: 'Neither a port nor a path was given',
  ERR_OUT_OF_RANGE: 'A number is too small, too large or no whole number',
  ERR_SERVER_ALREADY_LISTEN: '`listen()` of a server that listens, or is about to',
  ERR_SERVER_NOT_RUNNING: '`close()` of a server that does not listen; given to the callback',
  ERR_SOCKET_BAD_PORT: 'A port is no whole number from 0 to 65535',
  ERR_SOCKET_CLOSED: 'The socket was closed before',
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: 'The socket was destroyed while it connected',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'No address answered in time; in `errors` of the AggregateError',
  ERR_SOCKET_HANDLE_ADOPTED: 'A server or socket has taken over what the BoundSocket had',
  ERR_STREAM_DESTROYED: 'The socket was destroyed before the write',
  ERR_STREAM_PREMATURE_CLOSE: 'The connection was closed before the stream had ended',
  ERR_WORKER_HANDLE_NOT_TRANSFERABLE:
    'What is in a `transferList` was used before, is no TCP connection, or does not listen',
};

/** Errors of the streams below, which tokio-net does not make itself. */
const STREAM_ERRORS = [
  ['ERR_STREAM_WRITE_AFTER_END', 'Error', '`write()` after `end()`'],
  ['ERR_STREAM_NULL_VALUES', 'TypeError', '`write(null)`'],
  ['ERR_UNKNOWN_ENCODING', 'TypeError', 'An encoding that Node does not know'],
  ['ABORT_ERR', 'AbortError', 'A `signal` was aborted'],
];

/** Errors of the system, with their usual causes. */
const SYSTEM_ERRORS = [
  ['EACCES', 'connect, bind, listen', 'Not permitted: a port below 1024, a Unix path'],
  ['EADDRINUSE', 'bind, listen', 'Something else listens there'],
  [
    'EADDRNOTAVAIL',
    'bind, connect',
    'The address is not of this machine, or there is no free port',
  ],
  ['EAGAIN', 'connect', 'The queue of a Unix server is full'],
  ['EBADF', 'open, read, write', 'The descriptor is not open'],
  ['ECONNREFUSED', 'connect', 'Nobody listens there'],
  ['ECONNRESET', 'read, write', 'The peer has closed the connection by an RST'],
  ['EHOSTUNREACH, ENETUNREACH', 'connect', 'There is no route'],
  ['EINVAL', 'bind, listen, connect', 'A Unix path is too long, an option has no such value'],
  ['EMFILE, ENFILE', 'bind, connect', 'Out of descriptors; while accepting, connections are shed'],
  ['ENOENT', 'connect', 'There is no such Unix path'],
  ['ENOTSUP', 'bind, listen', 'The system does not share out connections (`reusePort`)'],
  ['ENOTCONN', 'shutdown', 'The connection is gone'],
  ['ENOTFOUND, EAI_AGAIN', 'getaddrinfo', 'The name was not found, or could not be looked up'],
  ['EPIPE', 'write', 'The peer has closed the connection'],
  ['ETIMEDOUT', 'connect, read', 'The peer did not answer'],
  ['EIO', 'read, accept', 'A task of the native core has panicked: a bug, please report it'],
];

/**
 * Gives the text of a comment or of a part of it, in one line a paragraph.
 *
 * @param {any} comment
 * @returns {string}
 */
function textOf(comment) {
  const text = ts.getTextOfJSDocComment(comment) ?? '';
  // A fenced example keeps its lines.
  return text
    .split(/(```[^]*?```)/)
    .map((part) => (part.startsWith('```') ? part : part.replace(/(\S)\n(?!\n)/g, '$1 ')))
    .join('')
    .trim();
}

/**
 * Describes what a declaration's comment says.
 *
 * @param {any} node
 * @returns {{ text: string, details: string[] }}
 */
function describe(node) {
  const [doc] = (node.jsDoc ?? []).slice(-1);
  if (doc === undefined) return { text: '', details: [] };
  const details = [];
  for (const tag of doc.tags ?? []) {
    const text = textOf(tag.comment);
    if (ts.isJSDocParameterTag(tag)) {
      if (text) details.push(`- \`${tag.name.getText()}\`: ${text}`);
    } else if (ts.isJSDocReturnTag(tag)) details.push(`- Returns: ${text}`);
    else if (ts.isJSDocThrowsTag(tag)) details.push(`- Throws: ${text}`);
    else
      details.push(`- ${tag.tagName.text[0].toUpperCase()}${tag.tagName.text.slice(1)}: ${text}`);
  }
  return { text: textOf(doc.comment), details };
}

/**
 * Gives a declaration in one line, without what is declared inside it.
 *
 * @param {any} node
 * @param {any} source
 * @returns {string}
 */
function signatureOf(node, source) {
  const start = node.getStart(source);
  const end = node.members ? node.members.pos - 1 : node.getEnd();
  return source.text
    .slice(start, end)
    .replace(/^(export |declare )+/, '')
    .replace(/\s+/g, ' ')
    .replace(/([([]) /g, '$1')
    .replace(/,? ([)\]])/g, '$1')
    .replace(/;$/, '')
    .trim();
}

/**
 * Writes one declaration.
 *
 * @param {any[]} nodes It, and its overloads
 * @param {any} source
 * @param {string} heading
 * @returns {string[]}
 */
function declaration(nodes, source, heading) {
  const { text, details } = describe(nodes[0]);
  const signatures = nodes.map((node) => signatureOf(node, source)).join('\n');
  const lines = [heading, '', '```ts', signatures, '```', ''];
  if (text) lines.push(text, '');
  if (details.length > 0) lines.push(...details, '');
  return lines;
}

/**
 * Groups overloads, which have one name and only the first of which has a comment.
 *
 * @param {readonly any[]} nodes
 * @param {any} source
 * @returns {{ name: string, nodes: any[] }[]}
 */
function group(nodes, source) {
  /** @type {{ name: string, nodes: any[] }[]} */
  const groups = [];
  for (const node of nodes) {
    const name = ts.isConstructorDeclaration(node) ? 'constructor' : node.name?.getText(source);
    if (name === undefined) continue;
    const last = groups.at(-1);
    if (last !== undefined && last.name === name) last.nodes.push(node);
    else groups.push({ name, nodes: [node] });
  }
  return groups;
}

/**
 * Writes the members of an interface or class: those without a call as a table, the others one by one.
 *
 * @param {any} owner
 * @param {any} source
 * @returns {string[]}
 */
function members(owner, source) {
  const table = [];
  const rest = [];
  for (const { name, nodes } of group(owner.members, source)) {
    const [node] = nodes;
    if (ts.isPropertySignature(node) || ts.isPropertyDeclaration(node)) {
      const type = (node.type?.getText(source) ?? '')
        .replace(/\s+/g, ' ')
        .replace(/ \| undefined$/, '');
      const { text, details } = describe(node);
      const words = [text, ...details.map((line) => line.slice(2))].filter(Boolean).join(' ');
      const optional = node.questionToken ? '?' : '';
      table.push(`| \`${name}${optional}\` | \`${type.replaceAll('|', '\\|')}\` | ${words} |`);
    } else {
      rest.push(...declaration(nodes, source, `#### ${owner.name.text}: \`${name}\``));
    }
  }
  if (table.length > 0) table.unshift('| name | type | |', '| --- | --- | --- |');
  return [...table, ...(table.length > 0 ? [''] : []), ...rest];
}

/**
 * Writes what a module exports.
 *
 * @param {string} name
 * @param {string} file
 * @returns {string[]}
 */
function moduleReference(name, file) {
  const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = [`## ${name}`, ''];
  const declarations = source.statements.flatMap((/** @type {any} */ statement) => {
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map((/** @type {any} */ variable) =>
        Object.assign(variable, { jsDoc: /** @type {any} */ (statement).jsDoc }),
      );
    }
    return [statement];
  });
  for (const { name, nodes } of group(declarations, source)) {
    const [node] = nodes;
    lines.push(...declaration(nodes, source, `### ${name}`));
    if (node.members) lines.push(...members(node, source));
  }
  return lines;
}

/**
 * Writes all errors.
 *
 * @returns {string[]}
 */
function errorReference() {
  const names = Object.keys(codes).sort();
  const unknown = names.filter((name) => !(name in ERRORS));
  if (unknown.length > 0) throw new Error(`scripts/api.js does not describe ${unknown.join(', ')}`);
  const baseOf = (/** @type {string} */ name) =>
    [TypeError, RangeError].find(
      (type) => /** @type {any} */ (codes)[name].prototype instanceof type,
    )?.name ?? 'Error';
  return [
    '## Errors',
    '',
    "An error has a `code`. Misuse is thrown, or given to a callback or to 'error':",
    '',
    '| code | class | when |',
    '| --- | --- | --- |',
    ...names.map((name) => `| \`${name}\` | ${baseOf(name)} | ${ERRORS[name]} |`),
    '',
    "From Node's streams and signals, as with `net`:",
    '',
    '| code | class | when |',
    '| --- | --- | --- |',
    ...STREAM_ERRORS.map(([code, type, when]) => `| \`${code}\` | ${type} | ${when} |`),
    '',
    "What the system refuses comes with 'error', with `errno`, `syscall` and, where they are known, " +
      '`address` and `port`. Any errno of the system can come; these are the usual ones. Where several ' +
      'addresses were tried, the error is an `AggregateError` with one for each in `errors`.',
    '',
    '| code | syscall | usual cause |',
    '| --- | --- | --- |',
    ...SYSTEM_ERRORS.map(([code, syscall, cause]) => `| \`${code}\` | ${syscall} | ${cause} |`),
    '',
  ];
}

/**
 * Makes the whole page.
 *
 * @returns {string}
 */
function reference() {
  const lines = [
    '# API',
    '',
    '<!-- Generated by scripts/api.js from the declarations. Edit those, then: npm run docs -->',
    '',
    'tokio-net has the API of Node\'s [`net`](https://nodejs.org/api/net.html). "Source" names the ' +
      "section of Node's documentation, the man page or the RFC that says what a thing does. Times are " +
      'milliseconds, sizes are bytes.',
    '',
    ...MODULES.flatMap(([name, file]) => moduleReference(name, file)),
    ...errorReference(),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

if (process.argv.includes('--check')) {
  const current = fs.existsSync(OUTPUT) ? fs.readFileSync(OUTPUT, 'utf8') : '';
  if (current !== reference()) {
    console.error('docs/api.md is not up to date: npm run docs');
    process.exitCode = 1;
  }
} else {
  fs.mkdirSync(path.dirname(OUTPUT), { recursive: true });
  fs.writeFileSync(OUTPUT, reference());
}
