import { describe, expect, it } from 'vitest';
import { taskflow } from '../support/cli.ts';
import { shownManifests } from '../support/manifests.ts';
import { scratch } from '../support/scratch.ts';

/** Those that do not simply succeed here: their exit code, and what is said. `test/e2e/` runs all of them in a cluster. */
const OTHERWISE: Readonly<Record<string, { exitCode: number; message: RegExp }>> = {
  'deploy/samples/failing.yaml': { exitCode: 42, message: /Task failing Failure in .*step 2 \(check\)/ },
  'deploy/samples/sidecar.yaml': {
    exitCode: 2,
    message: /step write mounts work at \/data: a local process cannot/,
  },
  // With a registry that can be reached it runs: test/cli/entrypoint.test.ts.
  'deploy/samples/three-steps.yaml': { exitCode: 2, message: /^step step3 has no command: image devopscube/ },
};

const manifests = await shownManifests();

describe('a Task that is shown', () => {
  it('is found in all places', () => {
    const places = manifests.map(({ where }) => where.split('/')[0]);
    expect(new Set(places)).toEqual(new Set(['README.md', 'docs', 'examples', 'deploy']));
  });

  it.each(manifests)('runs on a laptop, or is refused by name: $where', async ({ where, text }) => {
    const { exitCode = 0, message = /Task \S+ Successful in/ } = OTHERWISE[where] ?? {};
    const cwd = await scratch();
    const env = { XDG_CACHE_HOME: cwd, TASKFLOW_REGISTRY_MIRROR: '' };
    const run = await taskflow(['run', '--offline', '-'], { input: text, cwd, env });
    expect(run.stderr).toMatch(message);
    expect(run.exitCode).toBe(exitCode);
    if (exitCode !== 2) return;
    // Not by taking the mounts away either.
    expect(
      (await taskflow(['run', '--offline', '--ignore-mounts', '-'], { input: text, cwd, env })).exitCode,
    ).toBe(2);
  });
});
