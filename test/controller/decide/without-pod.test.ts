import { describe, expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import { iso, podWith, running, START, taskOf } from '../builders.ts';
import { settings, ready, decided, spec, known, trouble, done, since } from './decided.ts';

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
      'a template that makes the pod too large',
      spec({
        steps: Array.from({ length: 256 }, (_, at) => ({ name: `s${at}` })),
        stepTemplate: { image: 'i', command: ['x'], env: [{ name: 'A', value: 'x'.repeat(107 * 1024) }] },
      }),
      [],
      'Failure PodTooLarge',
    ],
    ['a param without a value', spec({ params: [{ name: 'x' }] }), [], 'Failure InvalidParams'],
    [
      'a reference to a param that nobody declared',
      spec({ steps: [{ name: 'a', image: '$(params.x)', command: ['true'] }] }),
      [],
      'Failure InvalidParams',
    ],
    [
      'a pod that is gone is not made again',
      known({ status: 'Running', podName: 'p' }),
      [],
      'Failure PodDeleted',
    ],
    [
      'it is told of what kept it from getting on for too long',
      known({ ...since('FailedMount', -120), podName: 'p' }),
      [],
      'Failure FailedMount',
    ],
    [
      'and not when that was not for long',
      known({ ...since('FailedMount', -20), podName: 'p' }),
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
