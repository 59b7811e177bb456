/** No path of a file, since it ends with a slash. */
const STDIN = 'stdin/';

/** yargs takes a lone `-` among several file names for an option without a name, and drops it. */
export function keepDash(args: readonly string[]): string[] {
  return args.map((arg) => (arg === '-' ? STDIN : arg));
}

/** The positional argument of every command that reads Tasks. */
export const manifestFiles = {
  array: true,
  type: 'string',
  demandOption: true,
  describe: 'Task manifests; - is standard input',
  coerce: (files: string[]) => files.map((file) => (file === STDIN ? '-' : file)),
} as const;
