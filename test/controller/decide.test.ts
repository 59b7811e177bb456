import { describe, expect, it } from 'vitest';
import { decide, type Action, type Prepared, type Seen } from '../../controller/decide.ts';
import { STOP_ANNOTATION } from '../../controller/pod.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
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
} from './builders.ts';

const settings = { agentImage: 'taskflow/agent:1', patience: 120_000 };
const ready: Prepared = { kind: 'ready', images: new Map() };

/** What decide makes of a Task and a pod, in a line or two: what is done, and what the status says. */
function decided(seen: Partial<Seen>, at = 10): { does: string[]; says?: string; steps?: string } {
  const whole: Seen = {
    task: taskOf(),
    pod: undefined,
    hadPod: seen.pod !== undefined,
    prepared: ready,
    now: START + at * 1000,
    ...seen,
  };
  const { actions, status } = decide(whole, settings);
  return {
    does: actions.map(describeAction),
    ...(status && { says: [status.status, status.reason].filter(Boolean).join(' ') }),
    ...(status?.steps && { steps: status.steps.map(({ state }) => state).join(' ') }),
  };
}

function describeAction(action: Action): string {
  if (action.kind !== 'patch-pod') return action.kind;
  const words = action.patch.flatMap((operation) => {
    if (operation.op === 'test') return [];
    const what = operation.path.replace(/^.*~1/, '').replace('/spec/', '');
    return operation.op === 'remove'
      ? `no ${what}`
      : what === 'stop'
        ? what
        : `${what} ${String(operation.value)}`;
  });
  return words.join(', ');
}

const stopped = (reason: string, at = 5): string => JSON.stringify({ reason, message: 'why', at: iso(at) });
const spec = (fields: Parameters<typeof taskOf>[0]): { task: StoredTask } => ({ task: taskOf(fields) });
const known = (status: StoredTask['status']): { task: StoredTask } => ({
  task: taskOf({}, status && { status }),
});
const trouble = (ends: 'now' | 'patience' | 'never'): Prepared => ({
  kind: 'trouble',
  trouble: { reason: 'ImageLookupFailed', message: 'no', step: 'b', ends },
});
const done = { status: 'Successful', completionTime: iso(5) } as const;
const since = (reason: string, seconds: number): StoredTask['status'] => ({
  status: 'Pending',
  reason,
  conditions: [
    { type: 'Progressing', status: 'False', reason, message: '', lastTransitionTime: iso(seconds) },
  ],
});

describe('without a pod', () => {
  const rows: [string, Partial<Seen>, string[], string | undefined][] = [
    ['a new Task becomes a pod', {}, ['create'], undefined],
    ['its images are looked up first', { prepared: { kind: 'unknown' } }, ['look-up'], 'Pending'],
    ['which may take a while', { prepared: { kind: 'pending' } }, [], 'Pending'],
    [
      'a registry that does not answer shows',
      { prepared: trouble('patience') },
      [],
      'Pending ImageLookupFailed',
    ],
    [
      'and ends the Task in the end',
      { ...known(since('ImageLookupFailed', -120)), prepared: trouble('patience') },
      [],
      'Failure ImageLookupFailed',
    ],
    [
      'an image without a command ends it at once',
      { prepared: trouble('now') },
      [],
      'Failure ImageLookupFailed',
    ],
    [
      'a quota that is used up is waited for',
      { ...known(since('ImageLookupFailed', -9999)), prepared: trouble('never') },
      [],
      'Pending ImageLookupFailed',
    ],
    ['a suspended Task waits', spec({ suspend: true }), [], 'Paused Suspended'],
    ['a cancelled one never begins', spec({ cancel: true }), [], 'Cancelled Cancelled'],
    [
      'nor does one whose time is up',
      { ...spec({ timeout: '10s' }), prepared: { kind: 'pending' } },
      [],
      'Failure TimedOut',
    ],
    [
      'scripts that no ConfigMap holds',
      spec({ steps: [{ name: 'a', image: 'i', script: 'x'.repeat(1024 * 1024 + 1) }] }),
      [],
      'Failure ScriptsTooLarge',
    ],
    [
      'a pod that is gone is not made again',
      known({ status: 'Running', podName: 'p' }),
      [],
      'Failure PodDeleted',
    ],
    ['although no status knew of it', { hadPod: true }, [], 'Failure PodDeleted'],
    [
      'cancelled, it is as was wished',
      { task: taskOf({ cancel: true }, { status: { status: 'Running', podName: 'p' } }) },
      [],
      'Cancelled Cancelled',
    ],
    [
      'a Task that is being deleted is let go',
      { task: taskOf({}, { metadata: { name: 'build', deletionTimestamp: iso(1) } }) },
      [],
      undefined,
    ],
  ];
  it.each(rows)('%s', (_, seen, does, says) => {
    expect(decided(seen)).toMatchObject({ does, ...(says !== undefined && { says }) });
    if (says === undefined) expect(decided(seen).says).toBeUndefined();
  });
});

describe('a Task that is over', () => {
  it('runs nothing more, whatever became of its pod', () => {
    expect(decided(known(done))).toEqual({ does: [] });
    expect(decided({ ...known(done), pod: podWith([running('a')]) })).toEqual({ does: [] });
  });

  it('is deleted once its time to live is over', () => {
    const task = taskOf({ ttlSecondsAfterFinished: 60 }, { status: done });
    expect(
      decide({ task, pod: undefined, hadPod: true, prepared: ready, now: START + 10_000 }, settings).again,
    ).toBe(55_000);
    expect(decided({ task }, 65).does).toEqual(['delete-task']);
    expect(decided(spec({ ttlSecondsAfterFinished: 0 }), 1000).does).toEqual(['create']);
  });
});

describe('a pod on its way', () => {
  const rows: [string, ReturnType<typeof podWith>, string, string][] = [
    [
      'nobody has taken it yet',
      podWith([], { phase: 'Pending', unscheduled: true }),
      'Pending',
      'Waiting Waiting Waiting',
    ],
    [
      'its containers are made',
      podWith([waiting('a'), waiting('b'), waiting('c')], { phase: 'Pending' }),
      'Pending',
      'Waiting Waiting Waiting',
    ],
    [
      'the first step runs, the others wait for their turn',
      podWith(['a', 'b', 'c'].map(running)),
      'Running',
      'Running Waiting Waiting',
    ],
    [
      'the second by hand-off',
      podWith([over('a'), running('b'), running('c')]),
      'Running',
      'Succeeded Running Waiting',
    ],
    [
      'a failure that may be',
      podWith([over('a', { outcome: 'Continued', exitCode: 1 }), running('b'), running('c')]),
      'Running',
      'Continued Running Waiting',
    ],
    [
      'a step is over before the next container is there',
      podWith([over('a'), waiting('b'), running('c')]),
      'Running',
      'Succeeded Waiting Waiting',
    ],
    [
      'a step is skipped before the kubelet reports why',
      podWith([running('a'), skipped('b'), running('c')]),
      'Running',
      'Running Skipped Waiting',
    ],
    [
      'an agent that will skip itself is waited for',
      podWith([failed('a'), running('b'), running('c')]),
      'Running',
      'Failed Waiting Waiting',
    ],
  ];
  it.each(rows)('%s', (_, pod, says, steps) => {
    expect(decided({ pod })).toEqual({ does: [], says, steps });
  });

  it('is reported under the steps’ own names, in the order written', () => {
    const names = ['z', 'a', 'm', 'step10', 'step2'];
    const pod = podWith([over('z'), failed('a', 3), skipped('m'), skipped('step10'), skipped('step2')]);
    const task = taskOf({ names });
    const { status } = decide({ task, pod, hadPod: true, prepared: ready, now: START }, settings);
    expect(status?.steps?.map(({ name, state, exitCode }) => [name, state, exitCode])).toEqual([
      ['z', 'Succeeded', 0],
      ['a', 'Failed', 3],
      ['m', 'Skipped', 121],
      ['step10', 'Skipped', 121],
      ['step2', 'Skipped', 121],
    ]);
    expect(status).toMatchObject({
      status: 'Failure',
      step: '2/5',
      message: 'step 2 (a) failed: exit code 3',
    });
  });
});

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
      'Error Skipped Skipped',
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

describe('the order', () => {
  const rows: [string, Partial<Seen>, string[]][] = [
    ['needs nobody while agents hand over', { pod: podWith([over('a'), running('b'), running('c')]) }, []],
    [
      'goes past a step that died but may',
      {
        task: taskOf({
          steps: ['a', 'b'].map((name) => ({
            name,
            image: 'i',
            command: ['x'],
            onError: 'continue' as const,
          })),
        }),
        pod: podWith([silent('a'), running('b')]),
      },
      ['order 2'],
    ],
    [
      'quits after one that may not',
      { pod: podWith([silent('a'), running('b'), running('c')]) },
      ['order -1'],
    ],
    [
      'is let be once it has quit',
      { pod: podWith([silent('a'), running('b'), running('c')], { order: '-1' }) },
      [],
    ],
    [
      'moves step by step when the controller hands off',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([over('a'), running('b'), running('c')], { gate: '1' }),
      },
      ['order 2'],
    ],
    [
      'which it did already',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([over('a'), running('b'), running('c')], { gate: '1', order: '2' }),
      },
      [],
    ],
    [
      'and not for the one after',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([running('a'), over('b'), running('c')], { gate: '1' }),
      },
      [],
    ],
    [
      'nor past a failure',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([failed('a'), skipped('b'), running('c')], { gate: '1' }),
      },
      [],
    ],
    [
      'is repaired when somebody spoilt it',
      { pod: podWith([over('a'), running('b'), running('c')], { order: 'two' }) },
      ['order 1'],
    ],
    [
      'a suspended Task gets a gate',
      { ...spec({ suspend: true }), pod: podWith([running('a'), running('b'), running('c')]) },
      ['gate 1'],
    ],
    [
      'which is taken away again',
      { pod: podWith([over('a'), running('b'), running('c')], { gate: '1' }) },
      ['no gate'],
    ],
    [
      'begun suspended, it also gets the order',
      { pod: podWith(['a', 'b', 'c'].map(running), { order: '0', gate: '1' }) },
      ['order 1, no gate'],
    ],
    [
      'suspended, nothing is released',
      {
        ...spec({ suspend: true, handOff: 'Controller' }),
        pod: podWith([over('a'), running('b'), running('c')], { gate: '1' }),
      },
      [],
    ],
    [
      'a gate that a person set holds',
      { pod: podWith([silent('a', 0, 'Completed'), running('b'), running('c')], { gate: '2' }) },
      [],
    ],
  ];
  it.each(rows)('%s', (_, seen, does) => {
    expect(decided(seen).does).toEqual(does);
  });

  it('shows as a pause only when no step runs', () => {
    const task = taskOf({ suspend: true });
    expect(decided({ task, pod: podWith(['a', 'b', 'c'].map(running), { gate: '1' }) }).says).toBe('Running');
    const held = podWith([over('a'), running('b'), running('c')], { gate: '1' });
    expect(decided({ task, pod: held })).toMatchObject({
      says: 'Paused Suspended',
      steps: 'Succeeded Waiting Waiting',
    });
    const byHand = podWith([over('a'), running('b'), running('c')], { gate: '2' });
    expect(decided({ pod: byHand })).toMatchObject({ says: 'Paused Suspended', does: [] });
  });
});

describe('what keeps a pod from getting on', () => {
  const pull = ['ImagePullBackOff', 'Back-off pulling image "x": ErrImagePull: not found'] as const;
  const rows: [string, Partial<Seen>, string[], string][] = [
    [
      'an image that cannot be pulled',
      { pod: podWith([running('a'), waiting('b', ...pull), running('c')]) },
      [],
      'Running ImagePullBackOff',
    ],
    [
      'is put up with for a while',
      {
        ...known(since('ImagePullBackOff', -109)),
        pod: podWith([waiting('a', ...pull)], { phase: 'Pending' }),
      },
      [],
      'Pending ImagePullBackOff',
    ],
    [
      'and then ends the Task; what runs is stopped first',
      {
        ...known(since('ImagePullBackOff', -110)),
        pod: podWith([running('a'), waiting('b', ...pull), running('c')]),
      },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Running ImagePullBackOff',
    ],
    [
      'with nothing that runs it is over at once',
      {
        ...known(since('ImagePullBackOff', -110)),
        pod: podWith([waiting('a', ...pull), waiting('b'), waiting('c')], { phase: 'Pending' }),
      },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Failure ImagePullBackOff',
    ],
    [
      'an image name that is none',
      { pod: podWith([waiting('a', 'InvalidImageName'), waiting('b'), waiting('c')], { phase: 'Pending' }) },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Failure InvalidImageName',
    ],
    [
      'a Secret that is missing',
      { pod: podWith([waiting('a', 'CreateContainerConfigError', 'secret "s" not found')]) },
      [],
      'Pending CreateContainerConfigError',
    ],
    [
      'the agent’s image',
      { pod: podWith([], { phase: 'Pending', init: [waiting('install-agent', ...pull)] }) },
      [],
      'Pending ImagePullBackOff',
    ],
    [
      'the installer fails',
      { pod: podWith([], { phase: 'Pending', init: [silent('install-agent', 1, 'Error')] }) },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Failure InitContainerFailed',
    ],
    [
      'no node takes it',
      {
        pod: podWith([], {
          phase: 'Pending',
          unscheduled: true,
          conditions: [
            { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' },
          ],
        }),
      },
      [],
      'Pending Unschedulable',
    ],
    [
      'nor will for a cancelled one, which has no logs to keep',
      { ...spec({ cancel: true }), pod: podWith([], { phase: 'Pending', unscheduled: true }) },
      ['delete-pod'],
      'Cancelled Cancelled',
    ],
    [
      'its node is silent',
      { pod: podWith(['a', 'b', 'c'].map(running), { conditions: [{ type: 'Ready', status: 'False' }] }) },
      [],
      'Running NodeNotReady',
    ],
    [
      'it is being deleted',
      { pod: podWith(['a', 'b', 'c'].map(running), { deleted: 40 }) },
      [],
      'Running PodTerminating',
    ],
    [
      'a failure behind which a container can never start',
      { pod: podWith([failed('a'), waiting('b', ...pull), skipped('c')]) },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Failure StepFailed',
    ],
    [
      'cancelled while it runs',
      { ...spec({ cancel: true }), pod: podWith(['a', 'b', 'c'].map(running)) },
      ['order -1, stop'],
      'Running Cancelled',
    ],
    [
      'out of time while it runs',
      { ...spec({ timeout: '5s' }), pod: podWith(['a', 'b', 'c'].map(running)) },
      ['order -1, stop'],
      'Running TimedOut',
    ],
    [
      'stopped, it is waited for',
      {
        task: taskOf(
          { timeout: '5s' },
          { status: { status: 'Running', steps: [{ name: 'a', state: 'Running' }] } },
        ),
        pod: podWith(['a', 'b', 'c'].map(running), { order: '-1', stop: stopped('TimedOut') }),
      },
      [],
      'Running TimedOut',
    ],
  ];
  it.each(rows)('%s', (_, seen, does, says) => {
    expect(decided(seen)).toMatchObject({ does, says });
  });

  it('names the step, what is wrong and what to do', () => {
    const pod = podWith([running('a'), waiting('b', ...pull), running('c')]);
    const { status } = decide({ task: taskOf(), pod, hadPod: true, prepared: ready, now: START }, settings);
    expect(status?.message).toBe(
      'step 2 (b) cannot start: not found; check the image name, its registry and the imagePullSecrets',
    );
    expect(status?.conditions).toMatchObject([
      { type: 'Progressing', status: 'False', reason: 'ImagePullBackOff' },
    ]);
  });

  it('says by itself when to look again', () => {
    const at = (seen: Partial<Seen>): number | undefined =>
      decide(
        { task: taskOf(), pod: undefined, hadPod: true, prepared: ready, now: START + 10_000, ...seen },
        settings,
      ).again;
    expect(at({ pod: podWith([waiting('a', ...pull)]) })).toBe(120_000);
    expect(at({ ...known(since('ImagePullBackOff', 0)), pod: podWith([waiting('a', ...pull)]) })).toBe(
      110_000,
    );
    expect(at({ ...spec({ timeout: '1m' }), pod: podWith([running('a')]) })).toBe(50_000);
    expect(at({ pod: podWith([running('a')], { deleted: 0 }) })).toBe(50_000);
    expect(at({ pod: podWith([running('a')], { order: '-1', stop: stopped('Cancelled') }) })).toBe(85_000);
    expect(at({ pod: podWith([running('a')]) })).toBeUndefined();
  });

  it('keeps why it stops on the pod, in one patch with the order, and changes nothing that moved meanwhile', () => {
    const pod = podWith(['a', 'b', 'c'].map(running));
    const { actions } = decide(
      { task: taskOf({ cancel: true }), pod, hadPod: true, prepared: ready, now: START },
      settings,
    );
    expect(actions).toEqual([
      {
        kind: 'patch-pod',
        patch: [
          { op: 'test', path: '/metadata/annotations/api.practice.com~1order', value: '1' },
          { op: 'replace', path: '/metadata/annotations/api.practice.com~1order', value: '-1' },
          {
            op: 'add',
            path: `/metadata/annotations/${STOP_ANNOTATION.replace('/', '~1')}`,
            value: JSON.stringify({ reason: 'Cancelled', message: 'spec.cancel is true', at: iso(0) }),
          },
        ],
      },
    ]);
  });
});
