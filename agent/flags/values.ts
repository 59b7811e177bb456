/** Takes flags and their values from a command line. */
import { parseDuration } from '../../shared/turn/duration.ts';
import { suggest } from '../../shared/manifest/suggest.ts';
import { UsageError } from '../../shared/turn/errors.ts';
import { flag, NAMES, type Name } from './table.ts';

/** The values of each flag, in order. */
export type Given = ReadonlyMap<Name, readonly string[]>;

interface Read {
  readonly given: Given;
  readonly words: readonly string[];
}

/** `--name VALUE` or `--name=VALUE`; a switch needs no value; one dash is as good as two. */
export function readFlags(args: readonly string[]): Read {
  const given = new Map<Name, string[]>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const [, written, own] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const name = NAMES.find((each) => each === written);
    if (written === undefined) {
      words.push(arg);
      continue;
    }
    if (name === undefined) {
      const near = suggest(written, [...NAMES, 'command']);
      const cure = near === undefined ? 'see taskflow-agent --help' : `did you mean --${near}?`;
      throw new UsageError(`unknown flag ${arg.split('=', 1)[0]}; ${cure}`);
    }
    const value = own === undefined && isValue(name, args[at + 1]) ? args[++at] : own;
    given.set(name, [...(given.get(name) ?? []), value ?? (flag(name).value === undefined ? 'true' : '')]);
  }
  return { given, words };
}

/** Whether what comes after a flag is its value: another flag is not, a negative number is. */
function isValue(name: Name, next: string | undefined): next is string {
  if (next === undefined) return false;
  return flag(name).value === undefined ? next === 'true' || next === 'false' : !/^-+[^\d-]/.test(next);
}

export function isOn(name: Name, given: Given): boolean {
  const value = single(name, given) ?? 'false';
  if (value !== 'true' && value !== 'false')
    throw new UsageError(`--${name} "${value}": expected true or false`);
  return value === 'true';
}

export function readValue(name: Name, given: Given): string | undefined {
  const value = single(name, given);
  return value === undefined ? undefined : filled(name, value);
}

function single(name: Name, given: Given): string | undefined {
  const [value, ...more] = given.get(name) ?? [];
  if (more.length > 0) throw new UsageError(`--${name} is given more than once`);
  return value;
}

export function filled(name: Name, value: string): string {
  if (value === '') throw new UsageError(`--${name} has no value; write: --${name} ${flag(name).value}`);
  return value;
}

export function readInteger(name: Name, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw new UsageError(`--${name} "${text}" is not an integer`);
  return Number(text);
}

export function readDuration(name: Name, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--${name} "${text}" is not a duration; write 90s or 1h2m`);
  return ms;
}

export function readWord<Word extends string>(
  name: Name,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  const word = words.find((each) => each === text);
  if (text !== undefined && word === undefined) {
    throw new UsageError(`--${name} "${text}" is neither ${words.join(' nor ')}`);
  }
  return word;
}
