'use strict';

/** How many iterations of `work` take the given time on this machine with this Node. */

const { options } = require('../lib/arguments.js');
const { announce } = require('../lib/control.js');
const { work } = require('../lib/work.js');

const settings = options({ microseconds: '20' });
const TRIAL = 1e6;

const rates = [];
for (let trial = 0; trial < 41; trial++) {
  const begun = performance.now();
  work(TRIAL);
  rates.push(TRIAL / (performance.now() - begun) / 1000);
}
// The fastest quarter: what interrupts a trial only ever slows it down.
rates.sort((a, b) => b - a);
announce({ event: 'result', iterations: Math.round(rates[10] * Number(settings.microseconds)) });
