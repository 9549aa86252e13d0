'use strict';

const { scenario } = require('../harness');
const { runProgram } = require('../lifetime/program');

/**
 * Prints the two defaults, as the command line set them.
 *
 * @param {any} net The module
 * @returns {void}
 */
function printDefaults(net) {
  console.log(net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());
}

const FLAGS = [
  [],
  ['--no-network-family-autoselection'],
  ['--network-family-autoselection'],
  ['--network-family-autoselection-attempt-timeout=1234'],
  ['--network-family-autoselection-attempt-timeout=5'],
  ['--no-network-family-autoselection', '--network-family-autoselection-attempt-timeout=99'],
];

for (const flags of FLAGS) {
  scenario(
    `defaults with ${flags.join(' ') || 'no flag'}`,
    async (context) => runProgram(context, context.net, printDefaults, { flags }),
    { cross: false },
  );
}

scenario(
  'a worker has the defaults of the command line',
  async (context) =>
    runProgram(
      context,
      context.net,
      (net) => {
        const { Worker, isMainThread } = require('node:worker_threads');
        if (isMainThread) {
          net.setDefaultAutoSelectFamily(true);
          new Worker(__filename, { stdout: false });
        } else {
          console.log(
            net.getDefaultAutoSelectFamily(),
            net.getDefaultAutoSelectFamilyAttemptTimeout(),
          );
        }
      },
      {
        flags: [
          '--no-network-family-autoselection',
          '--network-family-autoselection-attempt-timeout=77',
        ],
      },
    ),
  { cross: false },
);

scenario(
  'setDefaultAutoSelectFamily takes a boolean and nothing else',
  async ({ net, summarise }) => {
    const before = net.getDefaultAutoSelectFamily();
    const results = [];
    for (const value of [false, true, undefined, null, 0, 1, '', 'true', {}]) {
      try {
        results.push(summarise(net.setDefaultAutoSelectFamily(value)));
      } catch (error) {
        results.push(summarise(error));
      }
      results.push(net.getDefaultAutoSelectFamily());
    }
    net.setDefaultAutoSelectFamily(before);
    return results;
  },
  { cross: false },
);

scenario(
  'setDefaultAutoSelectFamilyAttemptTimeout takes positive integers, and ten at least',
  async ({ net, summarise }) => {
    const before = net.getDefaultAutoSelectFamilyAttemptTimeout();
    const results = [];
    const values = [10, 11, 9, 1, 0, -1, 1.5, NaN, Infinity, 2 ** 31 - 1, 2 ** 31, 2 ** 32, '250'];
    for (const value of [...values, undefined, null, true, {}, 10n]) {
      try {
        results.push(summarise(net.setDefaultAutoSelectFamilyAttemptTimeout(value)));
      } catch (error) {
        results.push(summarise(error));
      }
      results.push(net.getDefaultAutoSelectFamilyAttemptTimeout());
    }
    net.setDefaultAutoSelectFamilyAttemptTimeout(before);
    return results;
  },
  { cross: false },
);

scenario(
  'the default decides whether a connect keeps attempted addresses',
  async ({ serverNet, clientNet, listen, track, once, settle }) => {
    const server = serverNet.createServer((socket) => socket.end());
    const { port } = await listen(server);
    const before = clientNet.getDefaultAutoSelectFamily();
    const seen = [];
    for (const value of [true, false]) {
      clientNet.setDefaultAutoSelectFamily(value);
      const lookup = (host, options, callback) => {
        const found = [{ address: '127.0.0.1', family: 4 }];
        if (options.all) callback(null, found);
        else callback(null, found[0].address, found[0].family);
      };
      const client = track(clientNet.connect({ port, host: 'name.invalid', lookup }));
      client.resume();
      await once(client, 'connect');
      const attempted = client.autoSelectFamilyAttemptedAddresses;
      seen.push(attempted === undefined ? 'none' : attempted.length);
      await settle(client);
    }
    clientNet.setDefaultAutoSelectFamily(before);
    return seen;
  },
);
