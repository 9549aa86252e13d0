'use strict';

/** @type {Record<string, import('../soak').Subject>} */
const subjects = {
  'leaks-tcp': require('./leaks').over('TCP'),
  'leaks-unix': require('./leaks').over('Unix'),
  collected: require('./collected'),
  idle: require('./idle'),
  slowloris: require('./slowloris'),
  'slow-reader': require('./slow_reader'),
  'never-reads': require('./never_reads'),
  burst: require('./burst'),
  descriptors: require('./descriptors'),
  workers: require('./workers'),
  exits: require('./exits'),
};

module.exports = { subjects };
