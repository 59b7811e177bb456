/** The flags: one table for the parser, `--help` and the errors. */
import { EXIT_CODES } from '../../shared/turn/exit-codes.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { MAX_OUTCOME_BYTES } from '../../shared/turn/outcome.ts';

/** One flag. */
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
  over: { value: 'FILE', help: 'what is said of steps that post no outcome; missing or empty: nothing' },
  after: { value: 'DIR', many: true, help: "a predecessor's run directory; may be given more than once" },
  first: { help: 'nothing comes before this step: it starts unless the gate holds it' },
  always: { help: 'run however the predecessors ended, also when they were cancelled' },
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
    help: 'when the command is over, or failed, hold until --resume says how to go on; without it until the order is above N',
  },
  'pause-before': { help: 'when the turn has come, hold in the same way before the command starts' },
  resume: {
    value: 'FILE',
    help: 'what held steps were told: {"steps":{"N":[{"action":"Continue|Retry|Skip|Fail","by":WHO}]}}, an entry for each hold',
  },
  results: {
    value: 'DIR',
    help: 'where the command leaves its results, which go into the outcome; $TASKFLOW_RESULTS names it',
  },
  'outcome-bytes': {
    value: 'N',
    help: `how much of the outcome its readers get; results beyond it are named with their size (default ${MAX_OUTCOME_BYTES})`,
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
  fill: {
    value: 'JSON',
    help: 'what of the command, of its environment and of its conditions earlier steps say: {"argv":[0,[{"run":DIR,"of":"results/NAME"}]]}',
  },
  'dry-run': { help: 'print as JSON what would be waited for and run; run nothing' },
  version: { help: 'print the version' },
  help: { help: 'print this' },
} as const satisfies Record<string, Flag>;

export type Name = keyof typeof FLAGS;

export const NAMES = Object.keys(FLAGS) as Name[];
export const flag = (name: Name): Flag => FLAGS[name];

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
    'taskflow-agent held --post DIR                 a readiness probe: wait until the step of DIR is held (0) or no more (1)',
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
