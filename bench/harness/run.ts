/** A run of some steps: the files that the pod would have, and the agents that wait in it. */
import { watch } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeOutcome, OUTCOME_FILE } from '../../shared/turn/outcome.ts';
import { type Agent, type Command } from './agents.ts';
import { now } from './time.ts';

export class Run {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(directory: string, steps: number): Promise<Run> {
    const run = new Run(directory);
    await mkdir(join(directory, 'podinfo'), { recursive: true });
    await writeFile(run.order, '0\n');
    for (let number = 1; number <= steps; number++) await mkdir(run.step(number), { recursive: true });
    return run;
  }

  get order(): string {
    return join(this.directory, 'podinfo/order');
  }

  /** The run directory of a step. */
  step(number: number): string {
    return join(this.directory, 'run', String(number));
  }

  /** The agent of a step, with the arguments that its container would have. */
  command(agent: Agent, number: number, command: Command, flags: readonly string[] = []): Command {
    const [file, ...before] = agent.command;
    const after = number > 1 ? ['--after', this.step(number - 1)] : [];
    const turn = ['--wait', this.order, '--waitcontent', String(number), ...after];
    const post = ['--post', this.step(number), '--termination-log', join(this.step(number), 'log')];
    return [file, ...before, ...turn, ...post, ...flags, '--command', ...command];
  }

  /** Sets the order as the local runner does: whole or not at all. */
  async release(order: number): Promise<void> {
    await writeFile(`${this.order}.new`, `${order}\n`);
    await rename(`${this.order}.new`, this.order);
  }

  /** When the outcome of a step is there, in milliseconds of {@link now}. Call it before that can be. */
  async posted(number: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const watcher = watch(this.step(number), (_event, file) => {
        if (file === OUTCOME_FILE) settle(() => resolve(now()));
      });
      const timer = setTimeout(
        () => settle(() => reject(new Error(`step ${number} posted no outcome in 60 s`))),
        60_000,
      );
      function settle(how: () => void): void {
        clearTimeout(timer);
        watcher.close();
        how();
      }
    });
  }
}

/** The outcome of a step that went well. */
export function succeeded(number: number): string {
  const at = new Date().toISOString();
  return `${encodeOutcome({
    version: 1,
    step: '',
    number,
    outcome: 'Succeeded',
    exitCode: 0,
    startedAt: at,
    finishedAt: at,
    attempts: 1,
    reason: 'Completed',
    message: 'exit code 0',
  })}\n`;
}
