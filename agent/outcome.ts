/** Turns how a step ended into its outcome, and posts it. */
import {
  encodeOutcome,
  OUTCOME_FILE,
  OutcomeError,
  parseOutcome,
  type Outcome,
} from '../shared/turn/outcome.ts';
import { BY_RESUME, type Ending } from '../shared/turn/ending.ts';
import { EXIT_CODES } from '../shared/turn/exit-codes.ts';
import { type ResumeAction } from '../shared/turn/resume.ts';
import { type Options } from './flags/options.ts';
import { SystemError } from '../shared/turn/errors.ts';
import { type Command, type Exit, type Platform } from './platform.ts';
import { SIGKILL, signalName } from '../shared/turn/signals.ts';
import { isShortage, type Ended } from './step.ts';

/** @param losses - what of its output is lost: said, but no reason to fail a command that went well */
export function ranTo(
  { exit, stopped, attempts }: Ended,
  losses: readonly string[],
  command: Command,
): Ending {
  const result = { ...describeExit(exit, command), attempts };
  const attempt = attempts > 1 ? `, attempt ${attempts}` : '';
  const message = [`${result.message}${attempt}`, ...losses].join('; output is lost: ');
  switch (stopped) {
    case undefined:
      return { ...result, message };
    case 'Cancelled':
      return {
        ...result,
        outcome: 'Cancelled',
        reason: 'Cancelled',
        message: `the Task was cancelled; ${message}`,
      };
    case 'RunGone':
      return { ...result, outcome: 'Cancelled', reason: 'RunGone', message: `the run is gone; ${message}` };
    case 'TimedOut': {
      const exitCode = EXIT_CODES.TIMED_OUT.code;
      return {
        ...result,
        outcome: 'TimedOut',
        exitCode,
        reason: 'DeadlineExceeded',
        message: `timed out; ${message}`,
      };
    }
  }
}

/** A failure that the chain may go on after: the container exits 0, the record keeps the real code. */
export function continued(outcome: Outcome): Outcome {
  const failed = outcome.outcome === 'Failed' || outcome.outcome === 'TimedOut';
  return failed ? { ...outcome, outcome: 'Continued' } : outcome;
}

/** What becomes of a step that was held after its command, once it is told. It is failed, or not, whatever `--on-error` says. */
export function resumed(outcome: Outcome, action: Exclude<ResumeAction, 'Retry'>): Outcome {
  if (action === 'Continue' || (action === 'Skip' && outcome.outcome === 'Succeeded')) return outcome;
  const { reason, message } = BY_RESUME[action];
  const said = { ...outcome, reason, message: `${outcome.message}; ${message}` };
  // A success has no code of its own that could say so.
  return action === 'Skip'
    ? continued(said)
    : { ...said, outcome: 'Failed', exitCode: outcome.exitCode || 1 };
}

function describeExit(exit: Exit, command: Command): Ending {
  switch (exit.kind) {
    case 'exited':
      return exit.code === 0
        ? { outcome: 'Succeeded', exitCode: 0, reason: 'Completed', message: 'exit code 0' }
        : { outcome: 'Failed', exitCode: exit.code, reason: 'Error', message: `exit code ${exit.code}` };
    case 'signaled': {
      const signal = signalName(exit.signal);
      const exitCode = EXIT_CODES.SIGNALED.code + exit.signal;
      return { outcome: 'Failed', exitCode, signal, reason: 'Signaled', message: `ended by ${signal}` };
    }
    case 'unstoppable':
      return {
        outcome: 'Failed',
        exitCode: EXIT_CODES.SIGNALED.code + SIGKILL,
        reason: 'CommandNotEnded',
        message: `the command cannot be ended: ${exit.why}`,
      };
    case 'astray': {
      const missing = exit.error.code === 'ENOENT';
      return {
        outcome: 'Failed',
        exitCode: EXIT_CODES.NOT_EXECUTABLE.code,
        reason: 'NoWorkingDirectory',
        message: `cannot run in the workingDir ${exit.error.message}${missing ? '; an earlier step has to make it' : ''}`,
      };
    }
    case 'unstartable': {
      const missing = exit.error.code === 'ENOENT' || exit.error.code === 'ENOTDIR';
      return {
        outcome: 'Failed',
        exitCode: missing ? EXIT_CODES.NOT_FOUND.code : EXIT_CODES.NOT_EXECUTABLE.code,
        reason: missing ? 'CommandNotFound' : isShortage(exit) ? 'OutOfResources' : 'CommandNotExecutable',
        message: `cannot run ${exit.error.message}${hint(exit.error.code, command)}`,
      };
    }
  }
}

function hint(code: string, { argv: [name = ''] }: Command): string {
  switch (code) {
    case 'E2BIG':
      return '; an argument or a variable has at most 128 KiB, all together a quarter of the stack (ulimit -s)';
    case 'EAGAIN':
      return '; too many processes for this user or this container (ulimit -u, the limit of pids)';
    case 'EMFILE':
      return '; too few are allowed (ulimit -n)';
    case 'ENOENT':
    case 'ENOTDIR':
      return name.includes('/')
        ? '; it, or the interpreter that its #! names, is not in this image'
        : '; it is not in PATH';
    default:
      return '';
  }
}

/** The outcome this very step posted before, when the kubelet started its container once more. */
export function postedBefore(platform: Platform, { post }: Options): Outcome | undefined {
  if (post === undefined) return undefined;
  const path = `${post}/${OUTCOME_FILE}`;
  try {
    return parseOutcome(platform.files.read(path));
  } catch (error) {
    if (error instanceof OutcomeError) platform.warn(`${path}: ${error.message}; running the step`);
    else if (!(error instanceof SystemError)) throw error;
    return undefined;
  }
}

/**
 * Posts the outcome to the run directory and the termination log.
 *
 * @throws {SystemError} when the run directory does not take it: then no later step can start by hand-off.
 */
export function postOutcome(platform: Platform, options: Options, outcome: Outcome): void {
  const text = `${encodeOutcome(outcome)}\n`;
  const { files } = platform;
  if (options.post !== undefined) files.replace(`${options.post}/${OUTCOME_FILE}`, text);
  try {
    files.overwrite(options.terminationLog, text);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // The kubelet makes the file; without one nobody reads it.
    if (error.code === 'ENOENT') return;
    platform.warn(`taskflow-agent: the termination log is not written: ${error.message}`);
  }
}
