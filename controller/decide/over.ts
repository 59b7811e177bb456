/** What agents cannot know of each other: a step that ended without a word, or will never begin, posts no outcome. */
import {
  encodeOver,
  NOTHING_OVER,
  type Over,
  type OverStep,
  type TaskOutcome,
} from '../../shared/turn/over.ts';
import { EXIT_CODES } from '../../shared/turn/exit-codes.ts';
import { OVER_ANNOTATION } from '../../shared/pod/pod.ts';
import { defined } from '../defined.ts';
import { overOf } from '../annotations.ts';
import type { ObservedPod } from '../pod.ts';
import { goesOn } from './end.ts';
import { among, type Chain, type StepView } from './observe.ts';
import { addAnnotation, type JsonPatch } from './patch.ts';

/** What an agent would say of a step that had no turn. */
const SKIPPED: OverStep = { outcome: 'Skipped', exitCode: EXIT_CODES.SKIPPED.code };
const CANCELLED: OverStep = { outcome: 'Cancelled', exitCode: EXIT_CODES.CANCELLED.code };

/** What else there is to say. */
interface News {
  /** Steps whose containers are not there and will not begin. */
  given?: readonly StepView[];
  /** What becomes of the Task, where agents cannot know it. */
  outcome?: TaskOutcome | undefined;
}

/**
 * What the agents have to be told that they are not: only of steps for whose end another one waits. What was said stays,
 * but for a step that turns out to be there after all.
 */
export function tellOver(pod: ObservedPod, chain: Chain, { given = [], outcome }: News = {}): JsonPatch {
  const before = overOf(pod);
  const waited = new Set(chain.steps.flatMap(({ end, after }) => (end === undefined ? after : [])));
  const steps = new Map<number, OverStep>();
  for (const view of chain.steps) {
    const { number, state } = view;
    const isThere = state !== 'over' && state !== 'absent';
    const said = isThere ? undefined : before.steps.get(number);
    const needed = waited.has(number) ? recordOf(view, chain, given) : undefined;
    const record = needed ?? said;
    if (record !== undefined) steps.set(number, record);
  }
  const wanted: Over = { steps, ...defined({ outcome: outcome ?? before.outcome }) };
  const text = encodeOver(wanted);
  if (steps.size === 0 && wanted.outcome === undefined && before === NOTHING_OVER) return [];
  return text === pod.metadata.annotations?.[OVER_ANNOTATION] ? [] : [addAnnotation(OVER_ANNOTATION, text)];
}

function recordOf(view: StepView, chain: Chain, given: readonly StepView[]): OverStep | undefined {
  const { end, after } = view;
  if (end === undefined) {
    if (!given.includes(view)) return undefined;
    return chain.never.includes(view) ? SKIPPED : CANCELLED;
  }
  if (end.posted) return undefined;
  const { outcome, exitCode = 0 } = end;
  // It died before its turn: what comes after it is not to begin before what comes before it is over.
  const early = among(chain.steps, after).some((each) => each.end === undefined);
  if (goesOn(end) && early) return undefined;
  return { outcome, exitCode: Math.min(255, Math.max(0, exitCode)) };
}
