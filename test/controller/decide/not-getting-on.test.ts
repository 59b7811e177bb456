/** A Task that does not get on: how long that is put up with, and what a node says only in events. */
import { describe, expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import { mountTrouble, type PodEvent } from '../../../controller/decide/mounts.ts';
import { podWith, running, START, taskOf, waiting } from '../builders.ts';
import { decided, known, ready, settings, since } from './decided.ts';

const PULL = ['ImagePullBackOff', 'not found'] as const;
const sidecar = (reason: string) => [waiting('proxy', reason, 'no such file')];
const none = ['a', 'b', 'c'].map((name) => waiting(name, 'PodInitializing'));

describe('patience', () => {
  const troubled = (reason: string, message: string, seconds: number): Partial<Seen> => {
    const status = since(reason, seconds);
    const conditions = status?.conditions?.map((condition) => ({ ...condition, message }));
    return known({ ...status, ...(conditions && { conditions }) });
  };
  const rows: [string, Partial<Seen>, string[], string][] = [
    [
      'goes on while the kubelet shows no reason between two tries',
      { ...troubled('RunContainerError', 'sidecar proxy cannot start: x', -50), pod: podWith(none) },
      ['read-events'],
      'Pending RunContainerError',
    ],
    [
      'ends then as well',
      { ...troubled('RunContainerError', 'sidecar proxy cannot start: x', -110), pod: podWith(none) },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Pending RunContainerError',
    ],
    [
      'goes on when the reason has another name',
      {
        ...troubled('RunContainerError', 'sidecar proxy cannot start: x', -110),
        pod: podWith(none, { init: sidecar('CrashLoopBackOff') }),
      },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Pending CrashLoopBackOff',
    ],
    [
      'begins with the containers, not with the wait for a node',
      {
        ...troubled('Unschedulable', '0/1 nodes', -600),
        pod: podWith([waiting('a', ...PULL), waiting('b'), waiting('c')]),
      },
      [],
      'Pending ImagePullBackOff',
    ],
    [
      'is over once the step is up',
      {
        ...troubled('ImagePullBackOff', 'step 1 (a) cannot start: x', -600),
        pod: podWith([running('a'), waiting('b'), waiting('c')]),
      },
      [],
      'Running',
    ],
  ];
  it.each(rows)('%s', (_, seen, does, says) => {
    expect(decided(seen)).toMatchObject({ does, says });
  });

  it('does not mind a sidecar that crashes while the steps are up', () => {
    const pod = podWith(['a', 'b', 'c'].map(running), { init: sidecar('CrashLoopBackOff') });
    expect(decided({ pod }).says).toBe('Running');
  });
});

describe('events of the pod', () => {
  const pod = podWith(
    ['a', 'b', 'c'].map((name) => waiting(name)),
    { phase: 'Pending' },
  );
  const found: PodEvent[] = [
    { reason: 'FailedMount', note: 'Unable to attach or mount volumes: timed out' },
    {
      reason: 'FailedMount',
      note: 'MountVolume.SetUp failed for volume "config" : configmap "missing" not found',
    },
  ];

  it.each([
    ['not at first', pod, undefined, 5, []],
    ['when nothing runs after a while', pod, undefined, 10, ['read-events']],
    ['not again at once', pod, { at: START + 8_000, found: [] }, 15, []],
    ['but again', pod, { at: START + 8_000, found: [] }, 18, ['read-events']],
    ['not where a container runs', podWith(['a', 'b', 'c'].map(running)), undefined, 60, []],
    ['not without a node', podWith([], { unscheduled: true, phase: 'Pending' }), undefined, 60, []],
  ])('are read %s', (_, seen, events, at, does) => {
    expect(decided({ pod: seen, events }, at).does).toEqual(does);
  });

  it('name step, volume, object and cure', () => {
    const steps = ['a', 'b', 'c'].map((name) => ({
      name,
      image: 'i',
      command: ['x'],
      ...(name === 'b' && { volumeMounts: [{ name: 'config', mountPath: '/c' }] }),
    }));
    const task = taskOf({ steps, volumes: [{ name: 'config', configMap: { name: 'missing' } }] });
    const events = { at: START + 10_000, found };
    const seen = { task, pod, hadPod: true, prepared: ready, events, now: START + 12_000 };
    const { status, again } = decide(seen, settings);
    expect(status).toMatchObject({
      reason: 'FailedMount',
      message:
        'volume config of step 2 (b) cannot be mounted: configmap "missing" not found; create the ConfigMap missing in namespace ci, or correct the name',
    });
    expect(again).toBe(8_000);
  });

  it.each([
    [
      'the last word of a node that gives no volume',
      { reason: 'FailedCreatePodSandBox', note: 'no network' },
      'no network; see kubectl describe pod',
    ],
    [
      'a key that is not there',
      {
        reason: 'FailedMount',
        note: 'MountVolume.SetUp failed for volume "x" : references non-existent config key: k',
      },
      'volume x cannot be mounted: references non-existent config key: k; add the key, or correct items',
    ],
    ['nothing for what is no trouble', { reason: 'Pulled', note: 'x' }, undefined],
  ])('tell %s', (_, event, message) => {
    expect(mountTrouble(taskOf(), [event])?.message).toBe(message);
  });
});
