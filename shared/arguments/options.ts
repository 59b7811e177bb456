/** What a command's table of options says. yargs prints the same table as `--help`. */

/** One option; yargs knows these fields by the same names, all but `words`. */
export interface Option {
  type: 'string' | 'boolean' | 'number';
  /** One letter. */
  alias?: string;
  /** May be given more than once. */
  array?: boolean;
  choices?: readonly string[];
  default?: string | number | boolean | readonly string[];
  describe: string;
  /** More values of a switch than true and false: what each means, or a sentence that says why it is refused. */
  words?: Readonly<Record<string, boolean | string>>;
}

export type OptionTable = Readonly<Record<string, Option>>;

type Camel<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;

type Value<Of extends Option> = Of extends { array: true }
  ? readonly string[]
  : Of extends { choices: readonly (infer Choice)[] }
    ? Choice
    : { string: string; boolean: boolean; number: number }[Of['type']];

/** The values of a table's options; those without a default may be missing. */
export type Values<Table extends OptionTable> = {
  [Name in keyof Table as Camel<Name>]:
    Value<Table[Name]> | (Table[Name] extends { default: unknown } | { array: true } ? never : undefined);
};
