/**
 * Whether tokio-net is in the place of built-in `net` in this thread: `false` where `TOKIO_NET=off` is
 * in the environment, where Node may not load addons (`--no-addons`, or `--permission` without
 * `--allow-addons`), and in a sandbox of a test framework. The same is in
 * `process[Symbol.for('tokio-net.register')]?.active`.
 */
export const active: boolean;
