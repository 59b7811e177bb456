/** Which steps are held, and what people are told of them. */
import { MAX_HOLDS, type HoldKind, type ResumeEntry } from '../../shared/turn/resume.ts';
import type { Step, StepStatus } from '../../shared/task/task.ts';
import type { StoredTask } from '../stored-task.ts';
import type { ContainerStatus } from '../pod.ts';
import type { StepView } from './observe.ts';

/** A step that waits for a person. */
export interface Held {
  kind: HoldKind;
  /** From 1: which of the step's holds it is. It takes the entry of that number. */
  number: number;
  /** What it was told, while its container does not show that it has heard. */
  told?: ResumeEntry;
}

/** What is known of the holds of a step that can be held. */
export interface Holds {
  /** Whether nobody has let it begin: it is to be held before its command. */
  isBefore: boolean;
  /** When somebody let it begin. */
  begun?: string | undefined;
  /** How many are over for sure. */
  over: number;
  held?: Held;
  /** When to look again, should nothing happen, ms since the epoch. */
  until?: number;
}

/**
 * How long a step that was told to go on may show that it is held, ms: a kubelet takes up to a minute and a half to bring an
 * annotation to it. After that it is held again, and the end of the hold before was missed.
 */
const HEARD_WITHIN = 90_000;

interface Signs {
  pause: NonNullable<Step['pause']>;
  status: Pick<ContainerStatus, 'ready' | 'state'> | undefined;
  /** What the step was told so far. */
  given: readonly ResumeEntry[];
  /** What the Task's status has of it already. */
  known: StepStatus | undefined;
}

/**
 * The hold of a step. The k-th takes the k-th entry, so one for which there is an entry is over, or about to be: it is over
 * once the container was seen not to be ready.
 *
 * @param now - ms since the epoch
 * @example holdsOf({ pause: ['Before'], status, given: [], known: undefined }, now).held // { kind: 'Before', number: 1 }
 */
export function holdsOf({ pause, status, given, known }: Signs, now: number): Holds {
  // Only a held one is ready.
  const ready = status?.ready === true && status.state?.running !== undefined;
  const isFirst = pause.includes('Before');
  const all = { isBefore: isFirst && given.length === 0, begun: isFirst ? given[0]?.at : undefined };
  const before = Math.min(known?.holds ?? 0, given.length);
  const last = given.at(-1);
  const told = before < given.length ? last : undefined;
  const until = Date.parse(told?.at ?? known?.heldSince ?? '') + HEARD_WITHIN;
  if (told !== undefined && ready && now < until) {
    const { length: number } = given;
    const kind = kindOf(pause, number);
    return { ...all, over: before, until, ...(kind && { held: { kind, number, told } }) };
  }
  const number = given.length + 1;
  const kind = ready && number <= MAX_HOLDS ? kindOf(pause, number) : undefined;
  return { ...all, over: given.length, ...(kind && { held: { kind, number } }) };
}

/** The first hold is that before the command, where there is one; all others are behind it. */
function kindOf(pause: Signs['pause'], number: number): HoldKind | undefined {
  if (pause.includes('Before') && number === 1) return 'Before';
  return (['After', 'OnFailure'] as const).find((each) => pause.includes(each));
}

const PLACES = {
  Before: 'before its command',
  After: 'after its command',
  OnFailure: 'after its command failed',
} as const satisfies Record<HoldKind, string>;

/**
 * What is to be said of the steps that are held, and how they go on; `undefined` when none is.
 *
 * @example heldWords(task, steps) // 'step 3 (publish) is held before its command; to go on: taskflow resume release -n ci --step publish'
 */
export function heldWords({ metadata }: StoredTask, steps: readonly StepView[]): string | undefined {
  const each = steps.flatMap(({ number, name, held }) => {
    if (held === undefined) return [];
    const step = `step ${number} (${name}) is held ${PLACES[held.kind]}`;
    if (held.told !== undefined) return [`${step}, and was told to go on (${held.told.action})`];
    const command = `taskflow resume ${metadata.name} -n ${metadata.namespace ?? 'default'} --step ${name}`;
    return [`${step}; to go on: ${command}`];
  });
  if (each.length === 0) return undefined;
  const rest = each.length - MAX_WORDS;
  return [...each.slice(0, MAX_WORDS), ...(rest > 0 ? [`${rest} more steps are held`] : [])].join('; ');
}

const MAX_WORDS = 4;

/** What the status says of a step that is held. */
export function heldStatus(
  { name, held, holds, since, imageID }: StepView & { held: Held },
  before: StepStatus | undefined,
  now: number,
): StepStatus {
  const isSame = before?.state === 'Paused' && (before.holds ?? 0) === (holds ?? 0);
  return {
    name,
    state: 'Paused',
    hold: held.kind,
    heldSince: (isSame ? before.heldSince : undefined) ?? new Date(now).toISOString(),
    ...(holds !== undefined && { holds }),
    ...(held.kind !== 'Before' && since !== undefined && { startedAt: since }),
    message: `it is held ${PLACES[held.kind]}${held.told === undefined ? '' : `, and was told to go on (${held.told.action})`}`,
    ...(imageID !== undefined && { imageID }),
  };
}
