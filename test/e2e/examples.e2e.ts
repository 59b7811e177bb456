/** Every Task that the project shows, in a cluster: it ends there as it does on a laptop, and prints the same. */
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type RunEvent } from '../../cli/run/events.ts';
import { parseTasks } from '../../shared/manifest/index.ts';
import { everyStep } from '../../shared/task/finally.ts';
import { type Step, type Task } from '../../shared/task/task.ts';
import { taskflow } from '../support/cli.ts';
import { blocksOf, shownManifests } from '../support/manifests.ts';
import { scratch } from '../support/scratch.ts';
import { IMAGE, PULL } from './cluster-images.ts';
import { useCluster } from './cluster.ts';

const cluster = useCluster();

/** Those that a laptop refuses (test/docs/manifests.test.ts); all others are compared. */
const CLUSTER_ONLY: readonly string[] = ['deploy/samples/sidecar.yaml'];

const FAILS: Readonly<Record<string, string>> = {
  'deploy/samples/failing.yaml': 'step 2 (check) failed: exit code 42',
};

const manifests = await shownManifests();

describe('a Task that is shown', () => {
  it.each(manifests)('ends in a cluster as on a laptop: $where', async ({ where, text }) => {
    const [task] = parseTasks(text, where).map(withImage);
    if (task === undefined) throw new Error(`${where} has no Task`);
    const created = await cluster.apply(task.spec);
    const status = await cluster.ended(created);
    expect(status).toMatchObject(
      FAILS[where] === undefined ? { status: 'Successful' } : { status: 'Failure', message: FAILS[where] },
    );
    if (CLUSTER_ONLY.includes(where)) return;

    const { stdout } = await taskflow(['run', '-o', 'json', '-'], {
      input: JSON.stringify(task),
      cwd: await scratch(),
    });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
    // Branches that run at once end in any order.
    const finished = events
      .filter((event) => event.type === 'StepFinished')
      .toSorted((one, other) => one.number - other.number);
    expect(status.steps).toMatchObject(finished.map(({ step, outcome }) => ({ name: step, state: outcome })));

    const pod = (await cluster.podOf(created))?.metadata.name ?? '';
    for (const { name } of everyStep(task.spec)) {
      const local = events.filter((event) => event.type === 'Log').filter(({ step }) => step === name);
      const logs = await execa('kubectl', ['logs', pod, '-c', name, '--namespace', cluster.namespace]);
      // Both streams are one in a pod's log, in no certain order.
      const lines = (printed: readonly string[]): string[] => printed.toSorted();
      expect({ name, printed: lines(logs.stdout.split('\n').filter((line) => line !== '')) }).toEqual({
        name,
        printed: lines(local.map(({ line }) => line)),
      });
    }
  });
});

it('Tasks are listed as the README shows it', async () => {
  const [{ text } = { text: '' }] = await blocksOf('README.md', 'text');
  const [header, row] = text.split('\n').slice(text.split('\n').findIndex((line) => line.startsWith('NAME')));
  const [readme] = manifests.filter(({ where }) => where === 'README.md');
  const [task] = parseTasks(readme?.text ?? '', 'README.md').map(withImage);
  const created = await cluster.apply(task?.spec ?? { steps: [] });
  await cluster.ended(created);
  const get = ['get', 'tasks', created.metadata.name, '-o', 'wide', '--namespace', cluster.namespace];
  const { stdout } = await execa('kubectl', get);
  const words = (line = ''): string[] => line.trim().split(/ +/);
  const [printedHeader, printedRow] = stdout.split('\n');
  expect(words(printedHeader)).toEqual(words(header));
  // Status, step and reason; names and times are others.
  const telling = (line: string | undefined): (string | undefined)[] =>
    [1, 5, 6].map((column) => words(line)[column]);
  expect(telling(printedRow)).toEqual(telling(row));
});

/** With an image that the cluster has. What its own image would run is not asked for: there may be no registry. */
function withImage(task: Task): Task {
  const image = { image: IMAGE, imagePullPolicy: PULL };
  const { steps, finally: last, stepTemplate, sidecars } = task.spec;
  const ours = (step: Step): Step => ({
    ...step,
    ...(step.image !== undefined && image),
    ...(step.script === undefined && step.command === undefined && { command: ['echo'] }),
  });
  const spec: Task['spec'] = { ...task.spec, steps: steps.map(ours) };
  if (last !== undefined) spec.finally = last.map(ours);
  if (stepTemplate !== undefined) spec.stepTemplate = { ...stepTemplate, ...image };
  if (sidecars !== undefined) spec.sidecars = sidecars.map((sidecar) => ({ ...sidecar, ...image }));
  return { ...task, spec };
}
