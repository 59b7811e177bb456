/** Waits for this step's turn. */
import { type NeverRan } from '../shared/turn/ending.ts';
import { turn } from '../shared/turn/order.ts';
import { type Bell } from './bell.ts';
import { type Watch } from './platform.ts';
import { type World } from './world.ts';

/** Behind every watch there is a poll: some virtual kubelets and file systems never notify. Milliseconds. */
export const POLL = { watched: 5_000, unwatched: 500 } as const;

export type Verdict = { kind: 'run' } | NeverRan;

/**
 * @param step - this step's number
 * @param world - what can be seen
 * @param ears - the bell, the signal that asks for an end, and how to start watching: only once there is something
 *   to wait for, since an agent that is released at once needs no watch
 */
export async function awaitTurn(
  step: number,
  world: Pick<World, 'look'>,
  ears: { bell: Bell; abandoned: () => boolean; ending: () => number | undefined; watch: () => Watch },
): Promise<Verdict> {
  let watch: Watch | undefined;
  for (;;) {
    // Watching begins before looking: a change between the two rings the bell.
    const covered = watch?.cover();
    const decided = turn(step, world.look());
    if (decided.kind === 'skip' || decided.kind === 'cancelled') return decided;
    // Released or not: a command that is to end at once is better not begun.
    if (ears.abandoned()) return { kind: 'abandoned' };
    const signal = ears.ending();
    if (signal !== undefined) return { kind: 'signaled', signal };
    if (decided.kind === 'run') return decided;
    if (watch === undefined) watch = ears.watch();
    else await ears.bell.wait(covered ? POLL.watched : POLL.unwatched);
  }
}
