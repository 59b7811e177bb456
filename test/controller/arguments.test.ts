import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../controller/arguments.ts';
import { readWithYargs } from '../../controller/arguments-yargs.ts';
import { controllerOptions, ENV_PREFIX, type ControllerArguments } from '../../controller/options.ts';

/** Without what yargs adds of its own: `_`, `$0`, aliases and names with dashes. */
function own(args: ControllerArguments): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).filter(([key, value]) => /^[a-z][A-Za-z]+$/.test(key) && value !== undefined),
  );
}

const words = fc.constantFrom(
  'a',
  'ns-1',
  '127.0.0.1:0',
  ':8080',
  '5',
  '2m',
  'Never',
  'auto',
  'debug',
  'true',
  'localhost:5000',
);
const options = fc.constantFrom(...Object.keys(controllerOptions), 'nosuch', 'n');
const arg = fc.oneof(
  fc.tuple(options, words).map(([name, word]) => [`--${name}=${word}`]),
  fc.tuple(options, words).map(([name, word]) => [`--${name}`, word]),
  options.map((name) => [`--no-${name}`]),
  options.map((name) => [`--${name}`]),
  words.map((word) => [word]),
  words.map((word) => ['-n', word]),
);

async function outcome(read: Promise<ControllerArguments>): Promise<unknown> {
  return read.then(own, (error: Error) => error.message);
}

describe('the arguments of the controller', () => {
  it('are what yargs makes of them, also where yargs is not asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arg, { maxLength: 5 }), async (parts) => {
        const argv = parts.flat();
        expect(await outcome(readArguments(argv))).toEqual(await outcome(readWithYargs(argv)));
      }),
      { numRuns: 500 },
    );
  });

  it('can be variables', async () => {
    process.env[`${ENV_PREFIX}_WORKERS`] = '9';
    process.env[`${ENV_PREFIX}_LEADER_ELECT`] = 'false';
    try {
      expect(own(await readArguments([]))).toMatchObject({ workers: 9, leaderElect: false });
      expect(own(await readArguments(['--workers', '3']))).toMatchObject({ workers: 3 });
    } finally {
      delete process.env[`${ENV_PREFIX}_WORKERS`];
      delete process.env[`${ENV_PREFIX}_LEADER_ELECT`];
    }
  });
});
