import { CredentialsError } from '../controller/runtime/errors.ts';
import { ListenError } from '../controller/runtime/health/address.ts';
import { CredentialFileError } from '../shared/image/docker-config.ts';
import { ImageLookupError } from '../shared/image/errors.ts';
import { ImageReferenceError } from '../shared/image/reference.ts';
import { StepLookupError } from '../shared/image/steps.ts';
import { NoCommandError } from '../shared/pod/pod.ts';
import { ManifestError } from '../shared/manifest/errors.ts';
import { ScriptsTooLargeError } from '../shared/pod/scripts.ts';
import { plain } from '../shared/text.ts';
import { InvalidParamsError } from '../shared/task/references/fill.ts';
import { PodTooLargeError } from '../shared/task/size.ts';
import { SystemError, UsageError } from '../shared/turn/errors.ts';
import { ClusterError } from './cluster/connection.ts';
import { LocalRunError } from './run/plan.ts';

/** Exit codes of the CLI's own; a Task that ran gives that of its failing step. */
export const ExitCode = {
  /** Something is wrong with taskflow itself, or with the system. */
  Internal: 1,
  /** The arguments or the Task are not right; nothing was run. */
  BadInput: 2,
  /** As if SIGPIPE had ended it. */
  BrokenPipe: 141,
} as const;

const BAD_INPUT = [
  ManifestError,
  NoCommandError,
  StepLookupError,
  ImageLookupError,
  ImageReferenceError,
  CredentialFileError,
  InvalidParamsError,
  PodTooLargeError,
  ScriptsTooLargeError,
  LocalRunError,
  ClusterError,
  CredentialsError,
  ListenError,
  UsageError,
];

/** What a person is told, and what the process exits with. */
export function explain(error: unknown): { message: string; exitCode: number } {
  if (error instanceof AggregateError) {
    const all = error.errors.map(explain);
    return {
      message: all.map(({ message }) => message).join('\n'),
      exitCode: Math.min(...all.map(({ exitCode }) => exitCode)),
    };
  }
  if (BAD_INPUT.some((kind) => error instanceof kind)) {
    return { message: lines((error as Error).message), exitCode: ExitCode.BadInput };
  }
  if (error instanceof SystemError) {
    // Whoever reads no further has what they wanted.
    if (error.code === 'EPIPE') return { message: '', exitCode: ExitCode.BrokenPipe };
    return { message: `taskflow: ${error.message}`, exitCode: ExitCode.Internal };
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `taskflow: internal error, please report it: ${details}`, exitCode: ExitCode.Internal };
}

/** What a manifest or a registry said may be in it, but nothing that a terminal obeys. */
function lines(message: string): string {
  return message
    .split('\n')
    .map((line) => `${/^ */.exec(line)?.[0] ?? ''}${plain(line)}`)
    .join('\n');
}
