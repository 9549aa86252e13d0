import { defineConfig } from 'vitest/config';

/** How each project gets tokio-net, by the name of its specs. */
const alias = [{ find: /^(node:)?net$/, replacement: 'tokio-net' }];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'mocked', include: ['mocked.spec.mjs'] } },
      { resolve: { alias }, test: { name: 'alias', include: ['aliased.spec.mjs'] } },
      {
        resolve: { alias },
        test: {
          name: 'inlined',
          include: ['aliased.spec.mjs'],
          server: { deps: { inline: [/tokio-net/, /service/] } },
        },
      },
    ],
  },
});
