import { describe, expect, it } from 'vitest';
import { type Task } from '../../shared/task/task.ts';
import { randomOf, seedOfRun } from '../controller/chaos/random.ts';
import { randomGraph, tooEarly } from '../support/graphs.ts';
import { IMAGE, PULL } from './cluster-images.ts';
import { useCluster } from './cluster.ts';
import { sh, states } from './steps.ts';

const cluster = useCluster();

const first = { after: [] };
const tell = { finally: [sh('tell', 'echo told')] };

describe.concurrent('a graph', () => {
  it.each<[string, Task['spec'], string, string[]]>([
    [
      'goes on with the other branches when one fails',
      {
        steps: [
          sh('a', 'exit 4'),
          sh('b', 'true', first),
          sh('c', 'true', { after: ['a'] }),
          sh('d', 'true', { after: ['b'] }),
        ],
        ...tell,
      },
      'Failure StepFailed',
      ['a Failed', 'b Succeeded', 'c Skipped', 'd Succeeded', 'tell Succeeded'],
    ],
    [
      'ends them with failFast, and runs finally',
      {
        failFast: true,
        steps: [sh('a', 'sleep 3; exit 4'), sh('b', 'sleep 1000', first), sh('c', 'true')],
        ...tell,
      },
      'Failure StepFailed',
      ['a Failed', 'b Cancelled', 'c Skipped', 'tell Succeeded'],
    ],
    [
      'tells those behind a step that was killed with its agent',
      {
        // In a namespace of its own the agent is the first process, which nobody in it can kill.
        podTemplate: { shareProcessNamespace: true },
        steps: [sh('a', 'kill -9 $PPID; sleep 5'), sh('b', 'true', first), sh('c', 'true', { after: ['a'] })],
        ...tell,
      },
      'Failure StepFailed',
      ['a Failed', 'b Succeeded', 'c Skipped', 'tell Succeeded'],
    ],
    [
      'runs finally when it is out of time, for longer than that',
      { timeout: '10s', steps: [sh('a', 'sleep 1000')], finally: [sh('tell', 'sleep 3')] },
      'Failure TimedOut',
      ['a Cancelled', 'tell Succeeded'],
    ],
    [
      'runs finally when a container behind a failure cannot start',
      {
        steps: [sh('a', 'exit 4'), sh('b', 'true', { image: 'localhost/none:1', imagePullPolicy: 'Never' })],
        ...tell,
      },
      'Failure StepFailed',
      ['a Failed', 'b Skipped', 'tell Succeeded'],
    ],
    [
      'is a failure when its finally is',
      { steps: [sh('a', 'true')], finally: [sh('tell', 'exit 5')] },
      'Failure StepFailed',
      ['a Succeeded', 'tell Failed'],
    ],
    [
      'whose controller hands off',
      {
        handOff: 'Controller',
        steps: [
          sh('a', 'true'),
          sh('b', 'exit 3', first),
          sh('c', 'true', { after: ['a'] }),
          sh('d', 'true', { after: ['b', 'c'] }),
        ],
        ...tell,
      },
      'Failure StepFailed',
      ['a Succeeded', 'b Failed', 'c Succeeded', 'd Skipped', 'tell Succeeded'],
    ],
  ])('%s', async (_, spec, says, steps) => {
    const status = await cluster.ended(await cluster.apply(spec));
    expect(`${status.status} ${status.reason}`).toBe(says);
    expect(states(status)).toEqual(steps);
  });

  it('runs finally when it is cancelled', async () => {
    const task = await cluster.apply({ steps: [sh('a', 'sleep 1000'), sh('b', 'true')], ...tell });
    await cluster.until(task, 'a runs', ({ steps }) => steps?.[0]?.state === 'Running');
    await cluster.change(task, { cancel: true });
    const status = await cluster.ended(task);
    expect(status.status).toBe('Cancelled');
    expect(states(status)).toEqual(['a Cancelled', 'b Cancelled', 'tell Succeeded']);
  });
});

const GRAPHS = Number(process.env['TASKFLOW_E2E_GRAPHS'] ?? '4');
const MOST = Number(process.env['TASKFLOW_E2E_STEPS'] ?? '12');
const AT_ONCE = 4;

it('random graphs run as they must', { timeout: GRAPHS * 120_000 }, async () => {
  const random = randomOf(seedOfRun('random graphs'));
  const graphs = Array.from({ length: GRAPHS }, () =>
    randomGraph(random, MOST, { image: IMAGE, imagePullPolicy: PULL }),
  );
  const one = async (): Promise<void> => {
    for (let graph = graphs.pop(); graph !== undefined; graph = graphs.pop()) {
      const status = await cluster.ended(await cluster.apply(graph.spec));
      expect(states(status)).toEqual(graph.expected);
      expect(tooEarly(graph.spec, status.steps ?? [])).toEqual([]);
      expect(status.status).toBe(graph.isGood ? 'Successful' : 'Failure');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
});
