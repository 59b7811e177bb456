import { defineConfig } from 'vitest/config';

/** On a real cluster, which `npm test` does not have. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
