/** `taskflow pause`, `resume` and `cancel`, against an API server and a controller. */
import { describe, expect, it } from 'vitest';
import { RESUMES } from '../../controller/runtime/objects.ts';
import { type StoredResume } from '../../controller/resume/stored-resume.ts';
import { control, NAMESPACE, worldWith, type World } from '../controller/harness.ts';
import { held, over, running } from '../controller/builders.ts';
import { taskflow } from '../support/cli.ts';
import { waitUntil } from '../support/wait-until.ts';

const STEPS = [
  { name: 'a', image: 'b', command: ['true'], pause: ['Before' as const] },
  { name: 'b', image: 'b', command: ['true'] },
];

async function run(world: Pick<World, 'kubeconfig'>, ...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await taskflow([
    ...args,
    '--kubeconfig',
    world.kubeconfig,
    '-n',
    NAMESPACE,
  ]);
  return `${exitCode} ${stdout}${stderr}`.trim();
}

describe('of a Task in a cluster', () => {
  it('pause holds what comes next, resume lets it go on, cancel ends it', async () => {
    const world = await worldWith();
    control(world);
    const task = await world.apply({ steps: STEPS.slice(1) });
    const { name } = task.metadata;
    await world.play(task, [running('b')]);
    expect(await run(world, 'pause', name)).toBe(`0 Task ${name} starts no further step`);
    expect((await world.task(task)).spec.suspend).toBe(true);
    expect(await run(world, 'resume', name)).toBe(`0 Task ${name} goes on`);
    expect((await world.task(task)).spec.suspend).toBe(false);
    const cancelling = run(world, 'cancel', name, '--wait');
    await waitUntil('it is to be cancelled', async () => (await world.task(task)).spec.cancel);
    await world.play(task, [over('b', { outcome: 'Cancelled', exitCode: 143 })], { phase: 'Failed' });
    expect(await cancelling).toBe(`0 Task ${name} is over: Cancelled`);
    for (const verb of ['pause', 'resume', 'cancel'])
      expect(await run(world, verb, name)).toBe(`2 Task ${name} is over: Cancelled`);
  });

  it('resume makes a Resume for what is held, in its own name, and waits until it is heard', async () => {
    const world = await worldWith();
    control(world);
    const task = await world.apply({ steps: STEPS });
    const { name } = task.metadata;
    expect(await run(world, 'resume', name)).toContain(
      `2 nothing of Task ${name} is held, and it is not suspended`,
    );
    await world.play(task, [held('a'), running('b')]);
    await world.until(task, 'Paused');
    expect(await run(world, 'resume', name, '--action', 'Retry', '--wait')).toMatch(
      /^2 Resume \S+ was rejected, NotPossible: step a: its command has not run yet/,
    );
    let isWaiting = true;
    const going = run(world, 'resume', name, '--step', 'a', '--action', 'Skip', '--wait').finally(() => {
      isWaiting = false;
    });
    const applied = await waitUntil('it is applied', async () => {
      const { items } = await world.client.list<StoredResume>(RESUMES, { namespace: NAMESPACE });
      return items.find(({ status }) => status?.status === 'Applied');
    });
    expect(applied.spec).toMatchObject({ task: name, step: 'a', action: 'Skip' });
    await waitUntil('it is said that it was told', async () =>
      (await world.task(task)).status?.conditions?.some(({ message }) => message.includes('was told')),
    );
    // Its container still shows that it is held.
    expect(isWaiting).toBe(true);
    await world.play(task, [over('a', { outcome: 'Omitted', attempts: 0 }), running('b')]);
    expect(await going).toBe(`0 Task ${name} goes on: told step a: Skip`);
  });

  it('a time that is up, and what is not there, are said in a line', async () => {
    const world = await worldWith();
    const task = await world.apply({ steps: STEPS });
    const { name } = task.metadata;
    expect(await run(world, 'pause', name, '--wait', '--timeout', '1ms')).toBe(
      `2 Task ${name} is not paused yet, and --wait is out of time; --timeout lets it wait longer`,
    );
    expect(await run(world, 'cancel', 'nope')).toBe('2 tasks.api.practice.com "nope" not found');
  });
});

it.each([
  [['pause'], 'expected the name of one Task'],
  [['cancel', 'a', 'b'], 'expected the name of one Task'],
  [['resume'], 'nothing to resume; write taskflow resume TASK, or taskflow resume --run DIR'],
  [['resume', 'a', '--run', '/x'], '--run is for a local run'],
  [['pause', 'a', '--timeout', 'soon'], '--timeout: expected a duration'],
])('%j is refused', async (args, message) => {
  expect(await taskflow(args)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(message) as string,
  });
});
