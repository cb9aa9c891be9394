import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

// On the system's older Node a failing test would lose its message: npm scripts start the right one.
if (Number(process.versions.node.split('.')[0]) < 22) throw new Error('start tests with npm test');

// Commands and servers that tests start, and the workers themselves, compile what they share once.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/creditpool', import.meta.url));

const pure = [
  'test/{domain,contract,client}/**/*.test.ts',
  'test/architecture.test.ts',
  'test/{config,deploy,docs,log,readme}.test.ts',
];

export default defineConfig({
  // The examples import the package by its name, as a host does.
  resolve: {
    alias: [
      { find: /^creditpool$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
      { find: 'creditpool/client', replacement: fileURLToPath(new URL('src/client/index.ts', import.meta.url)) },
      {
        find: 'creditpool/journal',
        replacement: fileURLToPath(new URL('src/journal/open-journal.ts', import.meta.url)),
      },
      { find: 'creditpool/simulator', replacement: fileURLToPath(new URL('src/simulator/index.ts', import.meta.url)) },
    ],
  },
  test: {
    setupFiles: ['test/support/network.ts', 'test/support/conforming.ts'],
    testTimeout: 20_000,
    maxWorkers: 2, // a file waits for PostgreSQL half of its time
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'pure', include: pure } },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: ['test/**/*.test.{ts,tsx}', 'examples/test-*.ts'],
          exclude: pure,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**', 'webhooks/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { 'src/domain/**': { branches: 100 } },
    },
    reporters: ['default', ['json', { outputFile: 'reports/tests.json' }]],
  },
});
