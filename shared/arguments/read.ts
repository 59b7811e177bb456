/** Reads a command line by its table of options. What it does not know it refuses: it never guesses. */
import { suggest } from '../manifest/suggest.ts';
import { UsageError } from '../turn/errors.ts';
import { optionOf, tokensOf, type Token } from './name.ts';
import type { Option, OptionTable, Values } from './options.ts';
import { givenValue, valueOf } from './value.ts';

/** What a command takes besides options. */
export interface Also<Rest extends string = never> {
  /** What the arguments without a dash are called. An option of that name joins them, in the order given. */
  rest?: Rest;
  /** Variables stand for options that are not given: with the prefix `X`, `X_DRY_RUN` for `--dry-run`. */
  variables?: { prefix: string; of: Readonly<Record<string, string | undefined>> };
}

export type Read<Table extends OptionTable, Rest extends string = never> =
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'values'; values: Values<Table> & Record<Rest, readonly string[]> };

/**
 * Reads `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, `--switch`, `--switch=false`, `--no-switch`
 * and, after `--`, words that begin with a dash. `--help` wins over everything, mistakes too.
 *
 * @throws {UsageError} in one line: for unknown options, switches with an unknown value, missing or empty values, and
 *   options given twice
 * @example
 * const table = { 'dry-run': { type: 'boolean', default: false, describe: 'Run nothing' } } as const;
 * readArguments(['--dry-run', 'a.yaml'], table, { rest: 'file' }).values // { dryRun: true, file: ['a.yaml'] }
 */
export function readArguments<const Table extends OptionTable, Rest extends string = never>(
  argv: readonly string[],
  table: Table,
  { rest, variables }: Also<Rest> = {},
): Read<Table, Rest> {
  const found = new Map<string, unknown>(rest === undefined ? [] : [[rest, []]]);
  const add = (name: string, option: Option, value: unknown): void => {
    const before = found.get(name);
    if (option.array !== true && before !== undefined)
      throw new UsageError(`--${name} is given twice; give it once`);
    found.set(name, option.array === true ? [...((before ?? []) as unknown[]), value] : value);
  };

  const tokens = tokensOf(argv, table);
  const asks = (name: string): boolean =>
    tokens.some((token) => token.kind === 'option' && token.name === name);
  if (asks('help')) return { kind: 'help' };
  if (asks('version')) return { kind: 'version' };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (rest === undefined) throw new UsageError(`unexpected argument "${token.value}"; give options only`);
      add(rest, WORDS, token.value);
      continue;
    }
    const named = optionOf(token, argv[token.index] ?? '', table);
    const following = tokens[at + 1];
    let { value } = token;
    // `--keep false` is no file of that name.
    if (named.option.type === 'boolean' && value === undefined && isTruth(following, token.index + 1)) {
      value = following.value;
      at++;
    }
    add(named.name, named.option, givenValue(named, { ...token, value }, table));
  }
  if (variables !== undefined) {
    for (const { name, option, value } of fromVariables(variables, table)) {
      if (!found.has(name)) add(name, option, value);
    }
  }

  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries<Option>(table))
    values[camel(name)] = found.get(name) ?? option.default ?? (option.array === true ? [] : undefined);
  if (rest !== undefined) values[rest] = found.get(rest);
  return { kind: 'values', values: values as Values<Table> & Record<Rest, readonly string[]> };
}

const WORDS: Option = { type: 'string', array: true, describe: '' };

function isTruth(token: Token | undefined, index: number): token is Extract<Token, { kind: 'positional' }> {
  return token?.kind === 'positional' && token.index === index && /^(true|false)$/.test(token.value);
}

function fromVariables({ prefix, of }: NonNullable<Also['variables']>, table: OptionTable) {
  const names = new Map(
    Object.keys(table).map((name) => [`${prefix}_${name.toUpperCase().replaceAll('-', '_')}`, name]),
  );
  return Object.entries(of).flatMap(([variable, text = '']) => {
    // Charts set what nobody filled in to nothing.
    if (!variable.startsWith(`${prefix}_`) || text === '') return [];
    const name = names.get(variable);
    const option = name === undefined ? undefined : table[name];
    if (name === undefined || option === undefined) {
      const near = suggest(variable, names.keys());
      throw new UsageError(
        `unknown variable ${variable}${near === undefined ? '' : `; did you mean ${near}?`}`,
      );
    }
    const value = valueOf(option, text, variable);
    return [{ name, option, value }];
  });
}

const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
