/** Workers for a queue. */
import type { WorkQueue } from './queue.ts';

export interface Work {
  /** How many keys are worked on at once. */
  workers: number;
  /**
   * Looks at what a key names. When it resolves, the key's failures are forgotten; when it rejects, the key is
   * retried. `signal` is that of {@link work}: what was begun may be brought to its end.
   */
  handle: (key: string, signal: AbortSignal) => Promise<void>;
  /** Told of each rejection, but not of those that say no more than that `signal` was aborted. */
  onError: (error: unknown, key: string) => void;
}

/**
 * Works on a queue until `signal` is aborted; resolves when all that was begun by then has ended. Never rejects.
 */
export async function work(queue: WorkQueue, work: Work, signal: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: work.workers }, () => serve(queue, work, signal)));
}

async function serve(queue: WorkQueue, { handle, onError }: Work, signal: AbortSignal): Promise<void> {
  for (;;) {
    const key = await queue.take(signal);
    if (key === undefined) return;
    try {
      await handle(key, signal);
      queue.forget(key);
    } catch (error) {
      queue.retry(key);
      if (!isStop(error, signal)) tell(onError, error, key);
    } finally {
      queue.done(key);
    }
  }
}

function isStop(error: unknown, signal: AbortSignal): boolean {
  return (
    signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))
  );
}

/** A worker outlives a report that fails; Node prints the warning. */
function tell(onError: Work['onError'], error: unknown, key: string): void {
  try {
    onError(error, key);
  } catch (thrown) {
    process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
  }
}
