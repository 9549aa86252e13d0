'use strict';

// What the documents say of files holds.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const ROOT = path.join(__dirname, '..', '..');

/**
 * @param {string} file Relative to the checkout
 * @returns {string}
 */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/**
 * @param {string} folder With a slash at the end
 * @returns {string[]} All files below it but `mod.rs`, which one row stands for
 */
function filesIn(folder) {
  return fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return filesIn(`${folder}${entry.name}/`);
    return entry.name === 'mod.rs' ? [] : [folder + entry.name];
  });
}

test('ARCHITECTURE.md lists every file of src/ and lib/ once', () => {
  const listed = [];
  let folder = '';
  for (const line of read('ARCHITECTURE.md').split('\n')) {
    if (line.startsWith('#')) folder = '';
    const head = /^\| file in `(.*?)`/.exec(line);
    if (head) [, folder] = head;
    else if (folder !== '' && line.startsWith('|')) {
      for (const [, name] of line.matchAll(/`([\w/]+\.m?(?:rs|js))`/g)) {
        if (name !== 'binding.js') listed.push(folder + name);
      }
    }
  }
  assert.deepStrictEqual(listed.sort(), [...filesIn('lib/'), ...filesIn('src/')].sort());
});

test('links from one document to another lead somewhere', () => {
  const documents = fs.readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  documents.push('bench/README.md', 'docs/api.md', 'docs/reliability.md');
  for (const document of documents) {
    for (const [, link] of read(document).matchAll(/\]\((?!https?:)([^)]*)\)/g)) {
      const [file, section] = link.split('#');
      const target = file === '' ? document : path.join(path.dirname(document), file);
      assert.ok(fs.existsSync(path.join(ROOT, target)), `${document}: ${link}`);
      if (section === undefined) continue;
      const sections = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
        title
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
      assert.ok(sections.includes(section), `${document}: ${link}`);
    }
  }
});

test('every command of npm that a document names is there', () => {
  const { scripts } = JSON.parse(read('package.json'));
  for (const document of [
    'README.md',
    'CONTRIBUTING.md',
    'bench/README.md',
    'docs/reliability.md',
  ]) {
    for (const [, name] of read(document).matchAll(/npm run ([a-z]+(?::[a-z]+)*)/g)) {
      assert.ok(name in scripts, `${document}: npm run ${name}`);
    }
  }
});
