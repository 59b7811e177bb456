/** What a test may need of the machine; each says what is missing, and the cure, or `undefined` when it is there. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { readElf } from '../../scripts/build-agent/elf.ts';

/** Debian's busybox-static: one file that runs in an empty root. */
export const BUSYBOX = '/bin/busybox';

/** What gets the tools that come in Debian packages. */
export const CURE = 'node scripts/test-tools/main.ts, as root, installs it';

export const MACHINE = {
  root: () => (process.getuid?.() === 0 ? undefined : 'this needs root; run the tests as root'),
  busybox: async () => {
    const program = await readFile(BUSYBOX).catch(() => undefined);
    return program !== undefined && !readElf(program).dynamic
      ? undefined
      : `a static ${BUSYBOX} is missing; ${CURE}`;
  },
  python: () => tried('run python3', 'python3', ['-c', 'import fcntl', '']),
  bash: () => tried('run bash', 'bash', ['-c', 'exec "$@"', 'bash']),
  '20,000 descriptors': () => tried('open 20,000 files', 'sh', ['-c', 'ulimit -n 20000 && exec "$@"', 'sh']),
  namespaces: () =>
    tried('make a mount and a pid namespace', 'unshare', ['--mount', '--fork', '--pid', '--mount-proc']),
  terminals: () => tried('make a terminal', 'script', ['--quiet', '/dev/null', '--command']),
  'user namespaces': () => tried('make a user namespace', 'unshare', ['--user', '--map-root-user']),
  'time namespaces': () => tried('make a time namespace', 'unshare', ['--time']),
} as const satisfies Record<string, () => string | undefined | Promise<string | undefined>>;

export type Tool = keyof typeof MACHINE;

async function tried(what: string, command: string, args: readonly string[]): Promise<string | undefined> {
  const { exitCode, stderr } = await execa(command, [...args, 'true'], { reject: false });
  return exitCode === 0 ? undefined : `this machine cannot ${what}: ${stderr || `${command} is missing`}`;
}
