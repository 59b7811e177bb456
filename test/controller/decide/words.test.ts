/** What the node did, and what is told of it: each step gets what is true of it, the Task has its own reason. */
import { describe, expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import { type ContainerStatus, type ObservedPod } from '../../../controller/pod.ts';
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
  waiting,
} from '../builders.ts';
import { decided, known, ready, settings, spec, stopped } from './decided.ts';

const stop = (reason: string, at = 5) => ({ order: '-1', stop: stopped(reason, at) });
const ended = (reason = 'DeadlineExceeded') => ({ phase: 'Failed', reason, message: 'too long' });
/** The kubelet's word for a container that it cannot find when the pod is over. */
const unknown = (name: string) => silent(name, 137, 'ContainerStatusUnknown');
const killed = (name: string, at = 6) =>
  over(name, {
    outcome: 'Failed',
    exitCode: 143,
    signal: 'SIGTERM',
    reason: 'Signaled',
    message: 'ended by SIGTERM',
    finishedAt: iso(at),
  });
const pull = ['ImagePullBackOff', 'not found'] as const;

/** `STATE REASON` of each step, and of the Task. */
function told(seen: Partial<Seen>, at = 10): { task: string; steps: string[]; message: string } {
  const whole = {
    task: taskOf(),
    pod: undefined,
    hadPod: true,
    prepared: ready,
    now: START + at * 1000,
    ...seen,
  };
  const { status } = decide(whole, settings);
  const steps = status?.steps?.map(({ state, reason }) => [state, reason].filter(Boolean).join(' ')) ?? [];
  return {
    task: [status?.status, status?.reason].filter(Boolean).join(' '),
    steps,
    message: status?.message ?? '',
  };
}

describe('a node has the pod: only its report makes a last word', () => {
  const rows: [string, ObservedPod, string][] = [
    ['nothing is reported yet', podWith([], { phase: 'Pending', ...stop('Cancelled') }), 'Pending Cancelled'],
    [
      'its containers are being made',
      podWith(
        ['a', 'b', 'c'].map((name) => waiting(name)),
        { phase: 'Pending', ...stop('Cancelled') },
      ),
      'Pending Cancelled',
    ],
    [
      'one of them cannot start, which may be old news',
      podWith([waiting('a', ...pull), waiting('b'), waiting('c')], {
        phase: 'Pending',
        ...stop('Cancelled'),
      }),
      'Pending Cancelled',
    ],
    [
      'all that began are over, one is not reported',
      podWith([over('a'), cancelled('b', true), waiting('c')], stop('Cancelled')),
      'Running Cancelled',
    ],
    [
      'no node has it',
      podWith([], { phase: 'Pending', unscheduled: true, ...stop('Cancelled') }),
      'Cancelled Cancelled',
    ],
    [
      'the node has ended the pod',
      podWith(['a', 'b', 'c'].map(unknown), { ...ended(), ...stop('Cancelled') }),
      'Cancelled Cancelled',
    ],
    [
      'nothing is reported for 90 s',
      podWith(
        ['a', 'b', 'c'].map((name) => waiting(name)),
        { phase: 'Pending', ...stop('Cancelled', -80) },
      ),
      'Cancelled Cancelled',
    ],
  ];
  it.each(rows)('%s', (_, pod, says) => {
    expect(told({ task: taskOf({ cancel: true }), pod }).task).toBe(says);
  });

  it('says that nobody confirmed it, of the Task and of each step', () => {
    const pod = podWith([running('a'), waiting('b'), waiting('c')], stop('Cancelled', -80));
    const { message, steps } = told({ task: taskOf({ cancel: true }), pod });
    expect(message).toContain('node node-1 has not confirmed that the steps are over, they may still run');
    expect(steps).toEqual(['Cancelled Cancelled', 'Cancelled Cancelled', 'Cancelled Cancelled']);
  });

  it.each([
    ['with nothing that can start', [waiting('a', ...pull), cancelled('b'), cancelled('c')], 6, true],
    [
      'with containers that may come up and hear the order, not at once',
      [waiting('a'), waiting('b')],
      6,
      false,
    ],
    ['but in the end', [waiting('a'), waiting('b')], 15, true],
    ['not while a step may run', [waiting('a', ...pull), running('b'), cancelled('c')], 60, false],
  ])('the node is told to end a stopped pod %s', (_, containers: ContainerStatus[], at, does) => {
    const pod = podWith(containers, stop('Cancelled'));
    expect(decided({ task: taskOf({ cancel: true }), pod }, at).does).toEqual(
      does ? ['activeDeadlineSeconds 1'] : [],
    );
  });
});

describe('a stopped pod of which no container was made', () => {
  const none = ['a', 'b', 'c'].map((name) => waiting(name, 'PodInitializing'));
  const unmade = {
    conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }],
    ...stop('Cancelled'),
  };
  const given = { task: taskOf({ cancel: true }) };
  /** A node that saw the pod at once, and has had nothing to put containers in since. */
  const notReady = (since: number) => ({
    ...stop('Cancelled'),
    startTime: iso(0),
    conditions: [{ type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: iso(since) }],
  });

  it.each<[string, Partial<Seen>, number, string[]]>([
    [
      'is deleted, since its node would look at no deadline',
      { pod: podWith(none, unmade) },
      15,
      ['delete-pod'],
    ],
    ['not at once: it may be on its way', { pod: podWith(none, unmade) }, 6, []],
    [
      'not once its installer is there',
      { pod: podWith(none, { ...unmade, init: [running('taskflow-install')] }) },
      15,
      ['activeDeadlineSeconds 1'],
    ],
    ['not twice', { pod: podWith(none, { ...unmade, deleted: 40 }) }, 15, []],
    [
      'not before what finally would do has had its time',
      {
        task: taskOf({ cancel: true, finally: [{ name: 'f', image: 'i' }] }),
        pod: podWith([...none, waiting('f', 'PodInitializing')], unmade),
      },
      15,
      [],
    ],
  ])('%s', (_, seen, at, does) => {
    const { does: done } = decided({ ...given, ...seen }, at);
    expect(done.filter((each) => !each.startsWith('over '))).toEqual(does);
  });

  it.each<[string, ObservedPod, string]>([
    ['its containers wait', podWith(none, { ...unmade, phase: 'Failed', deleted: 40 }), 'NeverStarted'],
    [
      'its containers cannot be found, and never could be',
      podWith(['a', 'b', 'c'].map(unknown), { ...notReady(0), phase: 'Failed', deleted: 40 }),
      'NeverStarted',
    ],
    [
      'its containers cannot be found, and could be once',
      podWith(['a', 'b', 'c'].map(unknown), { ...notReady(9), phase: 'Failed', deleted: 40 }),
      'Cancelled',
    ],
  ])('is over as its node says: %s', (_, pod, reason) => {
    const { task, steps } = told({ ...given, pod });
    expect(task).toBe('Cancelled Cancelled');
    expect(steps).toEqual([`Cancelled ${reason}`, `Cancelled ${reason}`, `Cancelled ${reason}`]);
  });
});

describe('what the node did, and what is told', () => {
  const rows: [string, Partial<Seen>, string, string[]][] = [
    [
      'stopped, it ended a pod that never began',
      {
        pod: podWith(
          ['a', 'b', 'c'].map((name) => waiting(name)),
          { ...ended(), ...stop('Cancelled') },
        ),
      },
      'Cancelled Cancelled',
      ['Cancelled NeverStarted', 'Cancelled NeverStarted', 'Cancelled NeverStarted'],
    ],
    [
      'out of time before a step began',
      {
        pod: podWith(
          ['a', 'b', 'c'].map((name) => waiting(name)),
          { ...ended(), ...stop('TimedOut') },
        ),
      },
      'Failure TimedOut',
      ['Skipped NeverStarted', 'Skipped NeverStarted', 'Skipped NeverStarted'],
    ],
    [
      'an image that never came',
      {
        pod: podWith([over('a'), waiting('b', ...pull), cancelled('c')], {
          ...ended(),
          order: '-1',
          stop: JSON.stringify({ reason: 'ImagePullBackOff', message: 'why', step: 'b', at: iso(5) }),
        }),
      },
      'Failure ImagePullBackOff',
      ['Succeeded Completed', 'Error ImagePullBackOff', 'Cancelled Cancelled'],
    ],
    [
      'killed by the deadline before its agent heard the order',
      { pod: podWith([over('a'), killed('b'), cancelled('c')], { ...ended(), ...stop('Cancelled') }) },
      'Cancelled Cancelled',
      ['Succeeded Completed', 'Cancelled Cancelled', 'Cancelled Cancelled'],
    ],
    [
      'killed by somebody before the stop',
      { pod: podWith([over('a'), killed('b', 2), cancelled('c')], stop('Cancelled')) },
      'Failure StepFailed',
      ['Succeeded Completed', 'Failed Signaled', 'Skipped EarlierStepStopped'],
    ],
    [
      'lost what it ran',
      {
        ...known({ status: 'Running', steps: [{ name: 'a', state: 'Running', startedAt: iso(1) }] }),
        pod: podWith(['a', 'b', 'c'].map(unknown), ended('Evicted')),
      },
      'Failure Evicted',
      ['Error Evicted', 'Error Evicted', 'Error Evicted'],
    ],
    [
      'refused the pod',
      { pod: podWith([], { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: no cpu' }) },
      'Failure OutOfcpu',
      ['Skipped NeverStarted', 'Skipped NeverStarted', 'Skipped NeverStarted'],
    ],
    [
      'lost the container of a waiting step: the first was stopped for it',
      {
        pod: podWith([cancelled('a', true), cancelled('b'), silent('c', 137, 'Error')], {
          order: '-1',
          stop: JSON.stringify({ reason: 'StepFailed', message: 'step 3 (c) failed', step: 'c', at: iso(2) }),
        }),
      },
      'Failure StepFailed',
      ['Cancelled Cancelled', 'Cancelled Cancelled', 'Failed Error'],
    ],
    [
      'let the pod go while nobody looked',
      known({
        status: 'Running',
        podName: 'p',
        steps: ['a', 'b', 'c'].map((name) => ({ name, state: 'Waiting' })),
      }),
      'Failure PodDeleted',
      ['Error PodDeleted', 'Error PodDeleted', 'Error PodDeleted'],
    ],
  ];
  it.each(rows)('%s', (_, seen, says, steps) => {
    expect(told(seen)).toMatchObject({ task: says, steps });
  });

  it.each<[string, Partial<Seen>, string, string | undefined]>([
    ['when nobody saw it begin', {}, 'its agent said nothing; whether it began is not known', undefined],
    [
      'when it was seen to run',
      known({ status: 'Running', steps: [{ name: 'b', state: 'Running', startedAt: iso(2) }] }),
      'its agent said nothing',
      iso(2),
    ],
  ])(
    'says of a step that died without a word after the stop, %s, what it knows',
    (_, seen, words, startedAt) => {
      const died = silent('b', 137, 'Error', iso(6));
      const pod = podWith([over('a'), died, cancelled('c')], stop('Cancelled'));
      const { status } = decide(
        { task: taskOf(), pod, hadPod: true, prepared: ready, now: START, ...seen },
        settings,
      );
      const [, step] = status?.steps ?? [];
      expect(step).toMatchObject({ state: 'Cancelled' });
      expect(step?.message?.endsWith(words)).toBe(true);
      expect(step?.startedAt).toBe(startedAt);
    },
  );

  it('speaks of a stop as what it was', () => {
    const pod = podWith([over('a'), cancelled('b', true), cancelled('c')], stop('TimedOut'));
    const { status } = decide({ task: taskOf(), pod, hadPod: true, prepared: ready, now: START }, settings);
    expect(status?.steps?.map(({ message }) => message)).toEqual([
      'exit code 0',
      'the Task was stopped (TimedOut)',
      'the Task was stopped (TimedOut)',
    ]);
  });
});

describe('the container of a step that waits for its turn dies', () => {
  it('ends the Task, with the step as its reason', () => {
    const pod = podWith([running('a'), running('b'), silent('c', 137, 'Error')]);
    expect(decided({ pod })).toEqual({
      does: ['order -1, stop'],
      says: 'Running StepFailed',
      steps: 'Running Waiting Failed',
    });
    const { status } = decide({ task: taskOf(), pod, hadPod: true, prepared: ready, now: START }, settings);
    expect(status?.message).toBe('step 3 (c) failed');
    expect(status?.steps?.[2]?.message).toBe(
      'its container ended with code 137 before its turn came; it never began',
    );
  });

  it.each([
    ['that stops the Task', 'Failed', 'stop' as const],
    ['that may fail', 'Skipped', 'continue' as const],
  ])('behind one that failed: those behind it are told, one %s', (_, state, onError) => {
    const steps = ['a', 'b', 'c', 'd'].map((name) => ({
      name,
      image: 'i',
      ...(name === 'c' && { onError }),
    }));
    const pod = podWith([failed('a'), skipped('b'), silent('c', 137, 'Error'), running('d')]);
    expect(decided({ task: taskOf({ steps }), pod })).toEqual({
      does: [`over {"steps":{"3":{"outcome":"${state}","exitCode":137}}}`],
      says: 'Running',
      steps: `Failed Skipped ${state} Waiting`,
    });
  });

  it('lets it go on where the step may fail, and says so', () => {
    const steps = ['a', 'b', 'c', 'd'].map((name) => ({
      name,
      image: 'i',
      command: ['x'],
      ...(name === 'c' && { onError: 'continue' as const }),
    }));
    const task = taskOf({ steps });
    const died = silent('c', 137, 'Error');
    expect(decided({ task, pod: podWith([over('a'), running('b'), died, running('d')]) }).does).toEqual([]);
    const late = over('b', { finishedAt: iso(9) });
    expect(decided({ task, pod: podWith([over('a'), late, died, running('d')]) }).does).toEqual([
      'over {"steps":{"3":{"outcome":"Continued","exitCode":137}}}',
    ]);
    const pod = podWith([over('a'), late, died, over('d')]);
    const { status } = decide({ task, pod, hadPod: true, prepared: ready, now: START }, settings);
    expect(status).toMatchObject({
      status: 'Successful',
      message: '3 of 4 steps succeeded, 1 continued after a failure',
    });
    expect(status?.steps?.[2]?.message).toContain('it never began');
  });
});

describe('what steps left, and that one did not run', () => {
  it('is in the status of a Task that is over', () => {
    const first = over('a', { results: { commit: 'abc' }, resultSizes: { log: 9000 } });
    const omitted = over('b', { outcome: 'Omitted', attempts: 0, reason: 'ConditionNotMet', message: 'no' });
    const pod = podWith([first, omitted, over('c')]);
    const { status } = decide({ task: taskOf(), pod, hadPod: true, prepared: ready, now: START }, settings);
    expect(status).toMatchObject({
      status: 'Successful',
      message: '2 of 3 steps succeeded, 1 omitted, as its when: did not hold',
    });
    expect(status?.steps?.[0]?.results).toEqual([
      { name: 'commit', value: 'abc' },
      { name: 'log', size: 9000 },
    ]);
    expect(status?.steps?.[1]).toMatchObject({ state: 'Omitted', reason: 'ConditionNotMet', message: 'no' });
  });
});

describe('a Task that is held', () => {
  const suspended = taskOf({ suspend: true });
  const rows: [string, Partial<Seen>, string, string[], string][] = [
    [
      'before a node has the pod',
      { task: suspended, pod: podWith([], { gate: '1', phase: 'Pending', unscheduled: true }) },
      'Paused Suspended',
      ['Waiting', 'Waiting', 'Waiting'],
      'True',
    ],
    [
      'while its containers are made',
      { task: suspended, pod: podWith([waiting('a'), waiting('b')], { gate: '1', phase: 'Pending' }) },
      'Paused Suspended',
      ['Waiting NotKnown', 'Waiting', 'Waiting'],
      'Unknown',
    ],
    [
      'before the first report that its containers run',
      { task: suspended, pod: podWith(['a', 'b', 'c'].map(running), { gate: '1' }) },
      'Paused Suspended',
      ['Running NotKnown', 'Waiting', 'Waiting'],
      'Unknown',
    ],
    [
      'while its first step runs',
      {
        task: taskOf(
          { suspend: true },
          { status: { status: 'Running', steps: [{ name: 'a', state: 'Running' }] } },
        ),
        pod: podWith(['a', 'b', 'c'].map(running), { gate: '1' }),
      },
      'Running',
      ['Running', 'Waiting', 'Waiting'],
      '',
    ],
    [
      'and the agent in front saw the gate',
      { task: suspended, pod: podWith([over('a', { gate: 1 }), running('b'), running('c')], { gate: '1' }) },
      'Paused Suspended',
      ['Succeeded Completed', 'Waiting', 'Waiting'],
      'True',
    ],
    [
      'too late: the agent in front saw none',
      {
        task: suspended,
        pod: podWith([over('a', { gate: null }), running('b'), running('c')], { gate: '1' }),
      },
      'Running',
      ['Succeeded Completed', 'Running', 'Waiting'],
      '',
    ],
    [
      'when the agent in front saw none, and the next container came up later',
      {
        task: suspended,
        pod: podWith([over('a', { gate: null, finishedAt: iso(0.5) }), running('b'), running('c')], {
          gate: '1',
        }),
      },
      'Paused Suspended',
      ['Succeeded Completed', 'Running NotKnown', 'Waiting'],
      'Unknown',
    ],
    [
      'by a gate that no step can pass',
      { pod: podWith([over('a', { gate: -5 }), running('b'), running('c')], { gate: '-5' }) },
      'Paused Suspended',
      ['Succeeded Completed', 'Waiting', 'Waiting'],
      'True',
    ],
    [
      'by a gate that is no number',
      { pod: podWith([over('a', { gate: 0 }), running('b'), running('c')], { gate: 'three' }) },
      'Paused Suspended',
      ['Succeeded Completed', 'Waiting', 'Waiting'],
      'True',
    ],
  ];
  it.each(rows)('%s', (_, seen, says, steps, paused) => {
    expect(told(seen)).toMatchObject({ task: says, steps });
    const { status } = decide(
      { task: taskOf(), pod: undefined, hadPod: true, prepared: ready, now: START, ...seen },
      settings,
    );
    expect(status?.conditions?.find(({ type }) => type === 'Paused')?.status ?? '').toBe(paused);
  });

  it('names the gate that somebody set', () => {
    const { message } = told({ pod: podWith([over('a'), running('b'), running('c')], { gate: '-5' }) });
    expect(message).toMatch(/^held by the gate of pod \S+, "-5"; take the annotation \S+ away to go on$/);
  });
});

describe('what somebody wrote on the pod', () => {
  it.each([
    ['garbage in the annotation that says why it was stopped', { stop: '{' }, ['no stop']],
    ['a stop that was not told to the agents', { stop: stopped('Cancelled') }, ['no stop']],
    ['a stop without a time', { order: '-1', stop: '{"reason":"Cancelled","message":""}' }, ['stop']],
    ['the order to quit', { order: '-1' }, ['stop']],
  ])('%s ends nothing before its steps are over', (_, parts, does) => {
    const pod = podWith(['a', 'b', 'c'].map(running), parts);
    const task = taskOf({}, { status: { status: 'Running', steps: [{ name: 'a', state: 'Running' }] } });
    const result = decide({ task, pod, hadPod: true, prepared: ready, now: START + 10_000 }, settings);
    expect(result.status?.completionTime).toBeUndefined();
    expect(decided({ task, pod }).does).toEqual(does);
  });

  it('over the reason of a stop does not make it a wish to cancel', () => {
    const pod = podWith(['a', 'b', 'c'].map(running), { order: '-1', stop: 'null' });
    expect(decided({ ...spec({ timeout: '5s' }), pod }, 10).says).toBe('Running TimedOut');
    expect(decided({ ...spec({ timeout: '5s' }), pod }, 4).says).toBe('Running Cancelled');
    const past = podWith([over('a'), cancelled('b', true), cancelled('c')], { order: '-1', stop: 'null' });
    expect(decided({ ...spec({ timeout: '5s' }), pod: past }, 10).says).toBe('Failure TimedOut');
    expect(decided({ ...spec({}), pod: past }, 10).says).toBe('Cancelled Cancelled');
  });

  it('is a wish to cancel where it is the order to quit', () => {
    const pod = podWith([failed('a'), skipped('b'), running('c')], { order: '-1' });
    expect(decided({ pod }).says).toBe('Running Cancelled');
    expect(
      decided({
        ...spec({}),
        pod: podWith(
          ['a'].map((name) => cancelled(name, true)),
          { order: '-1' },
        ),
      }).says,
    ).toBe('Running Cancelled');
  });
});
