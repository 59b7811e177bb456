/** The flags: one table for the parser, `--help` and the errors. */
import parse from 'yargs-parser/browser';
import { QUIT } from '../shared/order.ts';
import { type Command } from './platform.ts';
import { parseDuration } from './duration.ts';

interface Flag {
  /** What stands for the value in the help; absent for a switch. */
  value?: string;
  many?: true;
  help: string;
}

const FLAGS = {
  wait: { value: 'FILE', help: 'the order file; missing or not an integer: keep waiting' },
  waitcontent: { value: 'N', help: "this step's number; starts when the order is N or more" },
  quit: { value: 'N', help: `the order that cancels (default ${QUIT})` },
  gate: { value: 'FILE', help: 'the gate file; missing or empty: no gate' },
  after: { value: 'DIR', many: true, help: "the predecessor's run directory; may be given more than once" },
  post: { value: 'DIR', help: "this step's own run directory, where its outcome goes" },
  step: { value: 'NAME', help: "this step's name, for the outcome" },
  out: { value: 'stdout|FILE', help: "the command's standard output: also into FILE, appended" },
  err: { value: 'stderr|FILE', help: "the command's standard error: also into FILE, appended" },
  grace: { value: 'D', help: 'from SIGTERM to SIGKILL when the step is stopped (default 30s)' },
  'termination-log': {
    value: 'FILE',
    help: 'where the outcome also goes, if it exists (default /dev/termination-log)',
  },
  'dry-run': { help: 'print as JSON what would be waited for and run; run nothing' },
  version: { help: 'print the version' },
  help: { help: 'print this' },
} as const satisfies Record<string, Flag>;

type Name = keyof typeof FLAGS;

const NAMES = Object.keys(FLAGS) as Name[];
const flag = (name: Name): Flag => FLAGS[name];

/** What the agent was asked to do. */
export type Request =
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'install'; directory: string }
  | { kind: 'run'; options: Options; command: Command; dryRun: boolean };

/** The flags of one step. Durations are milliseconds. */
export interface Options {
  wait: string | undefined;
  number: number | undefined;
  quit: number;
  gate: string | undefined;
  after: readonly string[];
  post: string | undefined;
  step: string;
  out: string | undefined;
  err: string | undefined;
  grace: number;
  terminationLog: string;
}

/** Arguments that make no sense; the message says which and what to write instead. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * Reads the agent's arguments. Everything after the first `--command` or `--` is the command, untouched.
 *
 * @throws {UsageError}
 * @example parseFlags(['--wait', '/etc/podinfo/order', '--waitcontent', '3', '--command', '/script.sh', '100'])
 */
export function parseFlags(args: readonly string[]): Request {
  const marker = args.findIndex((arg) => arg === '--command' || arg === '--');
  const own = marker < 0 ? args : args.slice(0, marker);
  const parsed = parse(own, {
    array: NAMES.filter((name) => flag(name).many),
    boolean: NAMES.filter((name) => flag(name).value === undefined),
    string: NAMES.filter((name) => flag(name).value !== undefined),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
      'duplicate-arguments-array': true,
    },
  });
  if (parsed['help'] === true) return { kind: 'help' };
  if (parsed['version'] === true) return { kind: 'version' };
  refuseUnknown(parsed);

  const [verb, directory, ...rest] = parsed['_'] as string[];
  if (verb === 'install' && marker < 0) {
    if (directory === undefined || rest.length > 0) throw new UsageError('write: install DIR');
    return { kind: 'install', directory };
  }
  if (verb !== undefined) {
    throw new UsageError(`unexpected argument "${verb}"; the command goes after --command`);
  }
  const command = { argv: args.slice(marker + 1), at: marker + 1 };
  if (marker < 0 || command.argv.length === 0)
    throw new UsageError('no command; write: --command CMD [ARG...]');
  if (command.argv[0] === '') throw new UsageError('the command is empty; write: --command CMD [ARG...]');
  return { kind: 'run', options: readOptions(parsed), command, dryRun: parsed['dry-run'] === true };
}

/** The text of `--help`. */
export function help(): string {
  const left = (name: Name): string =>
    `--${name}${flag(name).value === undefined ? '' : ` ${flag(name).value}`}`;
  const width = Math.max(...NAMES.map((name) => left(name).length));
  const rows = NAMES.map((name) => `  ${left(name).padEnd(width)}  ${flag(name).help}`);
  return [
    'Runs one step of a taskflow Task: waits for its turn, runs the command, says how it ended.',
    '',
    'taskflow-agent install DIR                     copy this program to DIR/agent',
    'taskflow-agent [flags] --command CMD [ARG...]  everything after --command is the command',
    'taskflow-agent [flags] -- CMD [ARG...]         the same',
    '',
    ...rows,
    '',
    "Exit codes: the command's own; 128+n when signal n ended it; 121 skipped; 122 cancelled; 125 the agent failed;",
    '126 the command cannot be executed; 127 it was not found.',
    '',
  ].join('\n');
}

function refuseUnknown(parsed: Record<string, unknown>): void {
  for (const name of Object.keys(parsed)) {
    if (name !== '_' && !Object.hasOwn(FLAGS, name)) {
      throw new UsageError(`unknown flag ${name.length === 1 ? '-' : '--'}${name}; see --help`);
    }
  }
}

function readOptions(parsed: Record<string, unknown>): Options {
  const value = (name: Name): string | undefined => readValue(name, parsed[name]);
  const number = readInteger('waitcontent', value('waitcontent'));
  const wait = value('wait');
  const gate = value('gate');
  if (number !== undefined && number < 1) throw new UsageError('--waitcontent: steps are numbered from 1');
  if (number === undefined && (wait !== undefined || gate !== undefined)) {
    throw new UsageError("--wait and --gate need this step's number; add --waitcontent N");
  }
  const out = value('out');
  const err = value('err');
  const grace = value('grace');
  return {
    wait,
    number,
    quit: readInteger('quit', value('quit')) ?? QUIT,
    gate,
    after: ((parsed['after'] ?? []) as unknown[]).map((each) => readValue('after', each) ?? ''),
    post: value('post'),
    step: value('step') ?? '',
    out: out === 'stdout' ? undefined : out,
    err: err === 'stderr' ? undefined : err,
    grace: grace === undefined ? 30_000 : readDuration('grace', grace),
    terminationLog: value('termination-log') ?? '/dev/termination-log',
  };
}

function readValue(name: Name, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw new UsageError(`--${name} is given more than once`);
  if (typeof value !== 'string' || value === '') {
    throw new UsageError(`--${name} has no value; write: --${name} ${flag(name).value}`);
  }
  return value;
}

function readInteger(name: Name, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw new UsageError(`--${name} "${text}" is not an integer`);
  return Number(text);
}

function readDuration(name: Name, text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--${name} "${text}" is not a duration; write 90s or 1h2m`);
  return ms;
}
