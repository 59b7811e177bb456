/** Held steps, and Resumes that let them go on. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { RESUMES } from '../../controller/runtime/objects.ts';
import { type StoredResume } from '../../controller/resume/stored-resume.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { type ResumeSpec, type ResumeStatus } from '../../shared/resume/resume.ts';
import { type HoldKind, type ResumeAction } from '../../shared/turn/resume.ts';
import { waitUntil } from '../support/wait-until.ts';
import { IMAGE, PULL } from './cluster-images.ts';
import { useCluster } from './cluster.ts';

const cluster = useCluster();

const step = (name: string, script: string, more: object = {}) => ({
  name,
  image: IMAGE,
  imagePullPolicy: PULL,
  script,
  ...more,
});

async function resume(spec: ResumeSpec): Promise<StoredResume> {
  return cluster.client.create<StoredResume>(RESUMES, {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Resume',
    metadata: { name: `r-${randomUUID().slice(0, 8)}`, namespace: cluster.namespace },
    spec,
  });
}

async function settled({ metadata }: StoredResume): Promise<ResumeStatus> {
  return waitUntil(
    `Resume ${metadata.name} is settled`,
    async () => {
      const at = { namespace: cluster.namespace, name: metadata.name };
      const { status } = await cluster.client.get<StoredResume>(RESUMES, at);
      return status?.status === 'Pending' ? undefined : status;
    },
    60_000,
  );
}

const untilHeld = async (task: StoredTask, name: string, hold: HoldKind, holds = 0): Promise<StoredTask> =>
  cluster.until(task, `${name} is held ${hold}`, ({ steps = [] }) =>
    steps.some(
      (each) =>
        each.name === name && each.state === 'Paused' && each.hold === hold && (each.holds ?? 0) === holds,
    ),
  );

/** Each way in which a hold ends: what becomes of the step, its successor and the Task. */
const rows: [HoldKind, string, ResumeAction, string, string][] = [
  ['Before', 'exit 0', 'Continue', 'Succeeded Succeeded', 'Successful'],
  ['Before', 'exit 3', 'Skip', 'Omitted Succeeded', 'Successful'],
  ['Before', 'exit 0', 'Fail', 'Failed Skipped', 'Failure'],
  ['After', 'exit 0', 'Continue', 'Succeeded Succeeded', 'Successful'],
  ['After', 'exit 3', 'Continue', 'Failed Skipped', 'Failure'],
  ['After', 'exit 3', 'Skip', 'Continued Succeeded', 'Successful'],
  ['After', 'exit 0', 'Fail', 'Failed Skipped', 'Failure'],
  ['OnFailure', 'exit 3', 'Fail', 'Failed Skipped', 'Failure'],
  [
    'OnFailure',
    'test -e /tmp/again || { touch /tmp/again; exit 3; }',
    'Retry',
    'Succeeded Succeeded',
    'Successful',
  ],
];

test.concurrent.each(rows)(
  'held %s `%s`, then %s: %s, %s',
  { timeout: 240_000 },
  async (hold, script, action, ends, word) => {
    const task = await cluster.apply({
      steps: [step('a', script, { pause: [hold] }), step('b', 'exit 0')],
    });
    const { status } = await untilHeld(task, 'a', hold);
    expect(status).toMatchObject({ status: 'Paused', reason: 'Held', step: '0/2 held: a' });
    expect(status?.steps?.[1]?.state).toBe('Waiting');
    const made = await resume({ task: task.metadata.name, step: 'a', action });
    expect(await settled(made)).toMatchObject({ status: 'Applied', reason: action, steps: ['a'] });
    const end = await cluster.ended(task);
    expect([end.steps?.map(({ state }) => state).join(' '), end.status]).toEqual([ends, word]);
  },
);

test.concurrent('is held before, after, and after again', { timeout: 240_000 }, async () => {
  const task = await cluster.apply({
    steps: [step('a', 'echo run >>/tmp/runs; wc -l </tmp/runs >&2', { pause: ['Before', 'After'] })],
  });
  await untilHeld(task, 'a', 'Before');
  await resume({ task: task.metadata.name });
  await untilHeld(task, 'a', 'After', 1);
  await resume({ task: task.metadata.name, action: 'Retry' });
  await untilHeld(task, 'a', 'After', 2);
  await resume({ task: task.metadata.name });
  expect((await cluster.ended(task)).status).toBe('Successful');
});

test.concurrent('a held step holds what comes after it, and no neighbour', { timeout: 240_000 }, async () => {
  const task = await cluster.apply({
    steps: [
      step('a', 'exit 0'),
      step('held', 'exit 0', { after: ['a'], pause: ['Before'] }),
      step('beside', 'exit 0', { after: ['a'] }),
      step('join', 'exit 0', { after: ['held', 'beside'] }),
    ],
  });
  const early = await resume({ 'Workflow-ID': task.metadata.name, TemplateName: 'join' });
  expect(await settled(early)).toMatchObject({ status: 'Rejected', reason: 'NotPausable' });
  const { status } = await cluster.until(
    task,
    'the neighbour is over',
    ({ steps = [], status: word }) =>
      word === 'Paused' && steps.some(({ name, state }) => name === 'beside' && state === 'Succeeded'),
  );
  expect(status?.steps?.map(({ state }) => state)).toEqual(['Succeeded', 'Paused', 'Succeeded', 'Waiting']);
  await resume({ 'Workflow-ID': task.metadata.name, TemplateName: 'held' });
  expect((await cluster.ended(task)).status).toBe('Successful');
});

test.concurrent(
  'a Resume that was made before its Task waits for its hold',
  { timeout: 240_000 },
  async () => {
    const name = `t-${randomUUID().slice(0, 8)}`;
    const early = await resume({ task: name, step: 'a' });
    const task = await cluster.apply(
      { steps: [step('a', 'exit 0', { pause: ['After'] })], suspend: true },
      name,
    );
    await waitUntil(
      'it waits',
      async () => {
        const at = { namespace: cluster.namespace, name: early.metadata.name };
        return (await cluster.client.get<StoredResume>(RESUMES, at)).status?.reason === 'NotHeld';
      },
      60_000,
    );
    await cluster.change(task, { suspend: false });
    expect(await settled(early)).toMatchObject({ status: 'Applied' });
    expect((await cluster.ended(task)).status).toBe('Successful');
  },
);

test.concurrent(
  'a Task that is cancelled while a step is held before its command never runs it',
  { timeout: 240_000 },
  async () => {
    const task = await cluster.apply({ steps: [step('a', 'exit 0', { pause: ['Before'] })] });
    await untilHeld(task, 'a', 'Before');
    await cluster.change(task, { cancel: true });
    const { status, steps } = await cluster.ended(task);
    expect([status, steps?.[0]?.state, steps?.[0]?.startedAt]).toEqual(['Cancelled', 'Cancelled', undefined]);
    const late = await resume({ task: task.metadata.name });
    expect(await settled(late)).toMatchObject({ status: 'Rejected', reason: 'TaskOver' });
  },
);

test.concurrent(
  'a step of a scratch image is held: its image has no shell',
  { timeout: 240_000 },
  async () => {
    const { AGENT_IMAGE } = await import('./cluster-images.ts');
    const scratch = {
      name: 'a',
      image: AGENT_IMAGE,
      imagePullPolicy: PULL,
      command: ['/agent', '--version'],
    };
    const task = await cluster.apply({ steps: [{ ...scratch, pause: ['Before', 'After'] }] });
    await untilHeld(task, 'a', 'Before');
    await resume({ task: task.metadata.name });
    await untilHeld(task, 'a', 'After', 1);
    await resume({ task: task.metadata.name });
    expect((await cluster.ended(task)).status).toBe('Successful');
  },
);
