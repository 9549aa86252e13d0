'use strict';

// Runs where npm installs the package: cargo builds a core where there is no prebuilt one, and the
// JavaScript is compiled. Uses nothing but what the package has, not even napi's command.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const { platform, arch } = process;

/**
 * Ends the installation with two lines: what is missing, and what to do.
 *
 * @param {string} missing
 * @param {string} remedy
 */
function fail(missing, remedy) {
  console.error(`tokio-net: ${missing}\n${remedy}`);
  process.exitCode = 1;
}

/**
 * Compiles the package, and tells whether this Node loads a core.
 *
 * @returns {boolean}
 */
function loads() {
  // In a process of its own: an addon that was made for another system may crash it.
  const { status } = spawnSync(process.execPath, [path.join(__dirname, 'compile.js')], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: 'ignore',
  });
  return status === 0;
}

/**
 * Tells whether cargo can be started.
 *
 * @returns {boolean}
 */
function hasCargo() {
  return spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Tells whether this is Linux with musl.
 *
 * @returns {boolean}
 */
function isMusl() {
  const { header } = /** @type {any} */ (process.report.getReport());
  return platform === 'linux' && !header.glibcVersionRuntime;
}

/**
 * The name under which the loader looks for the core.
 *
 * @returns {string}
 */
function addonName() {
  const libc = isMusl() ? '-musl' : '-gnu';
  return `tokio-net.${platform}-${arch}${platform === 'linux' ? libc : ''}.node`;
}

/**
 * Builds the core with cargo, and puts it beside its loader.
 *
 * @returns {boolean} Whether that went well
 */
function build() {
  // Deleted afterwards: what cargo leaves is many times as large as the core.
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'tokio-net-build-'));
  const target = process.env.CARGO_TARGET_DIR ?? own;
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, CARGO_TARGET_DIR: target };
  // What is linked statically with musl cannot be loaded.
  if (isMusl()) env.RUSTFLAGS = `${env.RUSTFLAGS ?? ''} -C target-feature=-crt-static`.trim();
  try {
    const { status } = spawnSync('cargo', ['build', '--release', '--locked', '--lib'], {
      cwd: ROOT,
      env,
      stdio: 'inherit',
    });
    if (status !== 0) return false;
    const library = platform === 'darwin' ? 'libtokio_net.dylib' : 'libtokio_net.so';
    fs.copyFileSync(path.join(target, 'release', library), path.join(ROOT, addonName()));
    return true;
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
}

/** Leaves a core that loads, or says why not. */
function main() {
  // In a checkout `prepare` builds.
  if (fs.existsSync(path.join(__dirname, 'prepare.js'))) return;
  if (platform === 'win32') {
    fail(
      'Windows is not supported: the native core lacks named pipes and sockets there.',
      "Use Node's own net on Windows, or Linux under WSL; as an optional dependency it is left out.",
    );
  } else if (!loads()) {
    if (!hasCargo()) {
      fail(
        `there is no prebuilt core for ${platform}-${arch} here, and no \`cargo\` to build one.`,
        'Install Rust 1.88 or newer (https://rustup.rs) and a C linker, or optional dependencies.',
      );
    } else if (!build() || !loads()) {
      fail(
        `the native core could not be built for ${platform}-${arch}: see above.`,
        'It needs Rust 1.88 or newer (`rustup update`) and a C linker (`cc`).',
      );
    }
  }
}

main();
