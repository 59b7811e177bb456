/** What the system may refuse: said in a line, never an "internal error", and nothing runs that should not. */
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { MAIN, manifest, sh } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

const IS_ROOT = process.getuid?.() === 0;
const RUN = `${process.execPath} ${MAIN} run`;
const PLAIN = [sh('a', 'echo a')];
const SCRIPT = [{ name: 'a', script: '#!/bin/sh\necho a\n' }];

/** A shell script, in a directory of its own, that runs the Task on its standard input. */
const rows: [string, object[], string, { exitCode: number; message: RegExp }][] = [
  [
    'TMPDIR is not there',
    PLAIN,
    `TMPDIR=/no/such ${RUN} -`,
    {
      exitCode: 2,
      message: /^taskflow: cannot write the run's files to \/no\/such: no such file.*set TMPDIR/,
    },
  ],
  [
    'TMPDIR is a file',
    PLAIN,
    `touch f; TMPDIR=$PWD/f ${RUN} -`,
    { exitCode: 2, message: /\/f: not a directory \(ENOTDIR\); set TMPDIR/ },
  ],
  [
    'TMPDIR is relative',
    [{ ...sh('a', 'echo a >$TMPDIR/x && cat $TMPDIR/x'), workingDir: '/' }],
    `mkdir tmp; TMPDIR=tmp ${RUN} -`,
    { exitCode: 0, message: /^Task/ },
  ],
  [
    'a command has a NUL',
    [{ name: 'a', command: ['echo', 'x\0y'] }],
    `${RUN} -`,
    { exitCode: 2, message: /^Task test: step a has a NUL in its command/ },
  ],
  [
    'a variable has a NUL',
    [{ ...sh('a', 'echo a'), env: [{ name: 'X', value: 'x\0y' }] }],
    `${RUN} -`,
    { exitCode: 2, message: /step a has a NUL in the variable "X"/ },
  ],
  [
    'a script has a NUL',
    [{ name: 'a', script: '#!/bin/sh\necho a\n: "\0"\n' }],
    `${RUN} -`,
    { exitCode: 0, message: /^Task/ },
  ],
  [
    'the current directory is gone',
    PLAIN,
    `mkdir gone; cd gone; rmdir ../gone; ${RUN} -`,
    {
      exitCode: 2,
      message: /^taskflow: the current directory does not exist any more; change to another one\n$/,
    },
  ],
  [
    'the working directory is a file',
    [{ ...sh('a', 'echo a'), workingDir: '/bin/sh' }],
    `${RUN} -`,
    { exitCode: 2, message: /has the workingDir \/bin\/sh, which is no directory/ },
  ],
  [
    'the argument list is too long',
    [{ name: 'a', command: ['echo', 'x'.repeat(200_000)] }],
    `${RUN} -`,
    { exitCode: 125, message: /a Error: its agent cannot be started: argument list too long \(E2BIG\)/ },
  ],
];

const AS_ROOT: typeof rows = [
  [
    'TMPDIR is mounted noexec',
    SCRIPT,
    `mkdir m; unshare -m sh -c 'mount -t tmpfs -o noexec t m && TMPDIR=$PWD/m ${RUN} -'`,
    {
      exitCode: 2,
      message:
        /^taskflow: the system runs no scripts that are in .*set TMPDIR to a directory that is not mounted noexec\n/,
    },
  ],
  [
    'TMPDIR is full',
    PLAIN,
    `mkdir m; unshare -m sh -c 'mount -t tmpfs -o size=4k,nr_inodes=4 t m && TMPDIR=$PWD/m ${RUN} -'`,
    {
      exitCode: 2,
      message:
        /^taskflow: cannot write the run's files to .*: no space left on device \(ENOSPC\); set TMPDIR/,
    },
  ],
  [
    'TMPDIR is not writable',
    PLAIN,
    `mkdir m; TMPDIR=$PWD/m; cd /; TMPDIR=$TMPDIR setpriv --reuid=65532 --regid=65532 --clear-groups ${RUN} -`,
    { exitCode: 2, message: /permission denied \(EACCES\); set TMPDIR/ },
  ],
  [
    'the current directory may not be entered',
    PLAIN,
    `mkdir -m 700 d; cd d; TMPDIR=/tmp setpriv --reuid=65532 --regid=65532 --clear-groups ${RUN} -`,
    { exitCode: 2, message: /step a runs in .*\/d, which may not be entered by this user/ },
  ],
  [
    'what a step left cannot be removed',
    [sh('a', 'touch $TMPDIR/x && chattr +i $TMPDIR/x')],
    `mkdir m; TMPDIR=$PWD/m ${RUN} -; c=$?; chattr -i m/*/tmp/1/x; exit $c`,
    {
      exitCode: 0,
      message:
        /Task test Successful in .*\ntaskflow: cannot remove .*\/tmp\/1\/x: operation not permitted \(EPERM\); it is left for you to remove\n$/,
    },
  ],
];

describe('taskflow run', () => {
  it.each(IS_ROOT ? [...rows, ...AS_ROOT] : rows)(
    'says it plainly when %s',
    async (_, steps, script, { exitCode, message }) => {
      const run = await inShell(script, steps);
      expect(run.stderr).toMatch(message);
      expect(run.stderr).not.toContain('internal error');
      expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({
        exitCode,
        stdout: exitCode === 0 && !run.stderr.includes('cannot remove') ? 'a | a\n' : '',
      });
    },
  );

  it('starts fewer agents ahead where the system has no descriptors for them', async () => {
    const steps = Array.from({ length: 20 }, (_, index) => sh(`s${index}`, `echo ${index}`));
    // Sixteen agents ahead would need three for each, beside those of Node.
    const { exitCode, stdout } = await inShell(`prlimit --nofile=40 ${RUN} -`, steps);
    expect(stdout).toBe(steps.map(({ name }, index) => `${name.padEnd(3)} | ${index}\n`).join(''));
    expect(exitCode).toBe(0);
  });

  it('passes on variables that are no UTF-8, byte for byte', async () => {
    const steps = [sh('a', 'printf %s "$X" | od -An -tx1')];
    const { stdout } = await inShell(`X=$'a\\xff\\xc3\\x28' ${RUN} -`, steps);
    expect(stdout).toBe('a |  61 ff c3 28\n');
  });
});

async function inShell(script: string, steps: object[]) {
  const input = manifest(steps as Parameters<typeof manifest>[0]);
  const cwd = await scratch();
  return execa('bash', ['-c', script], { cwd, input, reject: false, stripFinalNewline: false });
}
