'use strict';

/**
 * The differential harness: a scenario is a program for two modules, one that listens and one that
 * connects. It runs with built-in `net` on both sides first, and what it returned there is what every
 * pairing with tokio-net in it has to return too.
 *
 * `TOKIO_NET_TEST_IMPL=builtin` puts built-in `net` in the place of tokio-net as well: every scenario
 * must pass then, any number of times, or it does not observe something deterministic.
 * `TOKIO_NET_TEST_PRINT=1` prints what each scenario returned on built-in `net`.
 */

const { documented, scenario } = require('./harness/scenario');
const { isBuiltin, builtin, ours } = require('./harness/implementations');
const { summarise } = require('./harness/summarise');

module.exports = { builtin, documented, isBuiltin, ours, scenario, summarise };
