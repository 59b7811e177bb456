/** Holds a step, before its command or after it, until it is told how to go on. */
import { SystemError } from '../shared/turn/errors.ts';
import { QUIT } from '../shared/turn/order.ts';
import { HELD_FILE, MAX_HOLDS, type Hold, type HoldKind, type ResumeAction } from '../shared/turn/resume.ts';
import { type Bell } from './bell.ts';
import { type Options } from './flags/options.ts';
import { type Platform } from './platform.ts';
import { type World } from './world.ts';

export interface Ears {
  bell: Bell;
  /** Whether the step must end, or begin without any delay. */
  ending: () => boolean;
  /** Sees to it that changes ring the bell, and returns the longest time between two looks, milliseconds. */
  poll: () => number;
}

/**
 * Holds once. `why` says what a person finds. Returns what the step is told; `undefined` when nobody holds it any more: the
 * Task is cancelled, the step is to end, or, where no Resume can come, the order is above it.
 */
export type HoldStep = (kind: HoldKind, why: string) => Promise<ResumeAction | undefined>;

export function holder(
  { files, clock, warn }: Pick<Platform, 'files' | 'clock' | 'warn'>,
  { number = 1, post, resume }: Pick<Options, 'number' | 'post' | 'resume'>,
  world: Pick<World, 'order' | 'resumes'>,
  { bell, ending, poll }: Ears,
): HoldStep {
  let holds = 0;
  const isOver = (): boolean => {
    const order = world.order();
    // Of a graph the order may release a later step while this one is held.
    return ending() || order === QUIT || (resume === undefined && order !== undefined && order > number);
  };

  return async (kind, why) => {
    if (holds >= MAX_HOLDS) return undefined;
    const hold: Hold = { number: ++holds, kind, since: new Date(clock.now()).toISOString() };
    const path = post === undefined ? undefined : `${post}/${HELD_FILE}`;
    for (let isKnown = false; ;) {
      const time = poll();
      const action = isOver() ? 'over' : world.resumes().steps.get(number)?.[hold.number - 1]?.action;
      if (action !== undefined) {
        if (isKnown && path !== undefined) attempt(() => files.remove(path), warn);
        return action === 'over' ? undefined : action;
      }
      if (isKnown) await bell.wait(time);
      else {
        const end =
          resume === undefined
            ? ` until the order is above ${number}`
            : ', until a Resume says how it goes on';
        warn(`taskflow-agent: held ${why}${end}`);
        if (path !== undefined) attempt(() => files.replace(path, `${JSON.stringify(hold)}\n`), warn);
        isKnown = true;
      }
    }
  };
}

/** A hold that cannot be shown is one all the same: what it guards must not run. */
function attempt(act: () => void, warn: (line: string) => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    warn(`taskflow-agent: ${error.message}; whether it is held cannot be seen from outside`);
  }
}
