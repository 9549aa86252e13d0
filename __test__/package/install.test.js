'use strict';

// What a release publishes, installed by npm into empty projects: with the platform package, with
// cargo alone, and with neither. Nothing is fetched: the packages are local archives, and cargo has
// what the checkout was built with.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { findNpm, packRelease } = require('../../scripts/pack');

const ROOT = path.join(__dirname, '..', '..');
const NPM = findNpm();

/** What a client gets from a server: the least that must work. */
const PROGRAM = `
  const server = net.createServer((socket) => {
    server.close();
    socket.end('hello');
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as net.AddressInfo;
    net.connect(port, '127.0.0.1').pipe(process.stdout);
  });
`;
const PLAIN_PROGRAM = PROGRAM.replace(' as net.AddressInfo', '');

/** The end of the names of the files with what this Node's V8 made of others. */
const ARCH = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
const CODE = `node-${process.versions.node}-${ARCH}.code`;

/** Where the packages say that they were built. */
const REPOSITORY = 'git+https://example.org/owner/name.git';

/** @type {string} */
let folder;
/** @type {{ platforms: string[], main: string }} */
let archives;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-install-'));
  archives = packRelease(path.join(folder, 'archives'), { repository: REPOSITORY });
  // All that an installation without cargo may use: no cargo, no compiler, no linker.
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(process.execPath, path.join(bin, 'node'));
  fs.symlinkSync('/bin/sh', path.join(bin, 'sh'));
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/**
 * Runs Node as one who has only what is said here.
 *
 * @param {string} cwd
 * @param {string[]} args
 * @param {Record<string, string>} [more] Of the environment
 */
function node(cwd, args, more = { PATH: path.join(folder, 'bin') }) {
  const { HOME = folder } = process.env;
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { HOME, ...more },
    timeout: 280_000,
  });
  return { stdout, stderr, status };
}

/**
 * Installs archives into an empty project.
 *
 * @param {string} name The project's
 * @param {string[]} packages
 * @param {Record<string, string>} [env]
 */
function install(name, packages, env) {
  const project = path.join(folder, name);
  fs.mkdirSync(project);
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true }');
  const flags = ['--offline', '--no-audit', '--no-fund', '--foreground-scripts'];
  const cache = path.join(folder, 'cache');
  const args = [NPM, 'install', ...flags, '--cache', cache, ...packages];
  return { project, installed: node(project, args, env) };
}

/**
 * @param {string} project
 * @param {...string} args Arguments of Node
 * @returns {string} What it printed
 */
function run(project, ...args) {
  const { status, stdout, stderr } = node(project, args);
  assert.deepStrictEqual([status, stderr], [0, '']);
  return stdout;
}

/**
 * @param {string} location A file or folder
 * @returns {number} Bytes
 */
function sizeOf(location) {
  const status = fs.statSync(location);
  if (!status.isDirectory()) return status.size;
  return fs.readdirSync(location).reduce((sum, name) => sum + sizeOf(`${location}/${name}`), 0);
}

test('with its platform package it installs without cargo', async (t) => {
  const { project, installed } = install('prebuilt', [archives.main, ...archives.platforms]);
  assert.strictEqual(installed.status, 0, installed.stderr);
  assert.ok(!installed.stdout.includes('Compiling'), installed.stdout);
  const modules = path.join(project, 'node_modules');
  const main = path.join(modules, 'tokio-net');
  assert.deepStrictEqual(
    fs.readdirSync(main).filter((name) => name.endsWith('.node')),
    [],
  );

  await t.test('and each package says where it was built', () => {
    const names = fs.readdirSync(modules).filter((name) => name.startsWith('tokio-net'));
    assert.strictEqual(names.length, 1 + archives.platforms.length);
    for (const name of names) {
      const manifest = fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8');
      assert.deepStrictEqual(JSON.parse(manifest).repository, { type: 'git', url: REPOSITORY });
    }
  });

  await t.test('for CommonJS', () => {
    fs.writeFileSync(
      path.join(project, 'common.cjs'),
      `const net = require('tokio-net');\n${PLAIN_PROGRAM}`,
    );
    assert.strictEqual(run(project, 'common.cjs'), 'hello');
  });

  await t.test('for ES modules', () => {
    fs.writeFileSync(
      path.join(project, 'module.mjs'),
      `import * as net from 'tokio-net';\n${PLAIN_PROGRAM}`,
    );
    assert.strictEqual(run(project, 'module.mjs'), 'hello');
  });

  await t.test('for TypeScript', () => {
    // The types of Node are the program's to install; here they are those of the checkout.
    fs.symlinkSync(path.join(ROOT, 'node_modules', '@types'), path.join(modules, '@types'));
    const compiler = require.resolve('typescript/bin/tsc');
    const sources = [
      ['imports.mts', `import net from 'tokio-net';`],
      ['requires.cts', `import net = require('tokio-net');`],
    ];
    for (const [name, line] of sources) {
      fs.writeFileSync(path.join(project, name), `${line}\n${PROGRAM}`);
    }
    const flags = ['--module', 'node16', '--target', 'es2022', '--strict', '--types', 'node'];
    const names = sources.map(([name]) => name);
    const compiled = node(project, [compiler, ...flags, ...names]);
    assert.deepStrictEqual([compiled.status, compiled.stdout], [0, '']);
    for (const name of names) assert.strictEqual(run(project, name.replace(/ts$/, 'js')), 'hello');
  });

  await t.test('for a program that does not know of it', () => {
    const program = `
      import net, { createServer } from 'tokio-net';
      import { listen } from 'tokio-net/promises';
      import { active } from 'tokio-net/register';
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      console.log(net === require('tokio-net'), createServer === net.createServer);
      console.log(listen === net.promises.listen, net === require('node:net'), active);
      console.log(require('tokio-net/package.json').name);
    `;
    fs.writeFileSync(path.join(project, 'program.mjs'), program);
    const expected = 'true true\ntrue true true\ntokio-net\n';
    assert.strictEqual(run(project, '-r', 'tokio-net/register', 'program.mjs'), expected);
    assert.strictEqual(run(project, '--import', 'tokio-net/register', 'program.mjs'), expected);
  });

  const lib = path.join(main, 'lib');
  const codes = ['first', 'client', 'later'].map((name) => `${name}.${CODE}`);

  await t.test('as few files, with what V8 made of them', () => {
    const joined = ['client.js', 'first.js', 'later.js', 'main.js', 'register'];
    assert.deepStrictEqual(fs.readdirSync(lib).sort(), [...joined, ...codes].sort());
  });

  const begin = `
    const path = require('node:path');
    const vm = require('node:vm');
    const files = [];
    vm.Script = class extends vm.Script {
      constructor(text, options) {
        super(text, options);
        if (options?.cachedData === undefined) return;
        const state = this.cachedDataRejected ? ' refused' : '';
        files.push('V8: ' + path.basename(options.filename) + state);
      }
    };
    const net = require('tokio-net');
    const print = () => {
      files.push(...Object.keys(require.cache).map((file) => path.basename(file)));
      console.log(files.splice(0).join(' '));
    };
  `;
  const server = `${begin}
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      print();
      server.close();
    });
  `;
  const client = `${begin}
    net.connect(path.resolve('none')).on('error', () => {
      print();
      new net.BlockList();
      require('tokio-net/promises');
      require('tokio-net/http');
      print();
    });
  `;
  const [addon] = archives.platforms.map((file) => path.basename(file).split(/-(?=\d)/)[0]);
  const first = `index.js main.js ${addon.replace('net-', 'net.')}.node`;

  await t.test('of which each program reads what it needs', () => {
    assert.strictEqual(run(project, '-e', server), `V8: first.js ${first}\n`);
    assert.deepStrictEqual(run(project, '-e', client).split('\n'), [
      `V8: first.js V8: client.js ${first}`,
      `V8: later.js ${first} promises.js http.js`,
      '',
    ]);
  });

  await t.test('and works where V8 refuses its code: it was compiled for other flags', () => {
    const printed = run(project, '--stack-size=900', '-e', server);
    assert.strictEqual(printed, `V8: first.js refused ${first}\n`);
  });

  const expected = `${first} first.js\n`;
  const code = path.join(lib, codes[0]);
  const whole = fs.readFileSync(code);

  await t.test('does not hand V8 what is damaged', () => {
    for (const position of [0, whole.length >> 1, whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[position] ^= 1;
      fs.writeFileSync(code, damaged);
      assert.strictEqual(run(project, '-e', server), expected, `byte ${position}`);
    }
    fs.writeFileSync(code, whole.subarray(0, whole.length >> 1));
    assert.strictEqual(run(project, '-e', server), expected, 'half of it');
    fs.writeFileSync(code, whole);
    assert.notStrictEqual(run(project, '-e', server), expected);
  });

  await t.test('and not the code of what somebody has changed', () => {
    const file = path.join(lib, 'first.js');
    const text = fs.readFileSync(file, 'utf8');
    // As long as before: that is all that V8 looks at.
    const changed = text.replace(/Read by/, 'Made by');
    assert.strictEqual(changed.length, text.length);
    fs.writeFileSync(file, changed);
    assert.strictEqual(run(project, '-e', server), expected);
    fs.writeFileSync(file, text);
    assert.notStrictEqual(run(project, '-e', server), expected);
  });

  await t.test('compiles what it has no code of, or none that fits', () => {
    fs.rmSync(code);
    assert.strictEqual(run(project, '-e', server), expected);
    assert.strictEqual(run(main, 'scripts/install.js'), '');
    assert.notStrictEqual(run(project, '-e', server), expected);
    fs.truncateSync(code, 100);
    assert.strictEqual(run(main, 'scripts/install.js'), '');
    assert.notStrictEqual(run(project, '-e', server), expected);
    assert.deepStrictEqual(fs.readdirSync(lib).length, 5 + codes.length);
  });

  await t.test('and leaves alone what is not ASCII', () => {
    const file = path.join(lib, 'first.js');
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, `${text}// …\n`);
    assert.strictEqual(run(main, 'scripts/install.js'), '');
    assert.strictEqual(run(project, '-e', server), expected);
    fs.writeFileSync(file, text);
  });

  await t.test('and does without where none can be kept', () => {
    // A folder is in the place.
    fs.rmSync(code);
    fs.mkdirSync(path.join(code, 'in the way'), { recursive: true });
    assert.strictEqual(run(main, 'scripts/install.js'), '');
    assert.strictEqual(run(project, '-e', server), expected);
    fs.rmSync(code, { recursive: true });
    fs.writeFileSync(code, whole);
  });

  await t.test('and stays small', () => {
    const kept = codes.reduce((sum, name) => sum + sizeOf(path.join(lib, name)), 0);
    assert.ok(kept < 250_000, `V8's code: ${kept} bytes`);
    const size = sizeOf(main) - kept;
    assert.ok(size < 1_000_000, `main package: ${size} bytes`);
    const [platform] = fs.readdirSync(modules).filter((name) => name.startsWith('tokio-net-'));
    const core = sizeOf(path.join(modules, platform));
    assert.ok(core < 1_500_000, `${platform}: ${core} bytes`);
  });

  await t.test('with nothing of the development', () => {
    const allowed = /\.([cm]?js|d\.m?ts|md|rs|json|toml|lock|code)$|^LICENSE$/;
    const files = fs.readdirSync(main, { recursive: true }).map(String);
    const odd = files.filter(
      (file) => !allowed.test(file) && !fs.statSync(path.join(main, file)).isDirectory(),
    );
    assert.deepStrictEqual(odd, []);
    assert.deepStrictEqual(fs.readdirSync(path.join(main, 'scripts')), [
      'compile.js',
      'install.js',
    ]);
    for (const name of ['__test__', 'bench', 'examples', 'node_modules', 'target']) {
      assert.ok(!fs.existsSync(path.join(main, name)), name);
    }
  });
});

test('without a platform package, cargo builds it', () => {
  const { project, installed } = install('built', [archives.main], {
    PATH: /** @type {string} */ (process.env.PATH),
    CARGO_NET_OFFLINE: 'true',
    // The dependencies are compiled once, and the next Node's turn finds them there.
    CARGO_TARGET_DIR: path.join(ROOT, 'target', 'install'),
    ...(process.env.CARGO_HOME && { CARGO_HOME: process.env.CARGO_HOME }),
    ...(process.env.RUSTUP_HOME && { RUSTUP_HOME: process.env.RUSTUP_HOME }),
  });
  assert.strictEqual(installed.status, 0, installed.stderr);
  assert.match(installed.stderr, /Compiling tokio-net/);
  assert.ok(!fs.existsSync(path.join(project, 'node_modules', 'tokio-net', 'target')));
  const program = `const net = require('tokio-net');${PLAIN_PROGRAM}`;
  assert.strictEqual(run(project, '-e', program), 'hello');
});

test('with neither, the installation ends with what is missing and what to do', () => {
  const { project, installed } = install('neither', [archives.main]);
  assert.notStrictEqual(installed.status, 0);
  const lines = installed.stderr.split('\n');
  const first = lines.findIndex((line) => line.startsWith('tokio-net: '));
  assert.match(lines[first], /^tokio-net: there is no prebuilt core for \S+ here, and no `cargo`/);
  assert.match(lines[first + 1], /^Install Rust .*rustup\.rs.* or optional dependencies\.$/);
  assert.match(lines[first + 2], /^npm /, 'two lines, and then npm');
  assert.ok(!fs.existsSync(path.join(project, 'node_modules', 'tokio-net')));
});

test('where install scripts are off, require() says what is missing', () => {
  const { project, installed } = install('scriptless', ['--ignore-scripts', archives.main]);
  assert.strictEqual(installed.status, 0, installed.stderr);
  const program = `
    try {
      require('tokio-net');
    } catch (err) {
      console.log(err.code + '\\n' + err.message);
    }
  `;
  const lines = run(project, '-e', program).trim().split('\n');
  assert.deepStrictEqual(lines.slice(0, 2), [
    'MODULE_NOT_FOUND',
    `tokio-net: there is no native core that loads on ${process.platform}-${process.arch}.`,
  ]);
  assert.match(lines[2], /^Install again with optional dependencies, or .*cargo.*rustup\.rs/);
  assert.strictEqual(lines.length, 3);
});

test('on Windows, the installation says what is not there', () => {
  const project = path.join(folder, 'scriptless');
  const script = path.join(project, 'node_modules', 'tokio-net', 'scripts', 'install.js');
  const program = `
    Object.defineProperty(process, 'platform', { value: 'win32' });
    require(${JSON.stringify(script)});
  `;
  const { status, stderr } = node(project, ['-e', program]);
  assert.strictEqual(status, 1);
  assert.match(stderr, /^tokio-net: Windows is not supported: .*\nUse Node's own net .*\n$/);
});
