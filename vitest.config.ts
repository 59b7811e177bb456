import { defineConfig } from 'vitest/config';

/** Without I/O of their own: they share their workers, as starting one costs more than most of them take. */
const PURE = ['test/shared/{crd,manifest,pod,task,turn}/**/*.test.ts', 'test/controller/decide/**/*.test.ts'];

/** What a sanitizer is in the way of: it needs libraries, memory and descriptors of its own. */
const UNSANITIZED =
  process.env['TASKFLOW_TEST_AGENTS'] === 'sanitized'
    ? ['test/agent/{isolation,limits,full-disk}.test.ts']
    : [];

export default defineConfig({
  test: {
    // Most of the time the tests wait for processes, not for a core.
    maxWorkers: 3,
    // These end what hangs; they say nothing of how fast anything is. A busy machine needs a multiple of a quiet one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Without it a bash whose input is a socket takes itself for one of rshd, and reads the machine's start-up files.
    env: { SHLVL: '1' },
    reporters: ['default', './test/support/counts-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: { name: 'real', include: ['test/**/*.test.ts'], exclude: [...PURE, ...UNSANITIZED] },
      },
    ],
  },
});
