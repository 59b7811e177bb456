/** What a local run reports, in the order in which it happens. `-o json` prints these, one a line. */
import { isUtf8 } from 'node:buffer';
import { type Result } from '../../shared/task/results.ts';
import { type ResumeAction } from '../../shared/turn/resume.ts';
import { type Held } from './holds.ts';
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
  | ({
      type: 'Log';
      task: string;
      step: string;
      number: number;
      stream: 'stdout' | 'stderr';
    } & LogLine)
  /** The end of a line that has no end yet. It is for views: `-o json` leaves it out. */
  | { type: 'Progress'; task: string; step: string; number: number; text: string }
  /** It waits for a person; `run` is what `taskflow resume --run` takes. */
  | ({ type: 'StepHeld'; task: string; run: string } & Held)
  | ({ type: 'StepResumed'; task: string; action: ResumeAction } & Omit<Held, 'since'>)
  | ({ type: 'StepFinished'; task: string } & Omit<Outcome, 'version'>)
  /** Somebody typed a line, which the terminal has shown. It is for views: `-o json` leaves it out. */
  | { type: 'Typed'; task: string }
  /** Something that a person should know. */
  | { type: 'Notice'; task: string; text: string }
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
      /** What the Task left, as its spec.results says. */
      results?: readonly Result[];
      message: string;
    }
  /** Tasks that were to run after one that did not succeed. */
  | { type: 'TasksSkipped'; tasks: readonly string[]; after: string };

/** What a step printed, without its newline. */
export interface LogLine {
  /** As text; U+FFFD stands for what is no UTF-8. */
  line: string;
  /** The bytes, where they are no UTF-8. */
  base64?: string;
  /** The line goes on in the next event of this stream: a longer one than 64 KiB comes in parts. */
  partial?: true;
}

/** @example logLine(Buffer.from([0xff]), false) // { line: '\ufffd', base64: '/w==' } */
export function logLine(bytes: Buffer, isPartial: boolean): LogLine {
  return {
    line: bytes.toString(),
    ...(!isUtf8(bytes) && { base64: bytes.toString('base64') }),
    ...(isPartial && { partial: true as const }),
  };
}

/** The bytes of a line, as the step printed them. */
export function bytesOf({ line, base64 }: LogLine): Buffer {
  return base64 === undefined ? Buffer.from(line) : Buffer.from(base64, 'base64');
}

/** A promise that it returns is waited for, so that a step prints no faster than somebody reads. */
export type Report = (event: RunEvent) => void | Promise<void>;

/** Shows events as they come. */
export interface Reporter {
  readonly report: Report;
  /** Puts the terminal back as it was. */
  readonly close: () => void;
}
