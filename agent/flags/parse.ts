/** From arguments to what the agent is asked to do. */
import { UsageError } from '../../shared/turn/errors.ts';
import { FillError, parseFill, type Fill } from '../../shared/turn/fill.ts';
import { chooseEntrypoint, EntrypointError } from '../entrypoints.ts';
import { type Plan } from '../fill.ts';
import { readOptions, type Options } from './options.ts';
import { isOn, readFlags, readValue } from './values.ts';

/** What the agent was asked to do. */
export type Request =
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'install'; directory: string }
  | { kind: 'held'; post: string }
  | { kind: 'run'; options: Options; plan: Plan; dryRun: boolean };

/**
 * Reads the agent's arguments. Everything after the first `--command` or `--` is the command, untouched.
 *
 * @param machine - the platform to choose one of `--entrypoints` for
 * @throws {UsageError}
 * @example parseFlags(['--wait', '/etc/podinfo/order', '--waitcontent', '3', '--command', '/script.sh', '100'], 'linux/amd64')
 */
export function parseFlags(args: readonly string[], machine: string): Request {
  const marker = args.findIndex((arg) => arg === '--command' || arg === '--');
  const own = marker < 0 ? args : args.slice(0, marker);
  const { given, words } = readFlags(own);
  if (isOn('help', given)) return { kind: 'help' };
  if (isOn('version', given)) return { kind: 'version' };

  const [verb, directory, ...rest] = words;
  if (verb === 'install' && marker < 0) {
    if (directory === undefined || rest.length > 0) throw new UsageError('write: install DIR');
    return { kind: 'install', directory };
  }
  if (verb === 'held' && marker < 0) {
    const post = readValue('post', given);
    if (post === undefined || given.size > 1 || words.length > 1)
      throw new UsageError('write: held --post DIR');
    return { kind: 'held', post };
  }
  if (verb !== undefined) {
    throw new UsageError(`unexpected argument "${verb}"; the command goes after --command`);
  }
  const before = readEntrypoint(readValue('entrypoints', given), machine);
  const at = marker < 0 ? args.length : marker + 1;
  const after = args.slice(at);
  const fill = readFill(readValue('fill', given), after.length);
  const first = [...before, ...(fill.argv ?? after)][0];
  if (first === undefined) throw new UsageError('no command; write: --command CMD [ARG...]');
  if (first === '') throw new UsageError('the command is empty; write: --command CMD [ARG...]');
  const plan = { before, words: after, at, fill };
  return { kind: 'run', options: readOptions(given), plan, dryRun: isOn('dry-run', given) };
}

/** @throws {UsageError} */
function readFill(json: string | undefined, words: number): Fill {
  try {
    return json === undefined ? {} : parseFill(json, words);
  } catch (error) {
    if (!(error instanceof FillError)) throw error;
    throw new UsageError(`--fill: ${error.message}`);
  }
}

/** @throws {UsageError} */
function readEntrypoint(json: string | undefined, machine: string): readonly string[] {
  try {
    return json === undefined ? [] : chooseEntrypoint(json, machine);
  } catch (error) {
    if (!(error instanceof EntrypointError)) throw error;
    throw new UsageError(`--entrypoints ${error.message}`);
  }
}
