/** Runs Tasks one after the other, and stops them when somebody asks for it. */
import { constants } from 'node:os';
import { type Task } from '../../shared/task/task.ts';
import { planTasks } from './plan-tasks.ts';
import { runTask, type RunSettings } from './run-task.ts';

const ASKING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the Tasks until one does not succeed, and returns the exit code of the last that ran.
 *
 * @throws {LocalRunError} before any of them starts, when one needs what a local process cannot have.
 */
export async function runAll(
  tasks: readonly Task[],
  settings: Omit<RunSettings, 'directory' | 'stop' | 'kill'>,
): Promise<number> {
  planTasks(tasks, settings);
  const stop = new AbortController();
  const kill = new AbortController();
  const ask = (signal: string): void => {
    if (stop.signal.aborted) kill.abort(signal);
    else stop.abort(signal);
  };
  const onPipeError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    // That is asking too: nobody reads any more what the steps print.
    if (!stop.signal.aborted) stop.abort('SIGPIPE');
  };
  for (const signal of ASKING) process.on(signal, ask);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onPipeError);
  try {
    for (const [at, task] of tasks.entries()) {
      const result = await runTask(task, {
        ...settings,
        directory: process.cwd(),
        stop: stop.signal,
        kill: kill.signal,
      });
      if (result.kept !== undefined) process.stderr.write(`kept ${result.kept}\n`);
      if (result.status !== 'Successful') {
        const dropped = tasks.slice(at + 1).map(({ metadata }) => metadata.name);
        const after = task.metadata.name;
        if (dropped.length > 0) settings.report({ type: 'TasksSkipped', tasks: dropped, after });
        return result.exitCode;
      }
    }
    return stop.signal.aborted ? 128 + (constants.signals[stop.signal.reason as NodeJS.Signals] ?? 0) : 0;
  } finally {
    for (const signal of ASKING) process.off(signal, ask);
  }
}
