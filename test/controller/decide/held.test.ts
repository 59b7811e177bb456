/** Steps that wait for a person. */
import { describe, expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import { eventsOf } from '../../../controller/decide/events.ts';
import { type ObservedPod } from '../../../controller/pod.ts';
import { type Task } from '../../../shared/task/task.ts';
import {
  encodeResumes,
  type HoldKind,
  MAX_HOLDS,
  type ResumeAction,
  type ResumeEntry,
} from '../../../shared/turn/resume.ts';
import { cancelled, held, iso, over, podWith, running, silent, START, taskOf, waiting } from '../builders.ts';
import { ready, settings, stopped } from './decided.ts';

type Steps = Task['spec']['steps'];

/** Steps a, b and c, of which b can be held. */
const steps = (pause: HoldKind[], rest: Partial<Steps[number]>[] = []): { steps: Steps } => ({
  steps: ['a', 'b', 'c'].map((name, index) => ({
    name,
    image: 'busybox',
    command: ['true'],
    ...(name === 'b' && { pause }),
    ...rest[index],
  })),
});

/** b, and c beside it, both after a. */
const beside = (pause: HoldKind[]): { steps: Steps } => steps(pause, [{}, {}, { after: ['a'] }]);

/** What b was told, the last of it so many seconds after the start. */
const told = (actions: readonly ResumeAction[], at: number | undefined = 10): string => {
  const entries: ResumeEntry[] = actions.map((action, index) => ({
    action,
    by: `r-${index}`,
    ...(at !== undefined && { at: iso(at) }),
  }));
  return encodeResumes({ steps: new Map([[2, entries]]) });
};

interface Case {
  spec?: Partial<Task['spec']>;
  pod: ObservedPod;
  /** What the status says of b already. */
  known?: object;
  status?: string;
  /** Seconds after the start. */
  at?: number;
}

function statusOf({ spec = steps(['Before', 'After']), pod, known, status = 'Running', at = 20 }: Case) {
  const before = known && {
    status: status as 'Running',
    steps: [
      { name: 'a', state: 'Succeeded' as const },
      { name: 'b', state: 'Running' as const, ...known },
    ],
  };
  const seen: Seen = {
    task: taskOf(spec, before && { status: before }),
    pod,
    hadPod: true,
    prepared: ready,
    now: START + at * 1000,
  };
  const decision = decide(seen, settings);
  return { ...decision, now: decision.status ?? seen.task.status };
}

const three = (b: ReturnType<typeof held>, parts: Parameters<typeof podWith>[1] = {}): ObservedPod =>
  podWith([over('a'), b, running('c')], parts);

const paused = (hold: HoldKind, holds?: number, since = 15): object => ({
  state: 'Paused',
  hold,
  heldSince: iso(since),
  ...(holds !== undefined && { holds }),
});

describe('what a step that can be held is doing', () => {
  const rows: [string, Case, string][] = [
    [
      'its turn came, and its agent has not said yet that it is held',
      { pod: three(running('b')) },
      'Waiting',
    ],
    ['it is held before its command', { pod: three(held('b')) }, 'Paused Before'],
    [
      'it was told to go on, and has not heard',
      { pod: three(held('b'), { resume: told(['Continue']) }), known: paused('Before') },
      'Paused Before',
    ],
    [
      'it has heard, and runs',
      { pod: three(running('b'), { resume: told(['Continue']) }), known: paused('Before') },
      'Running 1',
    ],
    [
      'its command is over, and it is held again',
      { pod: three(held('b'), { resume: told(['Continue']) }), known: { holds: 1 } },
      'Paused After 1',
    ],
    [
      'it never showed that it had heard: after 90 s that was missed',
      { pod: three(held('b'), { resume: told(['Continue']) }), known: paused('Before'), at: 100 },
      'Paused After 1',
    ],
    [
      'what it was told has no time: it is to hear within 90 s of being held',
      {
        pod: three(held('b'), { resume: told(['Continue'], undefined) }),
        known: paused('Before', undefined, 1),
        at: 100,
      },
      'Paused After 1',
    ],
    [
      'it ran again, and is held again',
      { pod: three(held('b'), { resume: told(['Continue', 'Retry']) }), known: { holds: 2 } },
      'Paused After 2',
    ],
    [
      'it is held after its command only',
      { spec: steps(['After']), pod: three(held('b')), known: {} },
      'Paused After',
    ],
    [
      'it is held because it failed',
      { spec: steps(['OnFailure']), pod: three(held('b')), known: {} },
      'Paused OnFailure',
    ],
    [
      'both: after it counts more than because it failed',
      { spec: steps(['OnFailure', 'After']), pod: three(held('b')), known: {} },
      'Paused After',
    ],
    [
      'it is to be held before only, and went on: nothing holds it',
      { spec: steps(['Before']), pod: three(held('b'), { resume: told(['Continue']) }), known: { holds: 1 } },
      'Running 1',
    ],
    [
      'it was held as often as it can be',
      {
        spec: steps(['After']),
        pod: three(held('b'), { resume: told(Array<ResumeAction>(MAX_HOLDS).fill('Retry')) }),
        known: { holds: MAX_HOLDS },
      },
      `Running ${MAX_HOLDS}`,
    ],
    [
      'what it was told cannot be read, so its agent was told nothing either',
      { pod: three(held('b'), { resume: '{"steps":{"2":[{}]}}' }) },
      'Paused Before',
    ],
    [
      'a container that is ready and cannot be held is not',
      { spec: steps([]), pod: three(held('b')) },
      'Running',
    ],
    [
      'it is being cancelled while it is held before its command: it waits, and will not run',
      { pod: three(held('b'), { order: '-1', stop: stopped('Cancelled') }), known: paused('Before') },
      'Waiting',
    ],
    [
      'it is being cancelled while it is held after its command',
      {
        spec: steps(['After']),
        pod: three(held('b'), { order: '-1', stop: stopped('Cancelled') }),
        known: paused('After'),
      },
      'Running',
    ],
  ];
  it.each(rows)('%s', (_, row, expected) => {
    const b = statusOf(row).now?.steps?.find(({ name }) => name === 'b');
    expect([b?.state, b?.hold, b?.holds].filter((each) => each !== undefined).join(' ')).toBe(expected);
  });
});

describe('the Task of a step that is held', () => {
  const rows: [string, Case, object][] = [
    [
      'is paused when nothing else goes on, and says how it does',
      { pod: three(held('b')) },
      {
        status: 'Paused',
        reason: 'Held',
        step: '1/3 held: b',
        message: 'step 2 (b) is held before its command; to go on: taskflow resume build -n ci --step b',
      },
    ],
    [
      'runs when a neighbour runs, and its condition says who is held',
      { spec: beside(['After']), pod: three(held('b')) },
      { status: 'Running', step: '1/3 held: b', running: 'c' },
    ],
    [
      'runs when a neighbour is about to',
      { spec: beside(['After']), pod: podWith([over('a'), held('b'), waiting('c')]) },
      { status: 'Running', step: '1/3 held: b' },
    ],
    [
      'is paused when all neighbours are held',
      {
        spec: steps(['After'], [{}, {}, { after: ['a'], pause: ['Before'] }]),
        pod: podWith([over('a'), held('b'), held('c')]),
      },
      { status: 'Paused', step: '1/3 held: b, c' },
    ],
    [
      'is paused by both when it is suspended as well',
      {
        spec: { ...beside(['After']), suspend: true },
        pod: podWith([over('a', { gate: 1 }), held('b'), running('c')], { gate: '1' }),
      },
      {
        status: 'Paused',
        reason: 'Held',
        message: expect.stringMatching(
          /^step 2 \(b\) is held after its command; .*; spec.suspend is true$/,
        ) as string,
      },
    ],
    [
      'runs as long as the step has not heard that it may go on, and says that it was told',
      { pod: three(held('b'), { resume: told(['Fail']) }), known: paused('Before') },
      {
        status: 'Paused',
        message: 'step 2 (b) is held before its command, and was told to go on (Fail)',
      },
    ],
  ];
  it.each(rows)('%s', (_, row, expected) => {
    const { now } = statusOf(row);
    expect(now).toMatchObject(expected);
    expect(now?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Paused', status: 'True', reason: 'Held' }),
    );
  });

  it('is told at once, and again for each hold; what has not changed is not written', () => {
    const first = statusOf({ pod: three(held('b')), known: {} });
    expect(first).toMatchObject({ urgent: true, actions: [] });
    const [, b] = first.status?.steps ?? [];
    const same = statusOf({ pod: three(held('b')), known: b ?? {}, at: 30 });
    expect(same.now?.steps?.[1]?.heldSince).toBe(b?.heldSince);
    const goesOn = statusOf({ pod: three(running('b'), { resume: told(['Continue']) }), known: b ?? {} });
    expect(goesOn).toMatchObject({ urgent: true });
    const again = statusOf({
      pod: three(held('b'), { resume: told(['Continue']) }),
      known: goesOn.status?.steps?.[1] ?? {},
      at: 40,
    });
    expect(again.status?.steps?.[1]).toMatchObject({ hold: 'After', heldSince: iso(40) });
    const events = [first, goesOn, again].flatMap(({ status }, index) =>
      status === undefined ? [] : eventsOf([undefined, first.status, goesOn.status][index], status),
    );
    expect(events.filter(({ reason }) => reason === 'Held').map(({ key, note }) => [key, note])).toEqual([
      [
        'held: b 1',
        expect.stringContaining('is held before its command; to go on: taskflow resume build -n ci'),
      ],
      ['held: b 2', expect.stringContaining('is held after its command; to go on')],
    ]);
  });

  it('is looked at again when the step is to have heard', () => {
    const { again } = statusOf({
      pod: three(held('b'), { resume: told(['Continue']) }),
      known: paused('Before'),
    });
    expect(again).toBe(80_000);
  });
});

describe('what ends a Task ends it also while a step is held', () => {
  const rows: [string, Case, { does?: string; says?: string; message?: string }][] = [
    ['cancel', { spec: { ...steps(['Before']), cancel: true }, pod: three(held('b')) }, { does: '-1' }],
    [
      'the end of its time; a held step counts against it',
      { spec: { ...steps(['After']), timeout: '15s' }, pod: three(held('b')), known: paused('After') },
      { does: '-1', message: 'not over within spec.timeout, 15s; step 2 (b) was held' },
    ],
    [
      'a neighbour that failed, with failFast',
      {
        spec: { ...beside(['After']), failFast: true },
        pod: podWith([over('a'), held('b'), over('c', { outcome: 'Failed', exitCode: 1 })]),
      },
      { does: '-1' },
    ],
    [
      'a neighbour that failed ends nothing without failFast: the step is still held',
      {
        spec: beside(['After']),
        pod: podWith([over('a'), held('b'), over('c', { outcome: 'Failed', exitCode: 1 })]),
      },
      { says: 'Paused' },
    ],
    [
      'a hold does not move the order of a Task that its controller hands on',
      {
        spec: { ...steps(['Before']), handOff: 'Controller' },
        pod: three(held('b'), { order: '2', gate: '2' }),
      },
      { says: 'Paused' },
    ],
    [
      'the end of its pod: it had not begun',
      {
        pod: podWith([over('a'), silent('b'), silent('c')], { phase: 'Failed', reason: 'Evicted' }),
        known: paused('Before'),
      },
      { says: 'Failure' },
    ],
  ];
  it.each(rows)('%s', (_, row, { does, says, message }) => {
    const { actions, now } = statusOf(row);
    const orders = actions.flatMap((action) =>
      action.kind === 'patch-pod'
        ? action.patch.flatMap((each) =>
            each.op === 'replace' && each.path.endsWith('order') ? each.value : [],
          )
        : [],
    );
    expect(orders).toEqual(does === undefined ? [] : [does]);
    if (says !== undefined) expect(now?.status).toBe(says);
    if (message !== undefined) expect(now?.message).toBe(message);
  });

  it.each([
    ['a step that nobody let begin never began', 'Before', 'before anybody let it begin; it never began'],
    [
      'a step that was held after its command has begun',
      'After',
      'ended with code 137, its agent said nothing',
    ],
  ] as const)('%s, when its container is killed', (_, kind, message) => {
    const pod = podWith([over('a'), silent('b', 137, 'Error'), running('c')]);
    const { now } = statusOf({ spec: steps([kind]), pod, known: paused(kind) });
    expect(now?.steps?.[1]).toMatchObject({
      state: 'Failed',
      message: expect.stringContaining(message) as string,
    });
  });

  it('counts what a Resume skipped apart from what a condition left out', () => {
    const skipped = over('b', { outcome: 'Omitted', attempts: 0, reason: 'SkippedByResume' });
    const { now } = statusOf({ pod: podWith([over('a'), skipped, over('c')]), known: {} });
    expect(now).toMatchObject({
      status: 'Successful',
      message: '2 of 3 steps succeeded, 1 skipped by a Resume',
    });
  });

  it('a step that was held before its command and cancelled was never begun', () => {
    const pod = podWith([over('a'), cancelled('b'), cancelled('c')], {
      order: '-1',
      stop: stopped('Cancelled'),
    });
    const { now } = statusOf({ spec: { ...steps(['Before']), cancel: true }, pod, known: paused('Before') });
    expect(now).toMatchObject({ status: 'Cancelled', step: '1/3' });
    expect(now?.steps?.[1]).not.toHaveProperty('startedAt');
  });
});
