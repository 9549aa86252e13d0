'use strict';

const fs = require('node:fs');

const DESCRIPTORS = '/proc/self/fd';
const GRACE = 10_000;

/**
 * The sockets that this process holds. The kernel is asked rather than a module, so that a leak shows
 * whichever of the two made the socket.
 *
 * @returns {Set<string>} One `socket:[inode]` each; empty where there is no /proc
 */
function openSockets() {
  const open = new Set();
  let names;
  try {
    names = fs.readdirSync(DESCRIPTORS);
  } catch {
    return open;
  }
  for (const name of names) {
    try {
      const target = fs.readlinkSync(`${DESCRIPTORS}/${name}`);
      if (target.startsWith('socket:')) open.add(target);
    } catch {
      // The descriptor was closed between the two calls: the directory's own, for one.
    }
  }
  return open;
}

/**
 * Waits until no socket is open that was not open before. A descriptor may be closed a little after
 * the event that announced it, by another thread, so this asks again for a while.
 *
 * @param {Set<string>} before What {@link openSockets} said before the run
 * @returns {Promise<string[]>} Those that stayed open: the leak
 */
async function leaked(before) {
  const deadline = Date.now() + GRACE;
  for (;;) {
    const left = [...openSockets()].filter((socket) => !before.has(socket));
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

module.exports = { leaked, openSockets };
