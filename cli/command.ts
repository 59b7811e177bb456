/** A subcommand: its table of options, and what it does with their values. */
import packageJson from '../package.json' with { type: 'json' };
import type { OptionTable, Values } from '../shared/arguments/options.ts';
import { print } from '../shared/print.ts';
import { readArguments, type Also } from '../shared/arguments/read.ts';

export interface Command {
  name: string;
  describe: string;
  /** Does what the arguments say. @throws {UsageError} */
  obey(argv: readonly string[]): Promise<void>;
}

interface Definition<Table extends OptionTable, Rest extends string> extends Also<Rest> {
  name: string;
  /** What follows the name in the help: `[OPTIONS] FILE...` */
  usage: string;
  describe: string;
  options: Table;
  epilogue?: string;
  run(values: Values<Table> & Record<Rest, readonly string[]>): Promise<void>;
}

/** @example command({ name: 'render', usage: 'FILE...', describe: 'Print …', options, rest: 'file', run }) */
export function command<const Table extends OptionTable, Rest extends string = never>(
  definition: Definition<Table, Rest>,
): Command {
  const { name, usage, describe, options } = definition;
  return {
    name,
    describe,
    async obey(argv) {
      const read = readArguments(argv, options, definition);
      if (read.kind === 'values') return definition.run(read.values);
      if (read.kind === 'version') return print(`${packageJson.version}\n`);
      const { helpText } = await import('../shared/arguments/help.ts');
      await print(`${await helpText({ ...definition, usage: `taskflow ${name} ${usage}` })}\n`);
    },
  };
}
