import { describe, expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import { failed, over, podWith, running, silent, skipped, START, taskOf, waiting } from '../builders.ts';
import { settings, ready, decided, spec } from './decided.ts';

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
    expect(decided({ pod }, 5)).toEqual({ does: [], says, steps });
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

describe('the order', () => {
  const rows: [string, Partial<Seen>, string[]][] = [
    ['needs nobody while agents hand over', { pod: podWith([over('a'), running('b'), running('c')]) }, []],
    [
      'needs nobody when a step died but may: the next one is told',
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
      ['over {"steps":{"1":{"outcome":"Continued","exitCode":137}}}'],
    ],
    [
      'nor when one died that may not: the next one skips',
      { pod: podWith([silent('a'), running('b'), running('c')]) },
      ['over {"steps":{"1":{"outcome":"Failed","exitCode":137}}}'],
    ],
    [
      'is somebody else’s who made it quit',
      { pod: podWith([silent('a'), running('b'), running('c')], { order: '-1' }) },
      ['stop'],
    ],
    [
      'moves step by step when the controller hands off',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([over('a'), running('b'), running('c')], { gate: '2' }),
      },
      ['order 2'],
    ],
    [
      'which it did already',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([over('a'), running('b'), running('c')], { gate: '2', order: '2' }),
      },
      [],
    ],
    [
      'and not for the one after',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([running('a'), over('b'), running('c')], { gate: '2' }),
      },
      [],
    ],
    [
      'nor past a failure',
      {
        ...spec({ handOff: 'Controller' }),
        pod: podWith([failed('a'), skipped('b'), running('c')], { gate: '2' }),
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
      'begun suspended, it needs no more',
      { pod: podWith(['a', 'b', 'c'].map(running), { order: '0', gate: '1' }) },
      ['no gate'],
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
      'a gate that a person set holds, whatever the next one is told',
      { pod: podWith([silent('a', 0, 'Completed'), running('b'), running('c')], { gate: '2' }) },
      ['over {"steps":{"1":{"outcome":"Succeeded","exitCode":0}}}'],
    ],
  ];
  it.each(rows)('%s', (_, seen, does) => {
    expect(decided(seen).does).toEqual(does);
  });

  it('shows as a pause only when no step runs', () => {
    const task = taskOf({ suspend: true });
    const runs = { ...task, status: { steps: [{ name: 'a', state: 'Running' as const }] } };
    const pod = podWith(['a', 'b', 'c'].map(running), { gate: '1' });
    expect(decided({ task: runs, pod }).says).toBe('Running');
    const held = podWith([over('a'), running('b'), running('c')], { gate: '1' });
    expect(decided({ task, pod: held })).toMatchObject({
      says: 'Paused Suspended',
      steps: 'Succeeded Waiting Waiting',
    });
    const byHand = podWith([over('a'), running('b'), running('c')], { gate: '2' });
    expect(decided({ pod: byHand })).toMatchObject({ says: 'Paused Suspended', does: [] });
  });
});
