/**
 * What becomes of a Resume, from what is known of it and its Task at one moment. Pure and total: it reads no clock and does
 * nothing; apply.ts does. docs/lifecycle.md has it as a table.
 */
import { aboutOf, DEFAULT_EXPIRES, type ResumeStatus } from '../../shared/resume/resume.ts';
import { everyStep } from '../../shared/task/finally.ts';
import { suggest } from '../../shared/manifest/suggest.ts';
import { plain } from '../../shared/text.ts';
import { parseDuration } from '../../shared/turn/duration.ts';
import {
  giveResume,
  type HoldKind,
  impossible,
  ResumeError,
  type ResumeAction,
  type Resumes,
} from '../../shared/turn/resume.ts';
import { resumesOf } from '../annotations.ts';
import type { Chain, StepView } from '../decide/observe.ts';
import type { ObservedPod } from '../pod.ts';
import { isFinal, type StoredTask } from '../stored-task.ts';
import type { StoredResume } from './stored-resume.ts';

/** All that is known of one Resume. */
export interface SeenResume {
  resume: StoredResume;
  /** `undefined`: there is none of that name. */
  task: StoredTask | undefined;
  /** Its pod, also of one that is over; `undefined`: there is none. */
  pod: ObservedPod | undefined;
  /** What its steps do; absent where there is no pod, or the Task is over. */
  chain: Chain | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export type ResumeDecision =
  /** Tell the pod's agents. Then look again: what they were told says what became of it. */
  | { kind: 'tell'; resumes: Resumes }
  /** Its status. A Resume that waits is looked at again after so many milliseconds, although nothing happened. */
  | { kind: 'say'; status: ResumeStatus; again?: number };

/**
 * What to do about a Resume.
 *
 * @example decideResume({ resume, task, pod, chain, now }).kind // 'tell'
 */
export function decideResume(seen: SeenResume): ResumeDecision {
  const { resume, task, pod, now } = seen;
  const { task: name } = aboutOf(resume.spec);
  // Whatever else is so: it is there that it was applied, though nobody may have said so yet.
  const applied = task && pod && appliedTo(resume, task, pod);
  if (applied !== undefined) return say(resume, applied);
  if (task !== undefined && isFinal(task))
    return rejected(seen, 'TaskOver', `Task ${name} is over: ${task.status?.status}`);
  const wrong = task && wrongWith(resume, task, seen.chain);
  if (wrong !== undefined) return rejected(seen, wrong.reason, wrong.message);
  const { expires = DEFAULT_EXPIRES } = resume.spec;
  if (!(now < expiryOf(resume)))
    return rejected(seen, 'Expired', `it could not be applied within ${expires}, which is how long it waits`);
  return task === undefined
    ? waits(seen, 'TaskNotFound', `there is no Task ${name} in this namespace`)
    : atHold(seen, task);
}

function atHold(seen: SeenResume, task: StoredTask): ResumeDecision {
  const { resume, pod, chain, now } = seen;
  const { step } = aboutOf(resume.spec);
  const { action = 'Continue' } = resume.spec;
  const held = targetsOf(chain, step);
  if (pod === undefined || held.length === 0)
    return waits(
      seen,
      'NotHeld',
      step === undefined ? 'no step is held yet' : `step ${step} is not held yet`,
    );

  const can = held.filter(({ hold }) => impossible(action, hold.kind) === undefined);
  const [first] = held;
  if (can.length === 0 && first !== undefined)
    return rejected(seen, 'NotPossible', `step ${first.view.name}: ${impossible(action, first.hold.kind)}`);
  const may = task.spec.suspend === true ? can.filter(({ hold }) => !starts(action, hold.kind)) : can;
  if (may.length === 0)
    return waits(seen, 'Suspended', `Task ${task.metadata.name} is suspended, so that no command starts`);
  const entry = { action, by: resume.metadata.uid ?? '', at: new Date(now).toISOString() };
  try {
    const resumes = may.reduce((given, { view }) => giveResume(given, view.number, entry), resumesOf(pod));
    return { kind: 'tell', resumes };
  } catch (error) {
    if (!(error instanceof ResumeError)) throw error;
    return rejected(seen, 'TooOften', error.message);
  }
}

/** Whether a command starts by it. */
function starts(action: ResumeAction, kind: HoldKind): boolean {
  return action === 'Retry' || (action === 'Continue' && kind === 'Before');
}

interface Target {
  view: StepView;
  hold: NonNullable<StepView['held']>;
}

/** The held steps that it is about, but for those that were told already and have not heard. */
function targetsOf(chain: Chain | undefined, step: string | undefined): Target[] {
  return (chain?.steps ?? []).flatMap((view) => {
    const { held: hold, name } = view;
    return hold === undefined || hold.told !== undefined || (step ?? name) !== name ? [] : [{ view, hold }];
  });
}

/** What keeps it from ever being applied to this Task. */
function wrongWith(
  { spec }: StoredResume,
  task: StoredTask,
  chain: Chain | undefined,
): { reason: string; message: string } | undefined {
  const { step } = aboutOf(spec);
  const { name } = task.metadata;
  const steps = everyStep(task.spec);
  const names = steps.map((each) => each.name);
  if (step !== undefined && !names.includes(step)) {
    const near = suggest(step, names);
    const hint = near === undefined ? `its steps are ${listed(names)}` : `did you mean ${near}?`;
    return { reason: 'UnknownStep', message: `Task ${name} has no step ${step}; ${hint}` };
  }
  const asked = steps.filter((each) => (step ?? each.name) === each.name);
  const can = asked.filter(({ pause = [] }) => pause.length > 0);
  const about = step === undefined ? `no step of Task ${name} has` : `step ${step} has no`;
  if (can.length === 0) return { reason: 'NotPausable', message: `${about} "pause", so nothing holds it` };
  const isOver = (one: string): boolean =>
    chain?.steps.some((view) => view.name === one && view.end !== undefined) ?? false;
  if (!can.every((each) => isOver(each.name))) return undefined;
  const message =
    step === undefined ? `no step of Task ${name} is left that can be held` : `step ${step} is over`;
  return { reason: 'StepOver', message };
}

const MAX_NAMES = 8;
const MAX_MESSAGE = 1024;

function listed(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES;
  return [...names.slice(0, MAX_NAMES), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

/** When it has waited long enough, ms since the epoch. */
function expiryOf({ metadata, spec }: StoredResume): number {
  return Date.parse(metadata.creationTimestamp ?? '') + (parseDuration(spec.expires ?? DEFAULT_EXPIRES) ?? 0);
}

/** What the pod's agents were told by it; `undefined`: nothing. */
function appliedTo(
  { metadata, spec }: StoredResume,
  task: StoredTask,
  pod: ObservedPod,
): ResumeStatus | undefined {
  const told = [...resumesOf(pod).steps].flatMap(([number, entries]) =>
    entries.flatMap(({ by, at }) => (by === metadata.uid ? [{ number, at }] : [])),
  );
  const [first] = told;
  if (first === undefined) return undefined;
  const { action = 'Continue' } = spec;
  const names = everyStep(task.spec).map(({ name }) => name);
  // Of a Task that is over the names are not kept.
  const steps = told.map(({ number }) => names[number - 1] ?? String(number));
  return {
    status: 'Applied',
    reason: action,
    message: `told ${steps.length === 1 ? 'step' : 'steps'} ${listed(steps)}: ${action}`,
    steps,
    ...(first.at !== undefined && { appliedAt: first.at }),
  };
}

function waits(seen: SeenResume, reason: string, message: string): ResumeDecision {
  const expiry = expiryOf(seen.resume);
  const until = new Date(expiry).toISOString();
  const status: ResumeStatus = { status: 'Pending', reason, message: `${message}; waiting until ${until}` };
  return { ...say(seen.resume, status), again: expiry - seen.now };
}

function rejected({ resume, now }: SeenResume, reason: string, message: string): ResumeDecision {
  return say(resume, { status: 'Rejected', reason, message, rejectedAt: new Date(now).toISOString() });
}

function say({ by }: StoredResume, status: ResumeStatus): Extract<ResumeDecision, { kind: 'say' }> {
  const message = plain(status.message ?? '', MAX_MESSAGE);
  return { kind: 'say', status: { ...status, message, ...(by !== undefined && { by }) } };
}
