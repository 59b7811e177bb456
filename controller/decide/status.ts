/** The status that a Task should have. Pure: the same Task, pod and moment always give the same. */
import { gateOf, orderOf, STEP_FAILED, TIMED_OUT } from '../annotations.ts';
import { everyStep } from '../../shared/task/finally.ts';
import { ancestorsOf } from '../../shared/task/graph.ts';
import { IN_POD } from '../../shared/pod/paths.ts';
import { InvalidParamsError } from '../../shared/task/references/fill.ts';
import { PodTooLargeError } from '../../shared/task/size.ts';
import { taskResults } from '../../shared/task/task-results.ts';
import { next } from '../../shared/turn/outcome.ts';
import type { StepStatus, TaskStatus } from '../../shared/task/task.ts';
import { defined } from '../defined.ts';
import type { ObservedPod } from '../pod.ts';
import type { Hold } from './advance.ts';
import { bounded } from './bounds.ts';
import { conditionsOf, mayHaveBegun } from './conditions.ts';
import { heldStatus, heldWords } from './held.ts';
import type { Conclusion } from './conclude.ts';
import { NEVER_STARTED } from './lost.ts';
import { among, NOT_KNOWN, type Chain, type StepView } from './observe.ts';
import { stuckBy, type Trouble } from './trouble.ts';
import type { StoredTask } from '../stored-task.ts';

/** What is known about a Task at one moment. */
export interface Known {
  task: StoredTask;
  pod: ObservedPod | undefined;
  /** Its steps; absent while there is no pod. */
  chain: Chain | undefined;
  /** What keeps it from getting on. */
  trouble?: Trouble | undefined;
  /** What holds it: `suspend`, or a gate. */
  hold?: Hold | undefined;
  /** It is being stopped now, so that nothing waits for a person any more. */
  stopping?: true;
  /** What became of it. */
  conclusion?: Conclusion | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * The status of a Task; nothing of the old one stays but what is gone and was seen.
 *
 * @example statusOf({ task, pod, chain, now: Date.now() }).status // 'Running'
 */
export function statusOf(known: Known): TaskStatus {
  const { task, pod, chain, conclusion, now } = known;
  const before = task.status;
  const steps =
    chain === undefined
      ? (before?.steps ?? stepsOf(task))
      : chain.steps.map((view) => stepStatus(view, chain, known));
  const ended = conclusion === undefined ? steps : steps.map((step) => closed(step, conclusion));
  const startTime = pod?.metadata.creationTimestamp ?? before?.startTime;
  const completionTime = conclusion && completion(ended, startTime, now);
  const status: TaskStatus = defined({
    observedGeneration: task.metadata.generation,
    status: conclusion?.status ?? word(known),
    ...explanation(known),
    startTime,
    completionTime,
    duration: completionTime && (startTime === undefined ? '0s' : between(startTime, completionTime)),
    step: progress(ended),
    running: conclusion === undefined ? namesOf(ended, 'Running') : undefined,
    order: (pod && orderOf(pod)) ?? before?.order,
    gate: pod && gateOf(pod),
    podName: pod?.metadata.name ?? before?.podName,
    podUID: pod?.metadata.uid ?? before?.podUID,
    steps: ended,
    results: completionTime === undefined ? undefined : resultsOfTask(task, ended),
    conditions: conditionsOf(known),
  });
  return bounded(status);
}

/** How far the Task is, as a column shows it. */
function progress(steps: readonly StepStatus[]): string {
  const held = namesOf(steps, 'Paused');
  return `${steps.filter(isOver).length}/${steps.length}${held === undefined ? '' : ` held: ${held}`}`;
}

/** The names of those in one state. */
function namesOf(steps: readonly StepStatus[], wanted: StepStatus['state']): string | undefined {
  const names = steps.filter(({ state }) => state === wanted).map(({ name }) => name);
  if (names.length === 0) return undefined;
  const rest = names.length - MAX_NAMES;
  return [names.slice(0, MAX_NAMES).join(', '), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

const MAX_NAMES = 8;

/** Nothing of a Task that could become no pod. */
function resultsOfTask({ spec }: StoredTask, steps: readonly StepStatus[]): TaskStatus['results'] {
  try {
    const results = taskResults(spec, steps, IN_POD);
    return results.length === 0 ? undefined : results;
  } catch (error) {
    if (error instanceof InvalidParamsError || error instanceof PodTooLargeError) return undefined;
    throw error;
  }
}

function word(known: Known): 'Pending' | 'Running' | 'Paused' {
  const { task, chain } = known;
  if (isPaused(known)) return 'Paused';
  const begun = chain?.steps.some(({ state }) => BEGUN.has(state)) ?? false;
  // What runs does not become pending again, though a stopped pod no longer shows whose turn it was.
  return begun || task.status?.status === 'Running' ? 'Running' : 'Pending';
}

const BEGUN: ReadonlySet<StepView['state']> = new Set(['unsure', 'running', 'held', 'over']);

/** Whether nothing goes on before a person says so: a step is held, or all of them, and none whose turn it is goes on. */
function isPaused({ chain, hold, stopping }: Known): boolean {
  if (stopping === true) return false;
  if (hold !== undefined) return true;
  const next = chain?.next ?? [];
  return next.length > 0 && next.every(({ state }) => state === 'held');
}

function explanation(known: Known): { reason?: string; message?: string } {
  const { task, trouble, hold, conclusion, chain } = known;
  if (conclusion !== undefined) return { reason: conclusion.reason, message: conclusion.message };
  const held = isPaused(known) ? heldWords(task, chain?.steps ?? []) : undefined;
  if (hold !== undefined) {
    const { message, unless } = hold;
    const perhaps = unless === undefined ? '' : `; ${mayHaveBegun(unless)}`;
    const also = held === undefined ? '' : `${held}; `;
    return { reason: held === undefined ? 'Suspended' : 'Held', message: `${also}${message}${perhaps}` };
  }
  if (held !== undefined) return { reason: 'Held', message: held };
  return trouble === undefined ? {} : { reason: trouble.reason, message: trouble.message };
}

const isAmong = (steps: readonly StepView[] = [], number: number): boolean =>
  steps.some((view) => view.number === number);

function stepsOf(task: StoredTask): StepStatus[] {
  return everyStep(task.spec).map(({ name }) => ({ name, state: 'Waiting' }));
}

function stepStatus(view: StepView, chain: Chain, { task, hold, now }: Known): StepStatus {
  const { name, number, state, end, since, waiting, imageID, held, holds } = view;
  if (end !== undefined) {
    const { outcome, exitCode, signal, reason, message, startedAt, finishedAt, attempts, results } = end;
    const rest = { exitCode, signal, reason, message, startedAt, finishedAt, attempts, imageID, results };
    const stopper =
      startedAt === undefined && outcome === 'Cancelled' ? failureBefore(view, chain) : undefined;
    return { name, state: outcome, ...defined({ ...rest, ...(stopper && skippedBy(stopper)) }) };
  }
  if (held !== undefined) {
    const before = task.status?.steps?.find((step) => step.name === name);
    return heldStatus({ ...view, held }, before, now);
  }
  if (state === 'running')
    return { name, state: 'Running', ...defined({ startedAt: since, holds, imageID }) };
  if (state === 'unsure') {
    const message = 'its container runs; whether the step has begun is not known';
    return { name, state: 'Running', reason: NOT_KNOWN, message, ...defined({ holds, imageID }) };
  }
  const stuck = stuckBy(waiting);
  if (state === 'absent' && stuck === undefined && isAmong(hold?.unless, number)) {
    const message = 'its container is being made; whether the step has begun is not known';
    return { name, state: 'Waiting', reason: NOT_KNOWN, message, ...defined({ imageID }) };
  }
  return {
    name,
    state: 'Waiting',
    ...defined({ reason: stuck?.reason, message: stuck?.message, holds, imageID }),
  };
}

/** The order quits also when a step failed; for those that it stopped that is a skip, not a wish. */
function failureBefore({ number, always }: StepView, { steps, stop }: Chain): StepView | undefined {
  if (always) return undefined;
  const graph = steps.map(({ after }) => after);
  const isFailure = ({ end }: StepView): boolean =>
    end !== undefined && next(end) === 'stop' && end.outcome !== 'Cancelled' && end.outcome !== 'Skipped';
  const before = among(steps, ancestorsOf(graph, number)).find(isFailure);
  if (before !== undefined || stop?.reason !== STEP_FAILED) return before;
  const failed = steps.find(({ name }) => name === stop.step);
  return failed && ancestorsOf(graph, failed.number).includes(number) ? undefined : failed;
}

/** In the words that an agent has for it. */
function skippedBy({ name, number, end }: StepView): Pick<StepStatus, 'state' | 'reason' | 'message'> {
  const message = `step ${number} (${name}) ended ${end?.outcome}`;
  return { state: 'Skipped', reason: 'EarlierStepStopped', message };
}

/** What is left open when a Task is over; each step gets what is true of it, the Task has its own reason. */
function closed(step: StepStatus, conclusion: Conclusion): StepStatus {
  const { status, reason, message, step: about, unconfirmed } = conclusion;
  const { name, state } = step;
  const isOpen = state === 'Waiting' || state === 'Running' || state === 'Paused';
  const neverStarted = isOpen ? state === 'Waiting' && unconfirmed !== true : step.reason === NEVER_STARTED;
  // Why it never started is what the Task failed of.
  if (neverStarted && name === about && reason !== TIMED_OUT)
    return { ...step, state: 'Error', reason, message };
  if (!isOpen) return step;
  const isCancelled = status === 'Cancelled';
  if (neverStarted) {
    const told = step.message === undefined ? '' : `: ${step.message}`;
    const word = isCancelled ? 'Cancelled' : 'Skipped';
    return { ...step, state: word, reason: NEVER_STARTED, message: `it never started${told}` };
  }
  const sure =
    (state === 'Running' && step.reason !== NOT_KNOWN) || (state === 'Paused' && step.hold !== 'Before');
  const what = sure ? 'how it ended' : 'whether it began, and how it ended,';
  const { hold: _hold, heldSince: _heldSince, ...rest } = step;
  return { ...rest, state: isCancelled ? 'Cancelled' : 'Error', reason, message: `${what} is not known` };
}

/** Whether a step had its turn and came to its end: one that was skipped, cancelled or given up before had none. */
function isOver({ state, startedAt, exitCode }: StepStatus): boolean {
  switch (state) {
    case 'Waiting':
    case 'Running':
    case 'Paused':
    case 'Skipped':
      return false;
    case 'Cancelled':
      return startedAt !== undefined;
    case 'Error':
      return exitCode !== undefined;
    case 'Succeeded':
    case 'Continued':
    case 'Omitted':
    case 'Failed':
    case 'TimedOut':
      return true;
  }
}

/** The last thing that happened in the pod; when nothing is known, now. */
function completion(steps: readonly StepStatus[], startTime: string | undefined, now: number): string {
  const times = steps.flatMap(({ finishedAt }) => (finishedAt === undefined ? [] : [Date.parse(finishedAt)]));
  const known = times.filter((time) => !Number.isNaN(time));
  const unfinished = steps.some(
    ({ state, reason, finishedAt }) =>
      finishedAt === undefined && (state === 'Error' || (state === 'Cancelled' && reason !== NEVER_STARTED)),
  );
  const last = known.length === 0 || unfinished ? now : Math.max(...known);
  // The clocks of the node and the API server may differ; nothing ends before it began.
  return new Date(Math.max(last, startTime === undefined ? 0 : Date.parse(startTime))).toISOString();
}

/**
 * The time between two moments, in the notation of Go, with a tenth of a second below a minute.
 *
 * @example between('2026-01-01T00:00:00Z', '2026-01-01T00:01:05.4Z') // '1m5s'
 */
export function between(start: string, end: string): string {
  const ms = Math.max(0, Date.parse(end) - Date.parse(start));
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`;
  const total = Math.round(ms / 1000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return `${hours > 0 ? `${hours}h` : ''}${minutes}m${seconds}s`;
}
