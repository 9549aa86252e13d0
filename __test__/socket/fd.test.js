'use strict';

const { spawn } = require('node:child_process');

const { scenario } = require('../harness');
const { specifierOf } = require('../harness/implementations');

const linux = process.platform === 'linux' ? false : 'duplicates descriptors by /proc';

/**
 * A program that gets a socket as descriptor 3, as from inetd, and one that prints what it heard.
 *
 * @param {any} t The scenario's context
 * @param {string} source The program: `fd` is the descriptor
 * @param {string} [question] What the other end writes; bytes that the program does not read would
 *   make its close a reset
 * @returns {Promise<any>} How it ended, and what the other end heard
 */
async function inherit(t, source, question = 'question') {
  const specifier = JSON.stringify(specifierOf(t.net));
  const child = spawn(
    process.execPath,
    ['-e', `const net = require(${specifier}); const fd = 3; ${source}`],
    { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  );
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  const end = child.stdio[3];
  let heard = '';
  end.setEncoding('utf8').on('data', (text) => (heard += text));
  end.on('error', () => {});
  if (question) end.write(question);
  const [code] = await t.once(child, 'close');
  return [heard, code, stdout];
}

scenario(
  'the fd option adopts a connected socket, reads and writes it',
  (t) =>
    inherit(
      t,
      `const socket = new net.Socket({ fd, readable: true, writable: true });
      console.log(socket.readyState, socket.connecting, socket.pending, typeof socket._handle.fd);
      socket.on('data', (chunk) => socket.end('answer to ' + chunk));
      socket.on('close', (hadError) => console.log('close', hadError));`,
    ),
  { cross: false },
);

scenario(
  'readable and writable decide what an adopted descriptor does',
  async (t) => [
    await inherit(
      t,
      `const socket = new net.Socket({ fd, readable: false, writable: true });
      console.log(socket.readable, socket.writable, socket.readyState);
      socket.on('data', () => console.log('data'));
      socket.end('written');`,
      '',
    ),
    await inherit(
      t,
      `const socket = new net.Socket({ fd, readable: true, writable: false });
      console.log(socket.readable, socket.writable, socket.readyState);
      socket.on('data', (chunk) => { console.log(String(chunk)); socket.destroy(); });`,
    ),
    await inherit(
      t,
      `const socket = new net.Socket({ fd });
      console.log(socket.readable, socket.writable, socket.readyState);
      socket.once('data', () => socket.destroy()); socket.end('both');`,
    ),
  ],
  { cross: false },
);

scenario(
  'destroy() closes the descriptor once',
  async (t) => {
    const [heard, code, stdout] = await inherit(
      t,
      `const fs = require('node:fs');
      const socket = new net.Socket({ fd, readable: true, writable: true });
      socket.once('data', () => socket.destroy());
      socket.on('close', () => {
        try { fs.fstatSync(fd); console.log('open'); } catch (error) { console.log(error.code); }
        const other = fs.openSync('/dev/null', 'r');
        socket.destroy();
        setImmediate(() => {
          fs.fstatSync(other);
          console.log('the next file is untouched');
        });
      });`,
    );
    return [heard, code, stdout];
  },
  { cross: false },
);

scenario(
  'pauseOnCreate: an adopted socket that is paused is not read',
  (t) =>
    inherit(
      t,
      `const socket = new net.Socket({ fd, readable: true, writable: true, pauseOnCreate: true });
      console.log(socket.isPaused(), socket.readableFlowing);
      socket.on('data', (chunk) => socket.end(chunk));
      setImmediate(() => { console.log(socket.bytesRead); socket.resume(); });`,
    ),
  { cross: false },
);

scenario(
  'descriptors of other kinds',
  (t) =>
    t.runChild(
      t.net,
      `const fs = require('node:fs');
      for (const path of ['/dev/null', '/proc/self/status']) {
        const fd = fs.openSync(path, 'r');
        try {
          const socket = new net.Socket({ fd });
          console.log('made', socket.readyState);
        } catch (error) {
          console.log(error.name, error.code, error.syscall, error.message);
        }
      }`,
    ),
  { cross: false, skip: linux },
);

for (const [what, mode, act] of [
  ['read', 'O_WRONLY', 'socket.resume()'],
  ['written', 'O_RDONLY', "socket.write('x', (error) => console.log('written', error.code))"],
  ['written and ended', 'O_RDONLY', "socket.end('x')"],
]) {
  scenario(
    `an end of a pipe that is for the other direction is ${what}`,
    (t) =>
      t.runChild(
        t.net,
        `const fs = require('node:fs');
        const path = ${JSON.stringify(`${t.tmp}/pipe`)};
        require('node:child_process').execFileSync('mkfifo', [path]);
        fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
        const fd = fs.openSync(path, fs.constants.${mode} | fs.constants.O_NONBLOCK);
        const socket = new net.Socket({ fd });
        for (const event of ['data', 'end', 'finish', 'close']) {
          socket.on(event, () => console.log(event));
        }
        socket.on('error', ({ code, syscall, message }) => console.log(code, syscall, message));
        ${act};`,
      ),
    { cross: false },
  );
}

scenario(
  'a socket that a child process has made blocking is not waited for',
  async (t) => {
    const { client, accepted } = await t.connectPair({}, { listen: { path: `${t.tmp}/s` } });
    accepted.on('data', (data) => t.log(String(data)));
    // Standard input is made blocking, for all who have the socket.
    const child = spawn(process.execPath, ['-e', ''], { stdio: [accepted, 'inherit', 'inherit'] });
    await t.once(child, 'exit');
    accepted.resume();
    accepted._handle.readStart();
    accepted.write('there is room for more as soon as this is read');
    await t.once(client, 'data');
    await t.mark('not waiting');
    client.end('question');
    await t.once(accepted, 'data');
    return t.log.entries;
  },
  { skip: linux },
);
