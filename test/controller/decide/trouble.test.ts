import { STOP_ANNOTATION } from '../../../controller/annotations.ts';
import { describe, expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import { failed, iso, podWith, running, silent, skipped, START, taskOf, waiting } from '../builders.ts';
import { settings, ready, decided, stopped, spec, known, since } from './decided.ts';

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
      ['order -1, stop'],
      'Running ImagePullBackOff',
    ],
    [
      'with nothing that runs its node ends the pod',
      {
        ...known(since('ImagePullBackOff', -110)),
        pod: podWith([waiting('a', ...pull), waiting('b'), waiting('c')], { phase: 'Pending' }),
      },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Pending ImagePullBackOff',
    ],
    [
      'an image name that is none',
      { pod: podWith([waiting('a', 'InvalidImageName'), waiting('b'), waiting('c')], { phase: 'Pending' }) },
      ['order -1, stop, activeDeadlineSeconds 1'],
      'Pending InvalidImageName',
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
      'Pending InitContainerFailed',
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
      'Running StepFailed',
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
    expect(at({ pod: podWith([running('a')], { order: '-1', stop: stopped('Cancelled') }) })).toBe(5_000);
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
          { op: 'test', path: '/metadata/annotations/api.practice.com~1order', value: '0' },
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
