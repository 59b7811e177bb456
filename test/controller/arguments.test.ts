import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { readControllerArguments } from '../../controller/arguments.ts';
import { controllerOptions, ENV_PREFIX } from '../../controller/options.ts';

const switches = Object.entries(controllerOptions).flatMap(([name, { type }]) =>
  type === 'boolean' ? [name] : [],
);
const named = Object.entries(controllerOptions).flatMap(([name, { type }]) =>
  type === 'boolean' ? [] : [name],
);

describe('the arguments of the controller', () => {
  it('can be variables', () => {
    const env = { [`${ENV_PREFIX}_WORKERS`]: '9', [`${ENV_PREFIX}_LEADER_ELECT`]: 'false' };
    expect(readControllerArguments([], env)).toMatchObject({ values: { workers: 9, leaderElect: false } });
    expect(readControllerArguments(['--workers', '3'], env)).toMatchObject({ values: { workers: 3 } });
  });

  it.each(switches)('--%s takes true or false, and nothing else', (name) => {
    for (const word of ['client', 'server', 'yes', '1', 'True']) {
      expect(() => readControllerArguments([`--${name}=${word}`], {})).toThrow('expected true or false');
    }
  });

  it.each(named)('--%s needs a value', (name) => {
    for (const argv of [[`--${name}`], [`--${name}=`], [`--${name}`, '--dry-run']])
      expect(() => readControllerArguments(argv, {})).toThrow(`--${name} needs a value`);
  });

  it.each([
    ['taskflow-controller', ['../../controller/main.ts']],
    ['taskflow controller', ['../../cli/main.ts', 'controller']],
  ])('%s explains them, and tells its version', async (program, [file = '', ...before]) => {
    const command = [new URL(file, import.meta.url).pathname, ...before];
    const { stdout } = await execa(process.execPath, [...command, '--help']);
    expect(stdout).toContain(`${program} [OPTIONS]`);
    for (const name of Object.keys(controllerOptions)) expect(stdout).toContain(`--${name}`);
    expect(stdout).toContain(`${ENV_PREFIX}_AGENT_IMAGE`);
    expect((await execa(process.execPath, [...command, '--version'])).stdout).toBe(packageJson.version);
  });

  it.each(['--help', '--version'])(
    '%s: a full disk is one line, a reader that goes away is no news',
    async (flag) => {
      const file = new URL('../../controller/main.ts', import.meta.url).pathname;
      const printed = (end: string) =>
        execa('bash', ['-c', `"$0" "$1" ${flag} ${end}; exit \${PIPESTATUS[0]}`, process.execPath, file], {
          reject: false,
          stripFinalNewline: false,
        });
      expect(await printed('>/dev/full')).toMatchObject({
        exitCode: 1,
        stderr: 'taskflow-controller: cannot write to standard output: no space left on device (ENOSPC)\n',
      });
      expect(await printed('| true')).toMatchObject({ exitCode: 141, stderr: '' });
    },
  );
});
