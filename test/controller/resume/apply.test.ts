/** Resumes in a whole controller, against the API server in memory. */
import { describe, expect, it } from 'vitest';
import { PODS, RESUMES, TASKS, type KubeObject } from '../../../controller/runtime/objects.ts';
import { type StoredResume } from '../../../controller/resume/stored-resume.ts';
import { type StoredTask } from '../../../controller/stored-task.ts';
import { type ResumeSpec, type ResumeStatus } from '../../../shared/resume/resume.ts';
import { parseResumes } from '../../../shared/turn/resume.ts';
import { type Call } from '../../support/api-server/index.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { held, over, running } from '../builders.ts';
import { bundledController, startController, type ControllerProcess } from '../chaos/process.ts';
import { control, NAMESPACE, worldWith, type World } from '../harness.ts';

const STEPS = [
  { name: 'a', image: 'b', command: ['true'], pause: ['Before' as const, 'After' as const] },
  { name: 'b', image: 'b', command: ['true'] },
];

async function resume(world: World, task: StoredTask, spec: Partial<ResumeSpec> = {}): Promise<StoredResume> {
  return world.client.create<StoredResume>(RESUMES, {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Resume',
    metadata: { name: `r-${crypto.randomUUID().slice(0, 8)}`, namespace: NAMESPACE },
    spec: { task: task.metadata.name, ...spec },
  });
}

/** Waits for the word of a Resume. */
async function until(world: World, { metadata }: StoredResume, word: string): Promise<ResumeStatus> {
  return waitUntil(`Resume ${metadata.name} is ${word}`, async () => {
    const { status } = await world.client.get<StoredResume>(RESUMES, {
      namespace: NAMESPACE,
      name: metadata.name,
    });
    return [status?.status, status?.reason].includes(word) ? status : undefined;
  });
}

/** What the pod's agents were told: the actions for the first step, and by which Resume. */
async function toldOf(world: World, task: StoredTask): Promise<string[]> {
  const pod = await world.pod(task);
  const { steps } = parseResumes(pod?.metadata.annotations?.['api.practice.com/resume'] ?? '');
  return (steps.get(1) ?? []).map(({ action, by }) => `${action} ${by}`);
}

const isTelling = ({ verb, resource, subresource }: Call): boolean =>
  verb === 'patch' && resource.plural === PODS.plural && subresource === undefined;

describe('a Resume', () => {
  it('is applied to what is held, says so, belongs to its Task, and is told of', async () => {
    const world = await worldWith();
    control(world);
    const task = await world.apply({ steps: STEPS });
    await world.play(task, [held('a'), running('b')]);
    expect(await world.until(task, 'Paused')).toMatchObject({ reason: 'Held', step: '0/2 held: a' });
    const made = await resume(world, task, { action: 'Skip' });
    expect(await until(world, made, 'Applied')).toMatchObject({ reason: 'Skip', steps: ['a'] });
    expect(await toldOf(world, task)).toEqual([`Skip ${made.metadata.uid}`]);
    const stored = await world.client.get(RESUMES, { namespace: NAMESPACE, name: made.metadata.name });
    expect(stored.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'Task', name: task.metadata.name, uid: task.metadata.uid }),
    ]);
    expect(await world.reasons(task)).toEqual(expect.arrayContaining(['Held', 'Resumed']));
  });

  it('that was made before its Task, its hold and the controller waits for them', async () => {
    const world = await worldWith();
    const early = await resume(world, { metadata: { name: 'late' } } as StoredTask, { step: 'a' });
    const stop = control(world);
    await until(world, early, 'TaskNotFound');
    await stop();
    const task = await world.apply({ steps: STEPS }, 'late');
    control(world);
    expect(await until(world, early, 'NotHeld')).toMatchObject({ status: 'Pending' });
    await world.play(task, [held('a'), running('b')]);
    await until(world, early, 'Applied');
    expect(await toldOf(world, task)).toEqual([`Continue ${early.metadata.uid}`]);
  });

  it('takes one hold, the oldest first; the next waits for the next hold', async () => {
    const world = await worldWith();
    const task = await world.apply({ steps: STEPS });
    const first = await resume(world, task);
    const second = await resume(world, task, { action: 'Retry' });
    control(world);
    await world.play(task, [held('a'), running('b')]);
    await until(world, first, 'Applied');
    await until(world, second, 'NotHeld');
    await world.play(task, [running('a'), running('b')]);
    await world.until(task, 'Running');
    await world.play(task, [held('a'), running('b')]);
    await until(world, second, 'Applied');
    expect(await toldOf(world, task)).toEqual([
      `Continue ${first.metadata.uid}`,
      `Retry ${second.metadata.uid}`,
    ]);
  });

  it('is applied once, though the answer to what told the agents never comes', async () => {
    const world = await worldWith();
    const task = await world.apply({ steps: STEPS });
    const stop = control(world);
    await world.play(task, [held('a'), running('b')]);
    await world.until(task, 'Paused');
    world.server.faults.loseAnswers(1, isTelling);
    const made = await resume(world, task);
    await waitUntil('the agents were told', async () => (await toldOf(world, task)).length > 0);
    // As if it had been killed before it could say so.
    await stop();
    control(world);
    await until(world, made, 'Applied');
    expect(await toldOf(world, task)).toEqual([`Continue ${made.metadata.uid}`]);
    expect((await world.reasons(task)).filter((reason) => reason === 'Resumed')).toHaveLength(1);
  });

  it('is applied once, whichever of its writes the controller is killed at', async () => {
    const world = await worldWith();
    const bundled = await bundledController();
    const start = (): ControllerProcess =>
      startController(bundled, ['--kubeconfig', world.kubeconfig, '--leader-elect=false']);
    let kills = (_call: string): void => undefined;
    world.server.counts.listeners.add(({ verb, resource, subresource }) =>
      kills(`${verb} ${[resource.plural, subresource].filter(Boolean).join('/')}`),
    );
    for (const write of ['patch pods', 'create events', 'patch resumes', 'patch resumes/status']) {
      const first = start();
      const task = await world.apply({ steps: STEPS });
      await world.play(task, [held('a'), running('b')]);
      await world.until(task, 'Paused');
      await waitUntil('it has told of the hold', async () => (await world.reasons(task)).includes('Held'));
      kills = (call) => {
        if (call === write) first.kill('SIGKILL');
      };
      const made = await resume(world, task);
      expect({ write, ...(await first.ended) }).toEqual({ write, code: null, signal: 'SIGKILL' });
      kills = () => undefined;
      const second = start();
      await until(world, made, 'Applied');
      expect({ write, told: await toldOf(world, task) }).toEqual({
        write,
        told: [`Continue ${made.metadata.uid}`],
      });
      expect((await world.reasons(task)).filter((reason) => reason === 'Resumed')).toHaveLength(1);
      second.kill('SIGKILL');
      await second.ended;
    }
  });

  it('was applied, though its Task was over before anybody said so', async () => {
    const world = await worldWith();
    const task = await world.apply({ steps: STEPS });
    const stop = control(world);
    await world.play(task, [held('a'), running('b')]);
    await world.until(task, 'Paused');
    await stop();
    const made = await resume(world, task);
    const late = await resume(world, task);
    const pod = await world.pod(task);
    const by = made.metadata.uid;
    const annotations = {
      'api.practice.com/resume': JSON.stringify({ steps: { 1: [{ action: 'Continue', by }] } }),
    };
    await world.client.patch(
      PODS,
      { namespace: NAMESPACE, name: pod?.metadata.name ?? '' },
      { type: 'merge', body: { metadata: { annotations } } },
    );
    await world.play(task, [over('a'), over('b')], { phase: 'Succeeded' });
    control(world);
    await world.until(task, 'Successful');
    await until(world, made, 'Applied');
    expect(await until(world, late, 'TaskOver')).toMatchObject({ status: 'Rejected' });
  });

  it('expires by itself', async () => {
    const world = await worldWith();
    control(world);
    const task = await world.apply({ steps: STEPS, suspend: true });
    const made = await resume(world, task, { expires: '1s' });
    expect(await until(world, made, 'Rejected')).toMatchObject({ reason: 'Expired' });
  });

  it('goes with its Task', async () => {
    const world = await worldWith();
    control(world);
    const task = await world.apply({ steps: STEPS, suspend: true });
    const made = await resume(world, task);
    await until(world, made, 'NotHeld');
    await world.client.delete(TASKS, { namespace: NAMESPACE, name: task.metadata.name });
    await waitUntil('it is collected', async () => {
      const { items } = await world.client.list<KubeObject>(RESUMES, { namespace: NAMESPACE });
      return items.length === 0;
    });
  });

  it('is one of many, and each has its answer', async () => {
    const world = await worldWith();
    const task = await world.apply({ steps: STEPS, suspend: true });
    const many = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => resume(world, task, { step: `x${index}` })),
    );
    control(world);
    for (const each of many)
      expect(await until(world, each, 'UnknownStep')).toMatchObject({ status: 'Rejected' });
  });
});
