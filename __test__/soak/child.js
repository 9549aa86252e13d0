'use strict';

// A process of a subject: `child.js subject module form role [argument …]`.

const { MODULES, peerOf, startProcess } = require('./soak');
const { subjects } = require('./subjects');

const [name, module_, form, role, ...args] = process.argv.slice(2);
const subject = subjects[name];
const moduleName = /** @type {import('./soak').ModuleName} */ (module_);
const specifier = MODULES[moduleName];

/**
 * Starts another process of the subject.
 *
 * @param {string} other What it does
 * @param {import('./soak').StartOptions} [options] How
 * @returns {import('./soak').Peer}
 */
function start(other, options = {}) {
  const { module = moduleName } = options;
  return peerOf(startProcess(name, module, /** @type {any} */ (form), other, options));
}

/**
 * @param {(question: any) => any} answer Answers a question
 */
function serve(answer) {
  process.on('message', async (question) => {
    process.send?.((await answer(question)) ?? null);
  });
  process.on('disconnect', () => process.exit());
}

/** Does what the process is for. */
async function main() {
  const task = {
    get net() {
      return require(specifier);
    },
    specifier,
    sizes: subject[form],
    start,
    serve,
    args,
  };
  const figures = await subject.roles[role](task);
  if (role !== 'run') return;
  // Without the channel the process ends by itself, or something keeps it that should not.
  process.send?.(figures, () => process.disconnect());
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
