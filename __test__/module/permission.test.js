'use strict';

const { scenario } = require('../harness');
const { runProgram } = require('../lifetime/program');

const major = Number(process.versions.node.split('.')[0]);
const enabled = [
  major < 22 ? '--experimental-permission' : '--permission',
  '--allow-addons',
  '--allow-fs-read=*',
  '--allow-fs-write=*',
];
const skip = major < 22 && !process.allowedNodeEnvironmentFlags.has(enabled[0]) ? 'none' : false;

/**
 * Tries all that asks the system for a socket, and prints how each ends.
 *
 * @param {any} net The module
 * @param {string} path Where a server over a path may listen
 * @returns {void}
 */
function tryEverything(net, path) {
  const describe = (error) =>
    JSON.stringify([
      ...[error.name, error.code, error.message, error.syscall],
      ...[error.permission, error.resource],
    ]).replaceAll(path, '<path>');
  const print = (name, ...rest) => console.log(name, ...rest);

  const attempts = [
    ['listen', () => net.createServer().listen({ port: 0, host: '127.0.0.1' })],
    ['listen path', () => net.createServer().listen(path)],
    ['listen name', () => net.createServer().listen(0, 'localhost')],
    ['connect', () => net.connect(1, '127.0.0.1')],
    ['connect path', () => net.connect(`${path}-none`)],
    ['socket', () => new net.Socket()],
  ];
  const next = () => {
    const attempt = attempts.shift();
    if (!attempt) return;
    const [name, start] = attempt;
    let object;
    try {
      object = start();
    } catch (error) {
      print(name, 'thrown', describe(error));
      next();
      return;
    }
    print(name, 'returned', object.connecting, object.destroyed, object.listening);
    if (object instanceof net.Server) {
      object.on('error', (error) => {
        print(name, 'error', describe(error));
        next();
      });
      object.on('listening', () => {
        print(name, 'listening');
        object.close(next);
      });
    } else if (name === 'socket') {
      next();
    } else {
      object.on('error', (error) => print(name, 'error', describe(error)));
      object.on('close', (hadError) => {
        print(name, 'close', hadError);
        next();
      });
    }
  };
  next();
}

for (const [title, flags] of [
  ['without the right to use the network', enabled],
  ['with the right to use the network', major >= 25 ? [...enabled, '--allow-net'] : null],
]) {
  scenario(
    `the permission model, ${title}`,
    async (context) => {
      const { code, signal, stdout } = await runProgram(context, context.net, tryEverything, {
        flags,
        args: [`${context.tmp}/s`],
      });
      return [code, signal, stdout];
    },
    { cross: false, skip: flags === null ? 'this Node has no --allow-net' : skip },
  );
}

scenario(
  'a right that is dropped while a server listens is missing from then on',
  async (context) =>
    runProgram(
      context,
      context.net,
      (net) => {
        const server = net.createServer();
        server.listen(0, '127.0.0.1', () => {
          console.log('listening', typeof process.permission.drop);
          if (process.permission.drop) process.permission.drop('net');
          const client = net.connect(server.address().port, '127.0.0.1');
          client.on('error', (error) => console.log(error.code));
          client.on('connect', () => client.destroy());
          client.on('close', (hadError) => {
            console.log('close', hadError);
            server.close(() => console.log('closed'));
          });
        });
      },
      { flags: [...enabled, '--allow-net'] },
    ),
  { cross: false, skip: major < 25 ? 'this Node has no --allow-net' : false },
);
