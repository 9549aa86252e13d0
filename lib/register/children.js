'use strict';

/**
 * Threads and processes that a program starts do as it does. Most get the flags that brought us here
 * from Node; seen to here are those that would not: with flags or an environment of their own, and
 * threads that run a text, which does not wait for what `--import` names.
 */

/** What a flag that names us contains, if it does not name our file. */
const SPECIFIER = 'tokio-net/register';

/**
 * @param {readonly unknown[]} flags Flags of Node's
 * @param {string} preload Our file
 * @returns {boolean} Whether they name it
 */
function areNaming(flags, preload) {
  return flags.some(
    (flag) => typeof flag === 'string' && (flag.includes(preload) || flag.includes(SPECIFIER)),
  );
}

/**
 * Makes `Worker` start threads that do as this one.
 *
 * @param {any} threads Node's `worker_threads`
 * @param {string} preload Our file
 */
function adaptWorkerThreads(threads, preload) {
  threads.Worker = new Proxy(threads.Worker, {
    construct(Worker, args, newTarget) {
      // Of a class that extends it, the prototype is that class's.
      const target = newTarget === threads.Worker ? Worker : newTarget;
      const make = (/** @type {any[]} */ list) => Reflect.construct(Worker, list, target);
      const [filename, options] = args;
      if (isFollowing(options, preload)) return make(args);
      const execArgv = options?.execArgv ?? process.execArgv;
      try {
        return make([filename, { ...options, execArgv: ['--require', preload, ...execArgv] }]);
      } catch (error) {
        if (options?.execArgv || error?.code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error;
        // Of the process's flags, those that are not for threads hold for it as a whole.
        const [, list = ''] = error.message.split(': ');
        const kept = process.execArgv.filter((flag) => !list.split(', ').includes(flag));
        return make([filename, { ...options, execArgv: ['--require', preload, ...kept] }]);
      }
    },
  });
}

/**
 * @param {any} options What `Worker` was given
 * @param {string} preload Our file
 * @returns {boolean} Whether the thread loads it before all else, or is not to
 */
function isFollowing(options, preload) {
  // What is wrong with them is Worker's to say.
  if (options !== undefined && (options === null || typeof options !== 'object')) return true;
  const { env, eval: isText, execArgv } = options ?? {};
  if (execArgv != null && !Array.isArray(execArgv)) return true;
  const hasOwnEnvironment = typeof env === 'object' && env !== null;
  const { NODE_OPTIONS, TOKIO_NET } = hasOwnEnvironment ? env : process.env;
  if (TOKIO_NET === 'off') return true;
  if (isText) return false;
  const flags = execArgv ?? (hasOwnEnvironment ? [] : process.execArgv);
  return areNaming([...flags, NODE_OPTIONS], preload);
}

/**
 * Makes `fork()` start processes that do as this one.
 *
 * @param {any} processes Node's `child_process`
 * @param {string} preload Our file
 */
function adaptChildProcess(processes, preload) {
  const { fork } = processes;
  processes.fork = function fork_(
    /** @type {unknown} */ modulePath,
    /** @type {any} */ args,
    /** @type {any} */ options,
  ) {
    const hasArgs = args == null || Array.isArray(args);
    const given = (hasArgs ? options : args) ?? {};
    const env = given.env ?? process.env;
    const flags = given.execArgv ?? process.execArgv;
    if (
      // What is wrong with the options is Node's to say.
      typeof env !== 'object' ||
      !Array.isArray(flags) ||
      env.TOKIO_NET === 'off' ||
      areNaming([...flags, env.NODE_OPTIONS], preload)
    ) {
      return fork.apply(this, arguments);
    }
    const own = `--require ${JSON.stringify(preload)}`;
    const NODE_OPTIONS = env.NODE_OPTIONS ? `${own} ${env.NODE_OPTIONS}` : own;
    return fork.call(this, modulePath, hasArgs ? args : [], {
      ...given,
      env: { ...env, NODE_OPTIONS },
    });
  };
  for (const key of /** @type {const} */ (['name', 'length'])) {
    Object.defineProperty(processes.fork, key, { value: fork[key] });
  }
}

module.exports = { adaptChildProcess, adaptWorkerThreads };
