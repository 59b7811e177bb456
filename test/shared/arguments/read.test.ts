import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../shared/arguments/read.ts';

const table = {
  filename: { type: 'string', alias: 'f', array: true, describe: '' },
  env: { type: 'string', alias: 'e', array: true, describe: '' },
  output: { type: 'string', alias: 'o', choices: ['plain', 'json'], describe: '' },
  grace: { type: 'string', default: '10s', describe: '' },
  workers: { type: 'number', default: 4, describe: '' },
  keep: { type: 'boolean', default: false, describe: '' },
  'dry-run': {
    type: 'boolean',
    default: false,
    describe: '',
    words: { client: true, none: false, server: 'there is no server' },
  },
} as const;

const read = (argv: readonly string[]) => readArguments(argv, table, { rest: 'filename' });
const NOTHING = {
  filename: [],
  env: [],
  output: undefined,
  grace: '10s',
  workers: 4,
  keep: false,
  dryRun: false,
};

describe('arguments', () => {
  it.each<[string, string[], object]>([
    ['none: the defaults', [], {}],
    ['a value behind a space', ['--output', 'json'], { output: 'json' }],
    ['a value behind =', ['--output=json'], { output: 'json' }],
    ['a value behind a letter', ['-o', 'json'], { output: 'json' }],
    ['a value attached to its letter', ['-ojson'], { output: 'json' }],
    ['a value behind a letter and =', ['-o=json'], { output: 'json' }],
    [
      'a value with = in it, attached or not',
      ['-eA=b=c', '--env=B==', '-e', 'C==x'],
      { env: ['A=b=c', 'B==', 'C==x'] },
    ],
    ['a value that begins with a dash', ['--grace=-1', '--workers', '-1'], { grace: '-1', workers: -1 }],
    ['a switch', ['--keep'], { keep: true }],
    ['a switch with true', ['--keep=true'], { keep: true }],
    ['a switch with false', ['--keep=false'], { keep: false }],
    ['a switch with false behind a space: no file of that name', ['--keep', 'false'], {}],
    ['the no of a switch', ['--no-keep'], {}],
    ['a switch takes no other word along', ['--keep', 'x'], { keep: true, filename: ['x'] }],
    ['kubectl’s word for a dry run', ['--dry-run=client'], { dryRun: true }],
    ['kubectl’s word for none', ['--dry-run=none'], {}],
    [
      'files with and without their option, in the order given',
      ['a', '-f', 'b', 'c', '-fd', '--filename=e'],
      { filename: ['a', 'b', 'c', 'd', 'e'] },
    ],
    ['standard input', ['-', '-f', '-'], { filename: ['-', '-'] }],
    [
      'after --, words that begin with a dash',
      ['--keep', '--', '--keep', '-f'],
      { keep: true, filename: ['--keep', '-f'] },
    ],
    ['numbers as names of files', ['0x10', '1e3', '007'], { filename: ['0x10', '1e3', '007'] }],
  ])('%s', (_, argv, values) => {
    expect(read(argv)).toEqual({ kind: 'values', values: { ...NOTHING, ...values } });
  });

  it.each([
    ['an unknown option', ['--nosuch'], 'unknown option --nosuch'],
    ['an unknown option: its value is not repeated', ['--token=hunter2'], 'unknown option --token'],
    ['a near miss', ['--ouput', 'json'], 'unknown option --ouput; did you mean --output?'],
    ['the beginning of a name', ['--dry'], 'unknown option --dry; did you mean --dry-run?'],
    ['the no of what is not there', ['--no-such'], 'unknown option --no-such'],
    ['the no of what is no switch', ['--no-grace'], 'unknown option --no-grace'],
    ['a near miss of a no', ['--no-kep'], 'unknown option --no-kep; did you mean --no-keep?'],
    ['a no with a value', ['--no-keep=false'], '--no-keep takes no value; write --no-keep'],
    ['a letter', ['-x'], 'unknown option -x'],
    ['one dash for two', ['-dry-run'], 'unknown option -dry-run; did you mean --dry-run?'],
    [
      'one dash for two where it begins with a letter that is one',
      ['-output', 'json'],
      'unknown option -output; did you mean --output?',
    ],
    ['a name that every object has', ['--constructor'], 'unknown option --constructor'],
    ['a switch with a word that it does not know', ['--keep=yes'], '--keep "yes": expected true or false'],
    ['a switch with nothing', ['--keep='], '--keep needs a value; write --keep=false'],
    [
      'a word that is known, and not to be had',
      ['--dry-run=server'],
      '--dry-run "server": there is no server',
    ],
    [
      'a word of a switch in another case',
      ['--dry-run=Client'],
      '--dry-run "Client": expected true or false',
    ],
    ['no value at the end', ['--grace'], '--grace needs a value; write --grace=10s'],
    ['no value before another option', ['--grace', '--keep'], '--grace needs a value; write --grace=10s'],
    [
      'no value before another letter',
      ['-f', '-o', 'json'],
      '--filename needs a value; write --filename=VALUE',
    ],
    ['no value before --', ['-o', '--', 'x'], '--output needs a value; write --output=plain or json'],
    ['an empty value', ['--grace', ''], '--grace needs a value; write --grace=10s'],
    ['an empty value behind =', ['-o='], '--output needs a value; write --output=plain or json'],
    ['an option given twice', ['--grace', '1s', '--grace=1s'], '--grace is given twice; give it once'],
    ['a switch and its no', ['--dry-run', '--no-dry-run'], '--dry-run is given twice; give it once'],
    ['a choice that is none', ['-o', 'yaml'], '--output "yaml": expected plain or json'],
    ['a number that is none', ['--workers', 'four'], '--workers "four" is not a number'],
    ['a number in a notation of programmers', ['--workers=0x4'], '--workers "0x4" is not a number'],
  ])('refuses %s', (_, argv, message) => {
    expect(() => read(argv)).toThrow(expect.objectContaining({ name: 'UsageError', message }) as Error);
  });

  it('refuses words where a command takes options only', () => {
    expect(() => readArguments(['x'], table)).toThrow('unexpected argument "x"; give options only');
  });

  it.each([
    ['help', ['--help']],
    ['help', ['-h']],
    ['help', ['x', '--nosuch', '--help']],
    ['version', ['--version', '--keep=maybe']],
  ])('asks for the %s: %s', (kind, argv) => {
    expect(read(argv)).toEqual({ kind });
  });
});

describe('variables', () => {
  const from = (of: Record<string, string>, argv: string[] = []) =>
    readArguments(argv, table, { variables: { prefix: 'X', of } });

  it('stand for what is not given; empty ones and those of others for nothing', () => {
    const of = { X_DRY_RUN: 'true', X_WORKERS: '9', X_ENV: 'A=b', X_GRACE: '', XY: '', WORKERS: 'x' };
    expect(from(of, ['--workers', '3'])).toMatchObject({
      values: { dryRun: true, workers: 3, env: ['A=b'], grace: '10s' },
    });
  });

  it.each([
    [{ X_KEEP: 'yes' }, 'X_KEEP "yes": expected true or false'],
    [{ X_DRY_RUN: 'server' }, 'X_DRY_RUN "server": there is no server'],
    [{ X_WORKERS: 'many' }, 'X_WORKERS "many" is not a number'],
    [{ X_OUTPUT: 'yaml' }, 'X_OUTPUT "yaml": expected plain or json'],
    [{ X_DRYRUN: 'true' }, 'unknown variable X_DRYRUN; did you mean X_DRY_RUN?'],
  ])('%s are refused', (of, message) => {
    expect(() => from(of)).toThrow(expect.objectContaining({ name: 'UsageError', message }) as Error);
  });
});
