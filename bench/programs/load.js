'use strict';

/** How long `require` takes, and a server that listens as soon as it can. */

const { loadModule, options } = require('../lib/arguments.js');
const { announce, onLine } = require('../lib/control.js');

const settings = options({ module: 'tokio-net' });
const begun = performance.now();
const net = loadModule(settings.module);
const requireMs = performance.now() - begun;

const server = net.createServer();
server.listen(0, '127.0.0.1', () => {
  announce({ event: 'listening', requireMs });
  onLine(() => {});
});
