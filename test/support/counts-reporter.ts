import type { Reporter, TestModule } from 'vitest/node';

/** Closes the run with one line of the real counts, alone: `N passed, N failed, N skipped`. */
export class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    // A module that could not be loaded, or an error outside every test, has no test to be counted by.
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
    }
    // After the summary of the default reporter, which is printed in the same tick.
    process.once('exit', () =>
      process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`),
    );
  }
}

// vitest loads a reporter given by path from its default export.
export { CountsReporter as default };
