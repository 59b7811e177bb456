/** What a local run reports, in the order in which it happens. `-o json` prints these, one a line. */
import { type Outcome } from '../../shared/turn/outcome.ts';

export type TaskStatus = 'Successful' | 'Failure' | 'Cancelled';

/** Why it has that status; `TimedOut` when the Task's own timeout ended it. */
export type TaskReason = 'Succeeded' | 'StepFailed' | 'TimedOut' | 'Cancelled';

export type RunEvent =
  | {
      type: 'TaskStarted';
      task: string;
      steps: readonly string[];
      agent: string;
      differences: readonly string[];
    }
  | { type: 'StepStarted'; task: string; step: string; number: number }
  | { type: 'Log'; task: string; step: string; number: number; stream: 'stdout' | 'stderr'; line: string }
  | ({ type: 'StepFinished'; task: string } & Omit<Outcome, 'version'>)
  | { type: 'Stopping'; task: string; signal: string }
  | { type: 'Suspended' }
  | { type: 'Resumed' }
  | {
      type: 'TaskFinished';
      task: string;
      status: TaskStatus;
      reason: TaskReason;
      exitCode: number;
      durationMs: number;
      message: string;
    }
  /** Tasks that were to run after one that did not succeed. */
  | { type: 'TasksSkipped'; tasks: readonly string[]; after: string };

/** Shows events as they come. */
export interface Reporter {
  readonly report: (event: RunEvent) => void;
  /** Puts the terminal back as it was. */
  readonly close: () => void;
}
