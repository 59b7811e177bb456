import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { readControllerArguments } from '../../controller/arguments.ts';
import { injectionFor } from '../../controller/injection.ts';
import { checkArguments, ENV_PREFIX, type ControllerArguments } from '../../controller/options.ts';

const MAIN = new URL('../../controller/main.ts', import.meta.url).pathname;
const read = (args: string[]): ControllerArguments => {
  const asked = readControllerArguments(args, {});
  if (asked.kind !== 'values') throw new Error(`asks for ${asked.kind}`);
  return asked.values;
};

describe('the options of the controller', () => {
  it('have defaults that are right', () => {
    expect(checkArguments(read([]))).toEqual({
      patience: 120_000,
      lease: { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 },
    });
  });

  it.each([
    [['--workers', '0'], '--workers 0: expected a whole number from 1 to 64'],
    [['--workers', '1.5'], '--workers 1.5: expected'],
    [['--agent-image', ' '], '--agent-image is empty'],
    [['--image-pull-patience', 'long'], '--image-pull-patience "long" is not a duration; write 90s or 2m'],
    [['--leader-elect-retry-period', '6s'], 'the lease duration must be longer than the renew deadline'],
  ])('%s is refused', (args, message) => {
    expect(() => checkArguments(read(args))).toThrow(message);
  });

  it.each([
    [['--nosuch'], {}, 'taskflow-controller: unknown option --nosuch\nsee taskflow-controller --help'],
    [['--workers', '0'], {}, '--workers 0: expected'],
    [[], { [`${ENV_PREFIX}_WORKERS`]: '99' }, '--workers 99: expected'],
    [['extra'], {}, 'unexpected argument "extra"; give options only'],
    [['--dry-run=client'], {}, '--dry-run "client": expected true or false'],
    [[], { [`${ENV_PREFIX}_DRY_RUN`]: 'server' }, `${ENV_PREFIX}_DRY_RUN "server": expected true or false`],
    [['--kubeconfig', '/none'], {}, '/none'],
    [['--insecure-registry', 'http://x'], {}, '--insecure-registry needs HOST[:PORT]'],
  ])('%s %s ends the command with a message and code 2', async (args, env, message) => {
    const { exitCode, stderr } = await execa(process.execPath, [MAIN, ...args], { env, reject: false });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(exitCode).toBe(2);
  });
});

it('taskflow controller says what is wrong as well', async () => {
  const cli = new URL('../../cli/main.ts', import.meta.url).pathname;
  const args = ['controller', '--kubeconfig', '/none', '--metrics-addr', '127.0.0.1:0'];
  const { exitCode, stderr } = await execa(process.execPath, [cli, ...args], { reject: false });
  expect(stderr).toBe('kubeconfig /none: there is no such file; give --kubeconfig, or set KUBECONFIG');
  expect(exitCode).toBe(2);
});

describe('how the agent comes into pods', () => {
  const server = (major: string, minor: string) => ({
    version: () => Promise.resolve({ major, minor, gitVersion: '' }),
  });
  it.each([
    ['auto', '1', '34', 'init-container'],
    ['auto', '1', '35', 'image-volume'],
    ['auto', '1', '36+', 'image-volume'],
    ['auto', '2', '0', 'image-volume'],
    ['init-container', '1', '36', 'init-container'],
    ['image-volume', '1', '30', 'image-volume'],
  ] as const)('%s on Kubernetes %s.%s: %s', async (wish, major, minor, how) => {
    expect(await injectionFor(wish, server(major, minor), new AbortController().signal)).toBe(how);
  });
});
