/** What becomes of a Resume: the table of docs/lifecycle.md, and what it does not say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { observe } from '../../../controller/decide/observe.ts';
import { type ObservedPod } from '../../../controller/pod.ts';
import { decideResume, type ResumeDecision } from '../../../controller/resume/decide.ts';
import { keepOfResume, type StoredResume } from '../../../controller/resume/stored-resume.ts';
import { isFinal, keepOfTask, type StoredTask } from '../../../controller/stored-task.ts';
import { type ResumeSpec } from '../../../shared/resume/resume.ts';
import { encodeResumes, MAX_HOLDS, type ResumeEntry } from '../../../shared/turn/resume.ts';
import { failed, held, iso, over, podWith, running, START, taskOf } from '../builders.ts';

/** Made two seconds after the start, by kubectl. */
function resumeOf(spec: ResumeSpec, metadata: Partial<StoredResume['metadata']> = {}): StoredResume {
  return keepOfResume({
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Resume',
    metadata: {
      name: 'go',
      namespace: 'ci',
      uid: 'r-1',
      resourceVersion: '3',
      creationTimestamp: iso(2),
      managedFields: [
        { manager: 'taskflow-controller', subresource: 'status', time: iso(1) },
        { manager: 'ada\u001B[31m', operation: 'Update', time: iso(2) },
        { manager: 'somebody later', operation: 'Update', time: iso(3) },
      ],
      ...metadata,
    },
    spec,
  });
}

/** Steps a, b and c: b can be held before and after, c after it failed, and a not at all. */
const task = (more: Partial<StoredTask['spec']> = {}, rest: Partial<StoredTask> = {}): StoredTask =>
  taskOf(
    {
      steps: [
        { name: 'a', image: 'b' },
        { name: 'b', image: 'b', pause: ['Before', 'After'] },
        { name: 'cat', image: 'b', after: ['a'], pause: ['OnFailure'] },
      ],
      ...more,
    },
    rest,
  );

const entries = (count: number, by = 'r-0'): ResumeEntry[] =>
  Array.from({ length: count }, () => ({ action: 'Continue' as const, by, at: iso(4) }));
const told = (steps: Record<number, ResumeEntry[]>): string =>
  encodeResumes({ steps: new Map(Object.entries(steps).map(([number, list]) => [Number(number), list])) });

const bHeld = podWith([over('a'), held('b'), running('cat')]);
const bothHeld = podWith([over('a'), held('b'), held('cat')]);
const bAfter = podWith([over('a'), held('b'), running('cat')], { resume: told({ 2: entries(1) }) });
const wentOn = {
  status: { status: 'Running' as const, steps: [{ name: 'b', state: 'Running' as const, holds: 1 }] },
};
const ended = { status: { status: 'Cancelled' as const, completionTime: iso(9) } };

interface Case {
  spec?: Partial<ResumeSpec>;
  task?: StoredTask | undefined;
  pod?: ObservedPod | undefined;
  /** Seconds after the start. */
  at?: number;
}

function decided(row: Case): ResumeDecision {
  const { spec = {}, at = 10 } = row;
  const found = 'task' in row ? row.task : task();
  const pod = 'pod' in row ? row.pod : bHeld;
  const now = START + at * 1000;
  const chain = found && pod && !isFinal(found) ? observe(found, pod, now) : undefined;
  return decideResume({ resume: resumeOf({ task: 'build', ...spec }), task: found, pod, chain, now });
}

/** `Pending NotHeld`, or what steps are told. */
function inWords(decision: ResumeDecision): string {
  if (decision.kind === 'say') return `${decision.status.status} ${decision.status.reason}`;
  const mine = [...decision.resumes.steps].flatMap(([number, list]) =>
    list.flatMap(({ by, action, at }, index) =>
      by === 'r-1' ? `${number}#${index + 1} ${action} ${at === iso(10)}` : [],
    ),
  );
  return `tell ${mine.join(', ')}`;
}

const rows: [string, Case, string][] = [
  ['its step is held before its command', { spec: { step: 'b' } }, 'tell 2#1 Continue true'],
  [
    'it is written with the other names',
    { spec: { 'Workflow-ID': 'build', TemplateName: 'b' } },
    'tell 2#1 Continue true',
  ],
  ['it names no step, and one is held', {}, 'tell 2#1 Continue true'],
  ['it names no step, and two are held', { pod: bothHeld }, 'tell 2#1 Continue true, 3#1 Continue true'],
  [
    'two are held, and it names one',
    { pod: bothHeld, spec: { step: 'cat', action: 'Retry' } },
    'tell 3#1 Retry true',
  ],
  [
    'its step is held after its command',
    { pod: bAfter, task: task({}, wentOn), spec: { step: 'b', action: 'Retry' } },
    'tell 2#2 Retry true',
  ],
  [
    'the action ends a step that has not begun',
    { spec: { step: 'b', action: 'Fail' } },
    'tell 2#1 Fail true',
  ],
  [
    'the command has not run yet and cannot run again',
    { spec: { step: 'b', action: 'Retry' } },
    'Rejected NotPossible',
  ],
  [
    'one of two held steps can run again',
    { pod: bothHeld, spec: { action: 'Retry' } },
    'tell 3#1 Retry true',
  ],
  ['there is no such Task', { task: undefined, pod: undefined }, 'Pending TaskNotFound'],
  [
    'there is no such Task, and it has waited an hour',
    { task: undefined, pod: undefined, at: 3602 },
    'Rejected Expired',
  ],
  ['the Task has no pod yet', { pod: undefined }, 'Pending NotHeld'],
  [
    'its step is not held yet',
    { pod: podWith([running('a'), running('b'), running('cat')]), spec: { step: 'b' } },
    'Pending NotHeld',
  ],
  ['another step is held', { spec: { step: 'cat' } }, 'Pending NotHeld'],
  ['its step was told already, and has not heard', { pod: bAfter }, 'Pending NotHeld'],
  ['it expired before the step was held', { spec: { expires: '5s' } }, 'Rejected Expired'],
  ['it is about to expire', { spec: { expires: '8001ms' } }, 'tell 2#1 Continue true'],
  [
    'it was applied, and nobody has said so',
    { pod: podWith([over('a'), held('b')], { resume: told({ 2: entries(1, 'r-1') }) }) },
    'Applied Continue',
  ],
  [
    'it was applied before it expired',
    { at: 9999, pod: podWith([over('a')], { resume: told({ 2: entries(1, 'r-1') }) }) },
    'Applied Continue',
  ],
  [
    'it was applied before the Task was over',
    { task: keepOfTask(task({}, ended)), pod: podWith([], { resume: told({ 2: entries(1, 'r-1') }) }) },
    'Applied Continue',
  ],
  ['the Task is over', { task: keepOfTask(task({}, ended)), pod: undefined }, 'Rejected TaskOver'],
  ['the Task has no such step', { spec: { step: 'x' } }, 'Rejected UnknownStep'],
  ['its step cannot be held', { spec: { step: 'a' } }, 'Rejected NotPausable'],
  ['no step of the Task can be held', { task: taskOf(), spec: {} }, 'Rejected NotPausable'],
  [
    'its step is over',
    { pod: podWith([over('a'), over('b'), running('cat')]), spec: { step: 'b' } },
    'Rejected StepOver',
  ],
  [
    'every step that can be held is over',
    {
      pod: podWith([over('a'), over('b'), failed('cat')]),
      task: task({ finally: [{ name: 'd', image: 'b' }] }),
    },
    'Rejected StepOver',
  ],
  [
    'the Task is suspended, and a command would start',
    { task: task({ suspend: true }), spec: { step: 'b' } },
    'Pending Suspended',
  ],
  [
    'the Task is suspended, and no command starts',
    { task: task({ suspend: true }), spec: { step: 'b', action: 'Skip' } },
    'tell 2#1 Skip true',
  ],
  [
    'its step was held as often as it can be',
    {
      task: task(
        { steps: [{ name: 'b', image: 'b', pause: ['After'] }] },
        { status: { status: 'Running', steps: [{ name: 'b', state: 'Running', holds: MAX_HOLDS }] } },
      ),
      pod: podWith([held('b')], { resume: told({ 1: entries(MAX_HOLDS) }) }),
    },
    'Pending NotHeld',
  ],
  [
    'what the agents were told takes no more',
    { pod: podWith([over('a'), held('b')], { resume: full() }) },
    'Rejected TooOften',
  ],
  [
    'somebody wrote what cannot be read: it is replaced',
    { pod: podWith([over('a'), held('b')], { resume: 'nonsense' }) },
    'tell 2#1 Continue true',
  ],
];

/** A record to which nothing can be added. */
function full(): string {
  const lists: Record<number, ResumeEntry[]> = {};
  for (let number = 100; ; number++) {
    for (let count = 1; count <= MAX_HOLDS; count++) {
      const more = { ...lists, [number]: entries(count) };
      if (told(more).length > 64 * 1024) return told(lists);
      lists[number] = entries(count);
    }
  }
}

it('has a row for each of the table, and no outcome that is not in it', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/lifecycle.md'), 'utf8');
  const section = docs.split('## A Resume\n')[1]?.split('\n## ')[0] ?? '';
  const table = [...section.matchAll(/\| `(Pending|Applied|Rejected)` +\| (?:`(\w+)`|the action)/g)];
  const outcomes = rows.map(([, , expected]) => expected.replace(/^tell .*/, 'Applied Continue'));
  expect(
    [...new Set(table.map(([, status, reason = 'Continue']) => `${status} ${reason}`))].toSorted(),
  ).toEqual([...new Set(outcomes)].toSorted());
});

it.each(rows)('%s', (_, row, expected) => {
  expect(inWords(decided(row))).toBe(expected);
});

it.each([
  [
    'a step that is nearly right',
    { spec: { step: 'caat' } },
    'Task build has no step caat; did you mean cat?',
  ],
  [
    'a step that is far off',
    { spec: { step: 'zebra' } },
    'Task build has no step zebra; its steps are a, b, cat',
  ],
  ['how long it waits', { spec: { step: 'cat' } }, `step cat is not held yet; waiting until ${iso(3602)}`],
  [
    'what can be done instead',
    { spec: { step: 'b', action: 'Retry' } },
    'step b: its command has not run yet, so it cannot run again; use Continue',
  ],
  [
    'nothing that a terminal obeys',
    { spec: { step: '\u001B[31mx' } },
    'Task build has no step x; its steps are a, b, cat',
  ],
] as [string, Case, string][])('its message says %s', (_, row, message) => {
  expect(decided(row)).toMatchObject({ status: { message } });
});

it('says who made it, which steps were told, and when', () => {
  const pod = podWith([], {
    resume: told({ 2: entries(1, 'r-1'), 3: [...entries(1), ...entries(1, 'r-1')] }),
  });
  expect(decided({ pod })).toEqual({
    kind: 'say',
    status: {
      status: 'Applied',
      reason: 'Continue',
      message: 'told steps b, cat: Continue',
      steps: ['b', 'cat'],
      appliedAt: iso(4),
      by: 'ada',
    },
  });
});

it('waits no longer than it says', () => {
  expect(decided({ spec: { step: 'cat', expires: '90s' } })).toMatchObject({ again: 82_000 });
});

it('is next to nothing once it is settled', () => {
  const settled = keepOfResume({
    ...resumeOf({ task: 'build' }),
    status: { status: 'Applied', message: 'long' },
  });
  expect(settled).toEqual({
    metadata: { name: 'go', namespace: 'ci', uid: 'r-1', resourceVersion: '3' },
    spec: {},
    status: { status: 'Applied' },
    stub: true,
  });
});
