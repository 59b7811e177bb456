import { describe, expect, it } from 'vitest';
import { pathsWithin } from '../../cli/run/mounts.ts';
import { manifest, sh, taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

describe('a path under a mount is found', () => {
  it.each([
    ['by itself', '/data', '/data'],
    ['below it', 'echo hi >/data/x', '/data/x'],
    ['in quotes', 'cat "/data/a b"', '/data/a'],
    ['behind =', '--out=/data/x', '/data/x'],
    ['behind an option of one letter', 'cc -I/data/include', '/data/include'],
    ['in a list', '/usr/bin:/data/bin', '/data/bin'],
    ['as a URL', 'file:///data/x', '///data/x'],
    ['as a default', '${DIR:-/data/x}', '/data/x'],
    ['by a way round', '/srv/../data/./x', '/srv/../data/./x'],
    ['with a slash at its end', 'ls /data/', '/data/'],
    ['in JSON', '{"dir":"/data"}', '/data'],
  ])('%s: %s', (_, text, path) => {
    expect(pathsWithin('/data', [{ where: 'x', text }])).toEqual([{ where: 'x', path }]);
  });

  it.each([
    ['of another name', '/database /data-2 /data.old'],
    ['in another directory', '/srv/data $HOME/data ${X}/data ~/data ./data ../data $(pwd)/data'],
    ['of another host', 'http://server/data'],
    ['relative', 'data/x'],
  ])('but not one %s', (_, text) => {
    expect(pathsWithin('/data', [{ where: 'x', text }])).toEqual([]);
  });

  it('and a temporary directory that is private here too is none', () => {
    expect(pathsWithin('/tmp', [{ where: 'x', text: 'cd "${TMPDIR:-/tmp}"; ls ${TMPDIR-/tmp}/x' }])).toEqual(
      [],
    );
    expect(pathsWithin('/tmp/', [{ where: 'x', text: 'ls /tmp' }])).toHaveLength(1);
  });
});

describe('taskflow run --ignore-mounts', () => {
  const volumes = { volumes: [{ name: 'work', emptyDir: {} }] };
  const mounted = { volumeMounts: [{ name: 'work', mountPath: '/no/data' }] };
  const run = async (step: object, ...args: string[]) =>
    taskflow(['run', '--ignore-mounts', ...args, '-'], {
      input: manifest([{ ...sh('a', 'echo ran'), ...mounted, ...step }], 'test', volumes),
      cwd: await scratch(),
    });

  it('goes on without a volume that a step does not name', async () => {
    const { exitCode, stdout, stderr } = await run({});
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'a | ran\n' });
    expect(stderr).toContain('not applied: volumeMounts');
  });

  it('refuses a step that names one, in all that it may name it in, before anything runs', async () => {
    const { exitCode, stdout, stderr } = await run({
      command: ['sh', '-c', 'mkdir -p /no/data/out'],
      args: ['/no/data/in'],
      env: [
        { name: 'CACHE', value: '/no/data/cache' },
        { name: 'OTHER', value: '/no/database' },
      ],
      workingDir: '/no/data/src',
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const named of [
      '/no/data/out in command[2]',
      '/no/data/in in args[0]',
      '/no/data/cache in env CACHE',
      '/no/data/src in workingDir',
    ]) {
      expect(stderr).toContain(
        `Task test: step a names ${named}, which is in its mount work at /no/data: without the mount`,
      );
    }
    expect(stderr).not.toContain('OTHER');
  });

  it('looks into scripts', async () => {
    const { exitCode, stderr } = await run({ command: undefined, script: 'ls /no/data/x\n' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('step a names /no/data/x in its script');
  });

  it('goes on when the path is a variable’s, and that is given', async () => {
    const step = { command: ['sh', '-c', 'echo $CACHE'], env: [{ name: 'CACHE', value: '/no/data' }] };
    const { exitCode, stdout } = await run(step, '--env', 'CACHE=here');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'a | here\n' });
  });
});

describe('a working directory', () => {
  const volumes = { volumes: [{ name: 'work', emptyDir: {} }] };
  const mounted = { volumeMounts: [{ name: 'work', mountPath: '/no/data' }] };

  it('may be one that an earlier step makes: it is entered when the turn has come', async () => {
    const cwd = await scratch();
    const input = manifest([
      sh('clone', 'mkdir -p src/deep && echo built >src/deep/x'),
      { ...sh('build', 'cat x; pwd'), workingDir: 'src/deep' },
      { ...sh('late', 'true'), workingDir: `${cwd}/never` },
    ]);
    const { exitCode, stdout, stderr } = await taskflow(['run', '-'], { input, cwd });
    expect({ exitCode, stdout }).toEqual({
      exitCode: 126,
      stdout: `build | built\nbuild | ${cwd}/src/deep\n`,
    });
    expect(stderr).toContain(`cannot run in the workingDir ${cwd}/never: no such file or directory (ENOENT)`);
  });

  it.each([
    [
      'without --ignore-mounts',
      [],
      'step a mounts work at /no/data, and runs there (workingDir /no/data/src): a local process cannot mount volumes; run the Task in a cluster',
    ],
    [
      'with it',
      ['--ignore-mounts'],
      "step a names /no/data/src in workingDir, which is in its mount work at /no/data: without the mount that is this machine's own /no/data; leave workingDir out, or run the Task in a cluster",
    ],
  ])('in a mount gets one cure, %s', async (_, flags, message) => {
    const step = { ...sh('a', 'true'), ...mounted, workingDir: '/no/data/src' };
    const { exitCode, stderr } = await taskflow(['run', ...flags, '-'], {
      input: manifest([step], 'test', volumes),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `Task test: ${message}\n` });
  });

  it('is warned of where a subPath may be a file that an earlier step is to write', async () => {
    const input = manifest(
      [
        { ...sh('a', 'true'), ...mounted },
        {
          ...sh('b', 'true'),
          volumeMounts: [{ name: 'work', mountPath: '/etc/app.conf', subPath: 'app.conf' }],
        },
      ],
      'test',
      volumes,
    );
    const { stderr } = await taskflow(['run', '--ignore-mounts', '-'], { input });
    expect(stderr).toMatch(
      /^warning: step b mounts the subPath app\.conf of volume work, which the kubelet makes/,
    );
  });
});
