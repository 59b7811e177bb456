/** Runs Tasks one after the other, and stops them when somebody asks for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemError } from '../../shared/turn/errors.ts';
import { nameOf } from '../../shared/task/name.ts';
import { type Task } from '../../shared/task/task.ts';
import { removeDeadRuns } from './lifeline.ts';
import { planTasks } from './plan-tasks.ts';
import { suspendWithSteps } from './suspension.ts';
import { exitCodeOf } from './judge.ts';
import { isBroken } from './report/write.ts';
import { runTask, type RunSettings } from './run-task.ts';

const ASKING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** How long a run that was stopped waits for somebody who does not read its output. */
const PATIENCE = 1_000;

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
  const directory = process.cwd();
  const stop = new AbortController();
  const kill = new AbortController();
  const ask = (signal: string): void => {
    if (stop.signal.aborted) kill.abort(signal);
    else stop.abort(signal);
  };
  for (const signal of ASKING) process.on(signal, ask);
  const unsuspend = suspendWithSteps(settings.report);
  const outputs = watchOutputs((reason) => {
    if (!stop.signal.aborted) stop.abort(reason);
  });
  const swept = removeDeadRuns();
  let exitCode = 0;
  try {
    for (const [at, task] of tasks.entries()) {
      const result = await runTask(task, { ...settings, directory, stop: stop.signal, kill: kill.signal });
      if (result.kept !== undefined) outputs.say(`kept ${result.kept}`);
      if (result.left !== undefined) outputs.say(`taskflow: ${result.left}`);
      exitCode = result.exitCode;
      if (result.status !== 'Successful') {
        const dropped = tasks.slice(at + 1).map(nameOf);
        const after = nameOf(task);
        if (dropped.length > 0) void settings.report({ type: 'TasksSkipped', tasks: dropped, after });
        break;
      }
    }
    await swept;
  } finally {
    for (const signal of ASKING) process.off(signal, ask);
    unsuspend();
  }
  if (!stop.signal.aborted) return exitCode;
  // It may have come when the last step was over.
  if (exitCode === 0) exitCode = exitCodeOf(stop.signal);
  await outputs.leave(exitCode);
  return exitCode;
}

interface Outputs {
  say: (line: string) => void;
  /** Ends the process where what it has to say is not taken. */
  leave: (exitCode: number) => Promise<void>;
}

/** Any error of this process's own streams is asking it to stop: nobody reads any more what the steps print. */
function watchOutputs(stop: (reason: string) => void): Outputs {
  const { stdout, stderr } = process;
  const say = (line: string): void => void (isBroken(stderr) || stderr.write(`${line}\n`));
  let isTold = false;
  for (const [stream, name] of [
    [stdout, 'standard output'],
    [stderr, 'standard error'],
  ] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (isTold) return;
      isTold = true;
      const { code = 'EIO' } = error;
      stop(code === 'EPIPE' ? 'SIGPIPE' : 'output error');
      if (code === 'EPIPE') return;
      if (stream === stdout) say(`taskflow: ${new SystemError(code, `cannot write to ${name}`).message}`);
    });
  }
  return {
    say,
    async leave(exitCode) {
      const end = performance.now() + PATIENCE;
      const isTaken = (): boolean =>
        [stdout, stderr].every((stream) => isBroken(stream) || !stream.writableLength);
      while (!isTaken()) {
        if (performance.now() > end) process.exit(exitCode);
        await sleep(20);
      }
    },
  };
}
