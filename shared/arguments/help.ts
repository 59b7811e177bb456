import yargs from 'yargs';
import type { Option } from './options.ts';

/** What `--help` is made of. */
export interface HelpParts {
  /** `taskflow run FILE...` */
  usage: string;
  describe: string;
  options: Readonly<Record<string, Option>>;
  epilogue?: string;
  /** The subcommands, with a sentence each. */
  commands?: readonly { name: string; describe: string }[];
}

/** The text of `--help`, laid out by yargs. That costs 5 MB: import this file only where somebody asks. */
export async function helpText({
  usage,
  describe,
  options,
  epilogue,
  commands = [],
}: HelpParts): Promise<string> {
  const help = yargs([]).scriptName('').usage(`${usage}\n\n${describe}`).options(options);
  for (const each of commands) help.command(each.name, each.describe);
  if (epilogue !== undefined) help.epilogue(epilogue);
  return help.version('').help().alias('help', 'h').getHelp();
}
