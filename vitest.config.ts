import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most of the time the tests wait for processes, not for a core.
    maxWorkers: 3,
    // These end what hangs; they say nothing of how fast anything is. A busy machine needs a multiple of a quiet one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ['default', './test/support/counts-reporter.ts'],
  },
});
