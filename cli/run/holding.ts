/** Lets the held steps of a run go on, by keys on its terminal and by a socket for everybody else of this user. */
import { SystemError } from '../../shared/turn/errors.ts';
import { type Report } from './events.ts';
import { Holds, isPausable } from './holds.ts';
import { readKeys } from './keys.ts';
import { type Layout } from './layout.ts';
import { type LocalPlan } from './plan.ts';
import { listen } from './resume-socket.ts';

export interface Holding {
  /** A step runs; before that nobody hears that it is held. */
  begun: (number: number) => void;
  /** A step that is over is held no more, whatever its agent left. */
  over: (number: number) => void;
  close: () => void;
}

/** Begins to look at the steps that can be held; of a run without any it does nothing. */
export async function openHolding(
  plan: Pick<LocalPlan, 'task' | 'steps'>,
  layout: Layout,
  report: Report,
): Promise<Holding> {
  const { task } = plan;
  const nothing = (): void => undefined;
  if (!plan.steps.some(isPausable)) return { begun: nothing, over: nothing, close: nothing };

  const say = (text: string): void => void report({ type: 'Notice', task, text });
  const typed = (): void => void report({ type: 'Typed', task });
  const keys = readKeys(async (asked) => holds.resume(asked), { say, typed });
  const look = (): void => (holds.held.length > 0 ? keys.listen() : keys.rest());
  const holds = new Holds(plan, layout, async (event) => {
    await report(event);
    look();
  });
  // It may have come from the background, or gone there.
  const onContinue = (): void => {
    keys.rest();
    look();
  };
  process.on('SIGCONT', onContinue);
  const unlisten = await listen(layout.root, async (asked) => holds.resume(asked)).catch((error: unknown) => {
    if (!(error instanceof SystemError)) throw error;
    say(`"taskflow resume" cannot be used: ${error.message}`);
    return nothing;
  });
  return {
    begun: (number) => holds.begun(number),
    over(number) {
      holds.over(number);
      look();
    },
    close() {
      process.off('SIGCONT', onContinue);
      unlisten();
      holds.close();
      keys.rest();
    },
  };
}
