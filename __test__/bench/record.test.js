'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const record = require('../../bench/lib/record.js');
const { RATE, ROUNDS, RUN, samples } = require('./samples.js');

const ORDER = ['echo', 'load', 'scaling-1', 'scaling-8000'];

test('a scenario that is measured again replaces what there was, in its place', () => {
  const all = samples();
  const run = record.begin(all, { ...RUN, date: '2026-01-03T00:00:00.000Z' });
  const result = { name: 'load', title: 'again', date: RUN.date, run, rounds: ROUNDS };
  record.add(all, result, [RATE], ORDER);
  assert.deepStrictEqual(
    all.results.map(({ name }) => name),
    ORDER,
  );
  assert.strictEqual(all.results[1].title, 'again');
  assert.strictEqual(record.provenance(all).dates, '2026-01-02 to 2026-01-03');
});

test('samples of another machine, Node or module are refused', () => {
  const all = samples();
  const others = [
    { ...RUN, machine: { ...RUN.machine, cpus: 64 } },
    { ...RUN, versions: { ...RUN.versions, node: '22.0.0' } },
    { ...RUN, settings: { ...RUN.settings, ours: 'node:net' } },
  ];
  for (const other of others) assert.throws(() => record.begin(all, other), RangeError);
  assert.strictEqual(all.runs.length, 1);
  assert.strictEqual(record.begin(all, { ...RUN, loadBefore: 3 }), 1);
});

test('a file is read as it was written, its summaries computed anew', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'samples.json');
  assert.deepStrictEqual(record.readOrBegin(file), record.empty());
  const all = samples();
  const { comparison } = all.results[0].metrics[0].summary;
  all.results[0].metrics[0].summary.comparison = 99;
  record.write(file, all);
  assert.deepStrictEqual(fs.readdirSync(folder), ['samples.json']);
  const back = record.read(file);
  assert.strictEqual(back.results[0].metrics[0].summary.comparison, comparison);
  assert.deepStrictEqual(back.results[0].rounds, ROUNDS);
  fs.writeFileSync(file, '{"results":[]}');
  assert.throws(() => record.read(file), RangeError);
});

test('a command names files without their folders, and in short what bears on the figures', () => {
  const args = [
    '--bun',
    '/some/where/bun',
    '--deno=/else/where/deno',
    '--json',
    '/tmp/samples.json',
  ];
  const command = record.commandOf([...args, '--scenario', 'scaling', '--limit', '--rounds', '7']);
  assert.strictEqual(
    command,
    'npm run bench -- --bun bun --deno=deno --json samples.json --scenario scaling --limit --rounds 7',
  );
  assert.strictEqual(
    record.essence(command),
    'npm run bench -- --bun bun --deno=deno --limit --rounds 7',
  );
  assert.strictEqual(record.commandOf([]), 'npm run bench');
  assert.strictEqual(record.essence('npm run bench'), 'npm run bench');
  assert.strictEqual(record.essence('npm run bench -- --missing'), 'npm run bench');
});

test('where figures come from is said once, however many runs there were', () => {
  const all = samples();
  record.begin(all, { ...RUN, date: '2027-01-01T00:00:00.000Z' });
  assert.deepStrictEqual(record.provenance(all), {
    machine: 'A <CPU>, 2 CPUs, 4 GiB, Linux 1.2.3, TCP cubic',
    versions: 'tokio-net 0.1.0, Node 20.0.0',
    commands: ['npm run bench -- --rounds 3'],
    dates: '2026-01-02',
    pairs: '3 pairs of 1 s',
  });
});
