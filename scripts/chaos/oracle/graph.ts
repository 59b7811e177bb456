/** What really ran: each step once, when its turn had come, with what was handed to it, and none that had to was left out. */
import { everyStep } from '../../../shared/task/finally.ts';
import { predecessorsOf } from '../../../shared/task/graph.ts';
import type { Task } from '../../../shared/task/task.ts';
import { isOpen, isUnmet, lastTold, lastWord, wasDone, wasKilled, type Facts } from '../facts.ts';
import type { Entry } from '../journal.ts';
import { sourceOf } from '../task.ts';

type Step = Task['spec']['steps'][number];

export function graph(facts: Facts): string[] {
  const { spec, journal, pods } = facts;
  const steps = everyStep(spec);
  const before = predecessorsOf(spec);
  const numbered = steps.map((step, index) => ({
    step,
    after: before[index] ?? [],
    isLast: index >= spec.steps.length,
  }));
  return [
    ...(pods > 1 ? [`it had ${pods} pods`] : []),
    ...numbered.flatMap(({ step, after, isLast }) => {
      const entry = journal.get(step.name);
      if (entry === undefined) return [];
      const begun = entry.begins[0] ?? 0;
      const unmet = isUnmet(facts, step) ? [`step ${step.name} began, though its when does not hold`] : [];
      const early = isLast
        ? after.flatMap((number) => living(facts, step.name, steps[number - 1], begun))
        : hindrances({ facts, steps, before }, { name: step.name, after, begun });
      return [...runs(step, entry), ...taken(step, entry), ...unmet, ...new Set(early)];
    }),
    ...leftOut(facts, numbered),
  ];
}

/** It began once, and again only where its command had failed and may be run again. */
function runs({ name, retries = 0 }: Step, { begins, ends }: Entry): string[] {
  const isRetry = (at: number, index: number): boolean => {
    const end = ends[index];
    return end !== undefined && end.code !== 0 && end.at <= at;
  };
  const isRight = begins.length >= 1 && begins.length <= retries + 1 && begins.slice(1).every(isRetry);
  return isRight ? [] : [`step ${name} began ${begins.length} times`];
}

/** It was given what the other step had left. */
function taken(step: Step, { took }: Entry): string[] {
  const source = sourceOf(step);
  if (source === undefined) return [];
  const wrong = took.filter((value) => value !== source);
  return wrong.map((value) => `step ${step.name} was given "${value}" as the result of step ${source}`);
}

/** What says that a step could not begin yet, or at all. */
function hindrances(
  { facts, steps, before }: { facts: Facts; steps: readonly Step[]; before: readonly (readonly number[])[] },
  { name, after, begun }: { name: string; after: readonly number[]; begun: number },
): string[] {
  return after.flatMap((number) => {
    const earlier = steps[number - 1];
    if (earlier === undefined) return [];
    const entry = facts.journal.get(earlier.name);
    if (entry === undefined) {
      if (!mayBePassed(facts, earlier))
        return [`step ${name} began, and step ${earlier.name} in front of it never did`];
      return hindrances({ facts, steps, before }, { name, after: before[number - 1] ?? [], begun });
    }
    const { ends, end } = entry;
    if (entry.last > begun) return living(facts, name, earlier, begun);
    if (end?.code === 0 || earlier.onError === 'continue') return [];
    const how = end === undefined ? 'was ended' : `ended with code ${ends.at(-1)?.code}`;
    return [`step ${name} began, though step ${earlier.name} ${how}`];
  });
}

/** Whether what comes after a step may begin though the step never did. */
function mayBePassed(facts: Facts, { name, onError, when }: Step): boolean {
  const told = lastTold(facts).get(name);
  // With the Task or its pod it may be lost that it was omitted.
  if (when !== undefined && (told === undefined || isOpen(told))) return true;
  // Its container can have died before its turn, or its time been up before its first line.
  const mayHaveFailed = wasKilled(facts, name) || told?.startedAt !== undefined;
  return told?.state === 'Omitted' || (onError === 'continue' && mayHaveFailed);
}

function living({ journal }: Facts, name: string, earlier: Step | undefined, begun: number): string[] {
  const entry = journal.get(earlier?.name ?? '');
  return entry === undefined || entry.last <= begun
    ? []
    : [
        `step ${name} began ${Math.round(entry.last - begun)} ms before the last sign of life of ${earlier?.name}`,
      ];
}

interface Numbered {
  step: Step;
  after: readonly number[];
  isLast: boolean;
}

/** Those that never began though their turn came: of `finally` also when the others were stopped. */
function leftOut(facts: Facts, steps: readonly Numbered[]): string[] {
  const { spec, journal, done } = facts;
  const word = lastWord(facts)?.status;
  if (word === undefined || wasDone(facts, 'delete-pod', 'delete-task')) return [];
  const told = lastTold(facts);
  const isQuit = done.some(({ act }) => act.kind === 'annotate' && act.name === 'order');
  // Then the rest is stopped: by somebody, for want of time, or because nothing else has a purpose.
  const isCut =
    word.status !== 'Successful' &&
    (isQuit ||
      wasDone(facts, 'cancel', 'kill-agent') ||
      spec.failFast === true ||
      word.reason === 'TimedOut');
  const excused = new Set<number>();
  const wrong: string[] = [];
  for (const [index, { step, after, isLast }] of steps.entries()) {
    const { name, onError } = step;
    const entry = journal.get(name);
    const status = told.get(name);
    const isBad = entry !== undefined && entry.end?.code !== 0 && onError !== 'continue';
    // Its time can be up as it writes its last line.
    const stops = isBad || status?.state === 'TimedOut';
    // One that is said to have been started may have had no time to write anything down.
    const isUnwritten = status?.startedAt !== undefined;
    const isBlocked = !isLast && after.some((number) => excused.has(number));
    const isFree =
      wasKilled(facts, name) || isUnwritten || (isLast ? journal.size === 0 : isCut || isBlocked);
    if (stops || (entry === undefined && status?.state !== 'Omitted')) excused.add(index + 1);
    if (entry === undefined && status?.state !== 'Omitted' && !isFree)
      wrong.push(
        `step ${name} never began, though its turn came; it is told as ${status?.state} ${status?.reason}`,
      );
    if (status?.state === 'Omitted' && !isUnmet(facts, step, true))
      wrong.push(`step ${name} was omitted, though its when holds`);
  }
  return wrong;
}
