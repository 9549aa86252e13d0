'use strict';

/** The major version of the running Node: built-in net differs by version, and this package with it. */
module.exports = { nodeMajor: Number(process.versions.node.split('.')[0]) };
