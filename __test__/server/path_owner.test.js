'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { documented, isBuiltin, ours, scenario } = require('../harness');

/** Built-in net removes whatever has the name; SECURITY.md promises more. */
const skip = isBuiltin(ours) && 'built-in net removes by name';

for (const [label, replace] of Object.entries({
  "somebody else's socket": (/** @type {string} */ file, /** @type {any} */ net) =>
    new Promise((resolve) => {
      fs.renameSync(file, `${file}.moved`);
      const server = net.createServer().listen(file, () => resolve(server));
    }),
  'a file': (/** @type {string} */ file) => {
    fs.unlinkSync(file);
    fs.writeFileSync(file, '');
  },
  'a link to a file': (/** @type {string} */ file) => {
    fs.unlinkSync(file);
    fs.writeFileSync(`${file}.target`, '');
    fs.symlinkSync(`${file}.target`, file);
  },
})) {
  documented(
    `close() leaves ${label} alone that has come into the place of the socket`,
    async ({ net, track, listen, settle, tmp }) => {
      const file = path.join(tmp, 's');
      const server = track(net.createServer());
      await listen(server, file);
      const other = await replace(file, net);
      if (other) track(other);
      server.close();
      await settle(server);
      assert.ok(fs.lstatSync(file));
      if (other) {
        other.close();
        await settle(other);
        assert.ok(!fs.existsSync(file));
      }
    },
    { skip },
  );
}

documented(
  'close() removes the socket also where the working directory is another by now',
  async ({ net, tmp, runChild }) => {
    const { code, stdout, stderr } = await runChild(
      net,
      `const fs = require('node:fs');
       process.chdir(${JSON.stringify(tmp)});
       fs.mkdirSync('other');
       fs.writeFileSync('other/s', '');
       const server = net.createServer();
       server.listen('s', () => {
         process.chdir('other');
         server.close(() => console.log(fs.existsSync('s'), fs.existsSync('../s')));
       });`,
    );
    assert.deepStrictEqual([code, stdout, stderr], [0, 'true false\n', '']);
  },
  { skip },
);

scenario(
  'the mode of the file follows the umask, and readableAll and writableAll do not',
  async ({ net, tmp, runChild }) => {
    const { code, stdout } = await runChild(
      net,
      `const fs = require('node:fs');
       const modes = [];
       const next = () => {
         const [umask, options] = todo.shift() ?? [];
         if (umask === undefined) return console.log(modes.join());
         process.umask(umask);
         const server = net.createServer();
         const path = ${JSON.stringify(tmp)} + '/s';
         server.listen({ path, ...options }, () => {
           modes.push((fs.statSync(path).mode & 0o7777).toString(8));
           server.close(next);
         });
       };
       const todo = [];
       for (const umask of [0, 0o22, 0o77, 0o777]) {
         for (const options of [{}, { readableAll: true }, { writableAll: true },
           { readableAll: true, writableAll: true }]) todo.push([umask, options]);
       }
       next();`,
    );
    return [code, stdout];
  },
  { cross: false },
);

test('a bound socket that is closed unused leaves what has come into its place', { skip }, () => {
  const folder = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'tn-'));
  try {
    const file = path.join(folder, 's');
    const bound = new ours.BoundSocket({ path: file });
    fs.unlinkSync(file);
    fs.writeFileSync(file, '');
    bound.close();
    assert.ok(fs.existsSync(file));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
