/** The flags: one table for the parser, `--help` and the errors. */
import parse from 'yargs-parser/browser';
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
  refuseWords(own);
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
  const before = readEntrypoint(readValue('entrypoints', parsed['entrypoints']), machine);
  const at = marker < 0 ? args.length : marker + 1;
  const command = { argv: [...before, ...args.slice(at)], at, before: before.length };
  if (command.argv.length === 0) throw new UsageError('no command; write: --command CMD [ARG...]');
  if (command.argv[0] === '') throw new UsageError('the command is empty; write: --command CMD [ARG...]');
  return { kind: 'run', options: readOptions(parsed), command, dryRun: parsed['dry-run'] === true };
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

function refuseUnknown(parsed: Record<string, unknown>): void {
  for (const name of Object.keys(parsed)) {
    if (name !== '_' && !Object.hasOwn(FLAGS, name)) {
      throw new UsageError(
        `unknown flag ${name.length === 1 ? '-' : '--'}${name}; see taskflow-agent --help`,
      );
    }
  }
}

/** What the parser would take for false, or for nothing at all. */
function refuseWords(args: readonly string[]): void {
  for (const [at, arg] of args.entries()) {
    const [, given = '', word] = /^--?([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const name = NAMES.find((each) => each === given);
    if (name === undefined) continue;
    if (flag(name).value === undefined && word !== undefined && !/^(true|false)$/.test(word)) {
      throw new UsageError(`--${name} "${word}": expected true or false`);
    }
    if (flag(name).many === true && word === undefined && (args[at + 1] ?? '--').startsWith('--')) {
      throw new UsageError(`--${name} has no value; write: --${name} ${flag(name).value}`);
    }
  }
}

function readOptions(parsed: Record<string, unknown>): Options {
  const value = (name: Name): string | undefined => readValue(name, parsed[name]);
  const integer = (name: Name): number | undefined => readInteger(name, value(name));
  const duration = (name: Name): number | undefined => readDuration(name, value(name));
  const file = (name: Name, stream: string): string | undefined => {
    const given = value(name);
    return given === stream ? undefined : given;
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
  const lifeline = integer('lifeline');
  if (lifeline !== undefined && lifeline < 3) {
    throw new UsageError("--lifeline: descriptors 0 to 2 are the command's own; give it 3 or more");
  }
  if (parsed['first'] === true && parsed['after'] !== undefined) {
    throw new UsageError('--first says that nothing comes before this step; leave out --after, or --first');
  }
  if (retries < 0) throw new UsageError('--retries cannot be negative');
  return {
    wait,
    number,
    quit: integer('quit') ?? QUIT,
    gate,
    after: ((parsed['after'] ?? []) as unknown[]).map((each) => readValue('after', each) ?? ''),
    first: parsed['first'] === true,
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
