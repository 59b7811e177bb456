/** Reads the controller's arguments and their variables. */
import parse from 'yargs-parser';
import { controllerOptions, ENV_PREFIX, type ControllerArguments } from './options.ts';

const names = Object.keys(controllerOptions) as (keyof typeof controllerOptions)[];
const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * What yargs makes of the arguments. It costs a controller 5 MB for as long as it lives, so where there is nothing to
 * explain, no `--help` and no mistake, its parser alone reads them.
 *
 * @param argv - without the program
 * @throws {UsageError} for what is wrong with them
 */
export async function readArguments(argv: readonly string[]): Promise<ControllerArguments> {
  const plain = readPlain(argv);
  if (plain !== undefined) return plain;
  const { readWithYargs } = await import('./arguments-yargs.ts');
  return readWithYargs(argv);
}

/** `undefined` for whatever yargs would have a word to say about. */
function readPlain(argv: readonly string[]): ControllerArguments | undefined {
  const { argv: parsed, error } = parse.detailed([...argv], {
    ...byType(),
    envPrefix: ENV_PREFIX,
    configuration: { 'strip-dashed': true, 'strip-aliased': true, 'parse-positional-numbers': false },
  });
  const { _: rest, ...given } = parsed;
  const known = new Set(names.map(camel));
  const isPlain = error === null && rest.length === 0 && Object.keys(given).every((key) => known.has(key));
  return isPlain && names.every((name) => isFitting(name, given[camel(name)]))
    ? (given as unknown as ControllerArguments)
    : undefined;
}

function byType() {
  const of = (type: string) => names.filter((name) => typeOf(name) === type);
  const arrays = names.filter((name) => 'array' in controllerOptions[name]);
  const withDefault = names.flatMap((name) => {
    const option = controllerOptions[name];
    return 'default' in option ? [[name, option.default] as const] : [];
  });
  return {
    string: of('string'),
    boolean: of('boolean'),
    number: of('number'),
    array: arrays,
    narg: Object.fromEntries(arrays.map((name) => [name, 1])),
    alias: { namespace: ['n'] },
    default: Object.fromEntries(withDefault),
  };
}

function typeOf(name: keyof typeof controllerOptions): string {
  const option = controllerOptions[name];
  return 'type' in option ? option.type : 'string';
}

function isFitting(name: keyof typeof controllerOptions, value: unknown): boolean {
  const option = controllerOptions[name];
  if (value === undefined) return !('default' in option);
  if ('choices' in option) return (option.choices as readonly unknown[]).includes(value);
  if ('array' in option) return Array.isArray(value) && value.every((each) => typeof each === 'string');
  return typeof value === typeOf(name) && !Number.isNaN(value) && value !== '';
}
