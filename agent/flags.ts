/** The flags: one table for the parser, `--help` and the errors. */
import { QUIT } from '../shared/turn/order.ts';
import { type Command } from './platform.ts';
import { parseDuration } from '../shared/turn/duration.ts';
import { UsageError } from '../shared/turn/errors.ts';
import { chooseEntrypoint, EntrypointError } from './entrypoints.ts';
import { EXIT_CODES } from '../shared/turn/exit-codes.ts';

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
  first: { help: 'nothing comes before this step: it starts unless the gate holds it' },
  post: { value: 'DIR', help: "this step's own run directory, where its outcome goes" },
  step: { value: 'NAME', help: "this step's name, for the outcome" },
  out: { value: 'stdout|FILE', help: "the command's standard output: also into FILE, appended" },
  err: { value: 'stderr|FILE', help: "the command's standard error: also into FILE, appended" },
  timeout: {
    value: 'D',
    help: 'stop the step after this time, retries and the delays between them included',
  },
  grace: { value: 'D', help: 'from SIGTERM to SIGKILL when the step is stopped (default 30s)' },
  'on-error': {
    value: 'stop|continue',
    help: 'continue: record the failure, but exit 0 and let the chain go on',
  },
  retries: { value: 'N', help: 'run a command that failed again, up to N times' },
  'retry-delay': {
    value: 'D',
    help: 'before the first retry, doubled for each further one up to 5m (default 1s)',
  },
  'pause-after': {
    value: 'always|failure',
    help: 'when the command is over, hold until the order is above N',
  },
  results: {
    value: 'DIR',
    help: 'files that the command leaves there go into the outcome; $TASKFLOW_RESULTS names it',
  },
  workdir: {
    value: 'DIR',
    help: 'the directory to run the command in, entered when its turn has come; an absolute path',
  },
  'termination-log': {
    value: 'FILE',
    help: 'where the outcome also goes, if it exists (default /dev/termination-log)',
  },
  lifeline: {
    value: 'FD',
    help: 'an inherited descriptor, 3 or more; its end of file means that the run is gone: the step ends',
  },
  entrypoints: {
    value: 'JSON',
    help: 'what comes before the command, by platform: {"linux/amd64":["/run"]}; the own one is chosen',
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
  first: boolean;
  post: string | undefined;
  step: string;
  out: string | undefined;
  err: string | undefined;
  timeout: number | undefined;
  grace: number;
  onError: 'stop' | 'continue';
  retries: number;
  retryDelay: number;
  pauseAfter: 'always' | 'failure' | undefined;
  results: string | undefined;
  workdir: string | undefined;
  terminationLog: string;
  lifeline: number | undefined;
}

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
  if (verb !== undefined) {
    throw new UsageError(`unexpected argument "${verb}"; the command goes after --command`);
  }
  const before = readEntrypoint(readValue('entrypoints', given), machine);
  const at = marker < 0 ? args.length : marker + 1;
  const command = { argv: [...before, ...args.slice(at)], at, before: before.length };
  if (command.argv.length === 0) throw new UsageError('no command; write: --command CMD [ARG...]');
  if (command.argv[0] === '') throw new UsageError('the command is empty; write: --command CMD [ARG...]');
  return { kind: 'run', options: readOptions(given), command, dryRun: isOn('dry-run', given) };
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
    ...exitCodeLines(),
    '',
  ].join('\n');
}

function exitCodeLines(): string[] {
  const rows = Object.values(EXIT_CODES).map(
    ({ code, help: text }) => `  ${String(code).padEnd(5)}  ${text}`,
  );
  return ['Exit codes:', "  0-255  the command's own", ...rows];
}

interface Read {
  /** The values of each flag, in order. */
  readonly given: ReadonlyMap<Name, readonly string[]>;
  readonly words: readonly string[];
}

/** `--name VALUE` or `--name=VALUE`; a switch needs no value; one dash is as good as two. */
function readFlags(args: readonly string[]): Read {
  const given = new Map<Name, string[]>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const [, written, own] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const name = NAMES.find((each) => each === written);
    if (written === undefined) {
      words.push(arg);
      continue;
    }
    if (name === undefined)
      throw new UsageError(`unknown flag ${arg.split('=', 1)[0]}; see taskflow-agent --help`);
    const value = own === undefined && isValue(name, args[at + 1]) ? args[++at] : own;
    given.set(name, [...(given.get(name) ?? []), value ?? (flag(name).value === undefined ? 'true' : '')]);
  }
  return { given, words };
}

/** Whether what comes after a flag is its value: another flag is not, a negative number is. */
function isValue(name: Name, next: string | undefined): next is string {
  if (next === undefined) return false;
  return flag(name).value === undefined ? next === 'true' || next === 'false' : !/^-+[^\d-]/.test(next);
}

function isOn(name: Name, given: Read['given']): boolean {
  const value = single(name, given) ?? 'false';
  if (value !== 'true' && value !== 'false')
    throw new UsageError(`--${name} "${value}": expected true or false`);
  return value === 'true';
}

function readOptions(given: Read['given']): Options {
  const value = (name: Name): string | undefined => readValue(name, given);
  const integer = (name: Name): number | undefined => readInteger(name, value(name));
  const duration = (name: Name): number | undefined => readDuration(name, value(name));
  const file = (name: Name, stream: string): string | undefined => {
    const path = value(name);
    return path === stream ? undefined : path;
  };

  const number = integer('waitcontent');
  const wait = value('wait');
  const gate = value('gate');
  const pauseAfter = readWord('pause-after', value('pause-after'), ['always', 'failure'] as const);
  const retries = integer('retries') ?? 0;
  if (number !== undefined && number < 1) throw new UsageError('--waitcontent: steps are numbered from 1');
  if (number === undefined && (wait !== undefined || gate !== undefined)) {
    throw new UsageError("--wait and --gate need this step's number; add --waitcontent N");
  }
  if (pauseAfter !== undefined && wait === undefined) {
    throw new UsageError('--pause-after needs the order that ends the pause; add --wait FILE');
  }
  const first = isOn('first', given);
  const after = (given.get('after') ?? []).map((each) => filled('after', each));
  const lifeline = integer('lifeline');
  if (lifeline !== undefined && lifeline < 3) {
    throw new UsageError("--lifeline: descriptors 0 to 2 are the command's own; give it 3 or more");
  }
  if (first && after.length > 0) {
    throw new UsageError('--first says that nothing comes before this step; leave out --after, or --first');
  }
  if (retries < 0) throw new UsageError('--retries cannot be negative');
  return {
    wait,
    number,
    quit: integer('quit') ?? QUIT,
    gate,
    after,
    first,
    post: value('post'),
    step: value('step') ?? '',
    out: file('out', 'stdout'),
    err: file('err', 'stderr'),
    timeout: duration('timeout'),
    grace: duration('grace') ?? 30_000,
    onError: readWord('on-error', value('on-error'), ['stop', 'continue'] as const) ?? 'stop',
    retries,
    retryDelay: duration('retry-delay') ?? 1_000,
    pauseAfter,
    results: value('results'),
    workdir: value('workdir'),
    terminationLog: value('termination-log') ?? '/dev/termination-log',
    lifeline,
  };
}

function readValue(name: Name, given: Read['given']): string | undefined {
  const value = single(name, given);
  return value === undefined ? undefined : filled(name, value);
}

function single(name: Name, given: Read['given']): string | undefined {
  const [value, ...more] = given.get(name) ?? [];
  if (more.length > 0) throw new UsageError(`--${name} is given more than once`);
  return value;
}

function filled(name: Name, value: string): string {
  if (value === '') throw new UsageError(`--${name} has no value; write: --${name} ${flag(name).value}`);
  return value;
}

function readInteger(name: Name, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw new UsageError(`--${name} "${text}" is not an integer`);
  return Number(text);
}

function readDuration(name: Name, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--${name} "${text}" is not a duration; write 90s or 1h2m`);
  return ms;
}

function readWord<Word extends string>(
  name: Name,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  const word = words.find((each) => each === text);
  if (text !== undefined && word === undefined) {
    throw new UsageError(`--${name} "${text}" is neither ${words.join(' nor ')}`);
  }
  return word;
}
