/** Linux signal numbers, the same on amd64 and arm64. The exit code 128+n and the outcome's `signal` follow these. */
const NAMES = [
  ...[
    'HUP',
    'INT',
    'QUIT',
    'ILL',
    'TRAP',
    'ABRT',
    'BUS',
    'FPE',
    'KILL',
    'USR1',
    'SEGV',
    'USR2',
    'PIPE',
    'ALRM',
  ],
  ...[
    'TERM',
    'STKFLT',
    'CHLD',
    'CONT',
    'STOP',
    'TSTP',
    'TTIN',
    'TTOU',
    'URG',
    'XCPU',
    'XFSZ',
    'VTALRM',
    'PROF',
  ],
  ...['WINCH', 'IO', 'PWR', 'SYS'],
];

export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGKILL = 9;
export const SIGTERM = 15;

/** @example signalName(15) // 'SIGTERM' */
export function signalName(number: number): string {
  const name = NAMES[number - 1];
  return name === undefined ? `signal ${number}` : `SIG${name}`;
}

/** The number of a signal by its name, `SIGTERM`; `undefined` for one that Linux does not have. */
export function signalNumber(name: string): number | undefined {
  const index = NAMES.indexOf(name.replace(/^SIG/, ''));
  return index < 0 ? undefined : index + 1;
}
