// The same with a name that Node 24 has no more.

import net from './net.mjs';
import imports from './imports.js';

export * from './net.mjs';
export default net;

export let { _setSimultaneousAccepts } = net;

imports.followers.push(() => {
  ({ _setSimultaneousAccepts } = net);
});
