import { describe, expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import {
  cancelled,
  failed,
  iso,
  over,
  podWith,
  running,
  silent,
  skipped,
  START,
  taskOf,
} from '../builders.ts';
import { settings, ready, decided, stopped, spec, known } from './decided.ts';

describe('the end, judged by the containers and not by the pod', () => {
  const rows: [string, Partial<Seen>, string, string?][] = [
    [
      'all succeeded',
      { pod: podWith([over('a'), over('b'), over('c')]) },
      'Successful Succeeded',
      'Succeeded Succeeded Succeeded',
    ],
    [
      'the first failed',
      { pod: podWith([failed('a'), skipped('b'), skipped('c')]) },
      'Failure StepFailed',
      'Failed Skipped Skipped',
    ],
    [
      'the last failed',
      { pod: podWith([over('a'), over('b'), failed('c')]) },
      'Failure StepFailed',
      'Succeeded Succeeded Failed',
    ],
    [
      'a step timed out',
      {
        pod: podWith([
          over('a', { outcome: 'TimedOut', exitCode: 124, reason: 'DeadlineExceeded' }),
          skipped('b'),
          skipped('c'),
        ]),
      },
      'Failure StepTimedOut',
    ],
    [
      'a command was not found',
      {
        pod: podWith([
          over('a', { outcome: 'Failed', exitCode: 127, reason: 'CommandNotFound' }),
          skipped('b'),
          skipped('c'),
        ]),
      },
      'Failure CommandNotFound',
    ],
    [
      'the agent failed',
      {
        pod: podWith([
          over('a', { outcome: 'Error', exitCode: 125, reason: 'AgentError' }),
          skipped('b'),
          skipped('c'),
        ]),
      },
      'Failure AgentError',
    ],
    [
      'out of memory, and the rest quit',
      { pod: podWith([silent('a'), cancelled('b'), cancelled('c')], { order: '-1' }) },
      'Failure OOMKilled',
      'Failed Skipped Skipped',
    ],
    [
      'out of memory, the agent lived',
      {
        pod: podWith(
          [
            over('a', { outcome: 'Failed', exitCode: 137, signal: 'SIGKILL', reason: 'Signaled' }),
            skipped('b'),
            skipped('c'),
          ].map((status) =>
            status.name === 'a' && status.state?.terminated
              ? { ...status, state: { terminated: { ...status.state.terminated, reason: 'OOMKilled' } } }
              : status,
          ),
        ),
      },
      'Failure OOMKilled',
    ],
    [
      'evicted without a word about its containers',
      { pod: podWith([], { phase: 'Failed', reason: 'Evicted', message: 'low on disk' }) },
      'Failure Evicted',
      'Error Error Error',
    ],
    [
      'evicted, after a step was seen to succeed',
      {
        ...known({ status: 'Running', steps: [{ name: 'a', state: 'Succeeded' }] }),
        pod: podWith([], { phase: 'Failed', reason: 'Evicted' }),
      },
      'Failure Evicted',
      'Succeeded Error Error',
    ],
    [
      'refused by its node',
      { pod: podWith([], { phase: 'Failed', reason: 'OutOfcpu' }) },
      'Failure OutOfcpu',
    ],
    [
      'shut down with its node',
      {
        pod: podWith(
          [
            over('a'),
            over('b', { outcome: 'Failed', exitCode: 143, signal: 'SIGTERM', reason: 'Signaled' }),
            cancelled('c'),
          ],
          { phase: 'Failed', reason: 'Terminated', message: 'node shutdown' },
        ),
      },
      'Failure Terminated',
    ],
    [
      'the kubelet’s deadline, when no controller was there',
      {
        pod: podWith([cancelled('a', true), cancelled('b'), cancelled('c')], {
          phase: 'Failed',
          reason: 'DeadlineExceeded',
        }),
      },
      'Failure TimedOut',
    ],
    [
      'deleted while it ran',
      {
        pod: podWith(
          [
            over('a', { outcome: 'Failed', exitCode: 143, signal: 'SIGTERM', reason: 'Signaled' }),
            cancelled('b'),
            cancelled('c'),
          ],
          { deleted: 9 },
        ),
      },
      'Failure PodDeleted',
    ],
    [
      'deleted, but done',
      { pod: podWith([over('a'), over('b'), over('c')], { deleted: 9 }) },
      'Successful Succeeded',
    ],
    [
      'deleted, but failed by itself',
      { pod: podWith([failed('a'), skipped('b'), skipped('c')], { deleted: 9 }) },
      'Failure StepFailed',
    ],
    [
      'a node that never answers again',
      { pod: podWith([running('a'), running('b'), running('c')], { deleted: -60 }) },
      'Failure NodeLost',
      'Error Error Error',
    ],
    [
      'cancelled',
      {
        ...spec({ cancel: true }),
        pod: podWith([over('a'), cancelled('b', true), cancelled('c')], {
          order: '-1',
          stop: stopped('Cancelled'),
        }),
      },
      'Cancelled Cancelled',
      'Succeeded Cancelled Cancelled',
    ],
    [
      'cancelled too late',
      {
        ...spec({ cancel: true }),
        pod: podWith([over('a'), over('b'), over('c')], { order: '-1', stop: stopped('Cancelled') }),
      },
      'Successful Succeeded',
    ],
    [
      'cancelled after it had failed',
      {
        ...spec({ cancel: true }),
        pod: podWith([failed('a'), cancelled('b'), cancelled('c')], {
          order: '-1',
          stop: stopped('Cancelled'),
        }),
      },
      'Failure StepFailed',
    ],
    [
      'cancelled by hand, with the order',
      { pod: podWith([cancelled('a', true), cancelled('b'), cancelled('c')], { order: '-1' }) },
      'Cancelled Cancelled',
    ],
    [
      'the Task timed out',
      {
        ...spec({ timeout: '5s' }),
        pod: podWith([over('a'), cancelled('b', true), cancelled('c')], {
          order: '-1',
          stop: stopped('TimedOut'),
        }),
      },
      'Failure TimedOut',
    ],
    [
      'stopped, and its node says nothing any more',
      { pod: podWith(['a', 'b', 'c'].map(running), { order: '-1', stop: stopped('Cancelled', -80) }) },
      'Cancelled Cancelled',
      'Cancelled Cancelled Cancelled',
    ],
    [
      'stopped by a text that nobody of us wrote',
      { pod: podWith([cancelled('a'), cancelled('b'), cancelled('c')], { order: '-1', stop: '{' }) },
      'Cancelled Cancelled',
    ],
  ];
  it.each(rows)('%s', (_, seen, says, steps) => {
    const result = decided(seen);
    expect(result).toMatchObject({ does: [], says, ...(steps !== undefined && { steps }) });
  });

  it('takes the reasons of others, though no condition could have them', () => {
    const pod = podWith([], { phase: 'Failed', reason: 'no such node!', message: 'x'.repeat(40_000) });
    const seen = { pod, hadPod: true, prepared: ready, now: START };
    const { status } = decide({ ...seen, task: taskOf() }, settings);
    expect(status).toMatchObject({
      reason: 'no such node!',
      conditions: [{ type: 'Failed', reason: 'Unknown' }],
    });
    expect(status?.conditions?.[0]?.message).toHaveLength(32_768);
  });

  it('is the time of the last step, and never grows', () => {
    const pod = podWith([over('a'), over('b'), over('c', { finishedAt: iso(3.4) })]);
    const task = taskOf();
    const first = decide({ task, pod, hadPod: true, prepared: ready, now: START + 60_000 }, settings);
    expect(first.status).toMatchObject({
      startTime: iso(0),
      completionTime: iso(3.4),
      duration: '3.4s',
      step: '3/3',
    });
    const again = {
      task: { ...task, status: first.status ?? {} },
      pod,
      hadPod: true,
      prepared: ready,
      now: START + 99_000,
    };
    expect(decide(again, settings)).toEqual({ actions: [], urgent: false });
  });
});
