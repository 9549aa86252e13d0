'use strict';

// Builds the native core: `node scripts/build.js [--debug] [arguments for napi build]`.

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const CACHE = path.join(ROOT, '.cache');
const STAMP = path.join(CACHE, 'build.json');

/**
 * napi looks for a cross compiler of that target's even where it is the system's own, as in Alpine.
 *
 * @type {NodeJS.ProcessEnv}
 */
const LINKER =
  process.platform === 'linux' && process.arch === 'arm64'
    ? { CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER: 'cc' }
    : {};

/**
 * Lists the files below a folder.
 *
 * @param {string} folder Absolute path; may be missing
 * @returns {string[]} Absolute paths, sorted
 */
function filesBelow(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const full = path.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(full) : [full];
    })
    .sort();
}

/**
 * Hashes files by name and content.
 *
 * @param {string[]} files Absolute paths
 * @param {string[]} [facts] Other things that the hash stands for
 * @returns {string} A SHA-256 in hexadecimal digits
 */
function fingerprint(files, facts = []) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact}\n`);
  for (const file of files) {
    const content = fs.readFileSync(file);
    hash.update(`${path.relative(ROOT, file)} ${content.length}\n`);
    hash.update(content);
  }
  return hash.digest('hex');
}

/**
 * Hashes all that the addon is made from. File times would be cheaper, but those of a clone or of
 * an unpacked archive say nothing.
 *
 * @param {string} profile 'release' or 'debug'
 * @returns {string}
 */
function inputFingerprint(profile) {
  const inputs = [
    ...filesBelow(path.join(ROOT, 'src')),
    ...filesBelow(path.join(ROOT, '.cargo')),
    ...['Cargo.toml', 'Cargo.lock', 'build.rs'].map((name) => path.join(ROOT, name)),
  ].filter((file) => fs.existsSync(file));
  return fingerprint(inputs, [profile, process.platform, process.arch]);
}

/**
 * Lists what a build leaves for JavaScript to load.
 *
 * @returns {string[]} Absolute paths; empty when a part is missing
 */
function outputs() {
  const addons = fs.readdirSync(ROOT).filter((name) => /^tokio-net\..*node$/.test(name));
  const loader = ['binding.js', 'binding.d.ts'];
  if (addons.length === 0 || loader.some((name) => !fs.existsSync(path.join(ROOT, name))))
    return [];
  return [...addons, ...loader].map((name) => path.join(ROOT, name));
}

/**
 * Tells whether the addon that lies in the checkout was built from the sources that lie there now.
 *
 * @param {string} [profile] 'release' or 'debug'
 * @returns {boolean}
 */
function isFresh(profile = 'release') {
  try {
    const stamp = JSON.parse(fs.readFileSync(STAMP, 'utf8'));
    const built = outputs();
    return (
      built.length > 0 &&
      stamp.inputs === inputFingerprint(profile) &&
      stamp.outputs === fingerprint(built)
    );
  } catch {
    return false;
  }
}

/**
 * Runs `napi build` and puts what it made into the checkout.
 *
 * The files are built elsewhere and renamed into place: a process that has the old addon mapped
 * goes on with it, where overwriting the file would crash that process.
 *
 * @param {string[]} [args] `--debug`, and whatever `napi build` understands
 * @returns {number} An exit status
 */
function build(args = []) {
  const debug = args.includes('--debug');
  const profile = debug ? 'debug' : 'release';
  const manifest = require.resolve('@napi-rs/cli/package.json');
  const cli = path.join(path.dirname(manifest), require(manifest).bin.napi);
  // Taken before the build: a source that changes under way must not look built afterwards.
  const inputs = inputFingerprint(profile);

  fs.mkdirSync(CACHE, { recursive: true });
  const staging = fs.mkdtempSync(path.join(CACHE, 'build-'));
  try {
    const { status, error } = spawnSync(
      process.execPath,
      [
        cli,
        'build',
        '--platform',
        ...(debug ? [] : ['--release']),
        ...['--js', 'binding.js', '--dts', 'binding.d.ts', '--output-dir', staging],
        ...args.filter((arg) => arg !== '--debug'),
      ],
      { cwd: ROOT, env: { ...LINKER, ...process.env }, stdio: 'inherit' },
    );
    if (error) throw error;
    if (status !== 0) return status ?? 1;

    for (const name of fs.readdirSync(staging)) {
      fs.renameSync(path.join(staging, name), path.join(ROOT, name));
    }
    fs.writeFileSync(STAMP, `${JSON.stringify({ inputs, outputs: fingerprint(outputs()) })}\n`);
    return 0;
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}

module.exports = { build, isFresh };

if (require.main === module) process.exitCode = build(process.argv.slice(2));
