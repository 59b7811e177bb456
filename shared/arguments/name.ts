/** Which option an argument is, or why it is none. */
import { parseArgs } from 'node:util';
import { suggest } from '../manifest/suggest.ts';
import { UsageError } from '../turn/errors.ts';
import type { Option, OptionTable } from './options.ts';

export type Token = ReturnType<typeof tokensOf>[number];
export type OptionToken = Extract<Token, { kind: 'option' }>;

/** What an option's token is about: `--no-keep` is about `keep`. */
export interface Named {
  name: string;
  option: Option;
  negated: boolean;
}

/** The arguments as Node takes them apart: attached letters, `=`, `--`. */
export function tokensOf(argv: readonly string[], table: OptionTable) {
  const known = Object.entries(table).map(([name, { type, alias }]) => {
    const short = alias === undefined ? {} : { short: alias };
    return [
      name,
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), ...short },
    ] as const;
  });
  const options = {
    ...Object.fromEntries(known),
    help: { type: 'boolean' as const, short: 'h' },
    version: { type: 'boolean' as const },
  };
  // Not strict: the messages of that mode are for programmers.
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/**
 * @param word - the argument that the token is of
 * @throws {UsageError}
 */
export function optionOf({ name, rawName }: OptionToken, word: string, table: OptionTable): Named {
  const [written = word] = word.split('=', 1);
  const long = written.replace(/^-+/, '');
  // `-dry-run` and `-output json`, as Go has it, are no heap of letters.
  if (!rawName.startsWith('--') && long.length > 1 && Object.hasOwn(table, long))
    throw new UsageError(`unknown option ${written}; did you mean --${long}?`);
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  if (option !== undefined) return { name, option, negated: false };
  const positive = name.replace(/^no-/, '');
  const negated = positive !== name && Object.hasOwn(table, positive) ? table[positive] : undefined;
  if (negated?.type === 'boolean') return { name: positive, option: negated, negated: true };
  const near = long.length > 1 ? nearest(long, table) : undefined;
  throw new UsageError(`unknown option ${written}${near === undefined ? '' : `; did you mean --${near}?`}`);
}

function nearest(wrong: string, table: OptionTable): string | undefined {
  const switches = Object.keys(table).filter((name) => table[name]?.type === 'boolean');
  const names = [...Object.keys(table), ...switches.map((name) => `no-${name}`), 'help', 'version'];
  return names.find((name) => name.startsWith(wrong)) ?? suggest(wrong, names);
}
