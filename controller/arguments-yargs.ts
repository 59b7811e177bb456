import yargs from 'yargs';
import packageJson from '../package.json' with { type: 'json' };
import { UsageError } from '../shared/turn/errors.ts';
import { controllerOptions, ENV_PREFIX, type ControllerArguments } from './options.ts';

/**
 * The arguments as yargs reads them. Prints and ends the process for `--help` and `--version`.
 *
 * @throws {UsageError} for what is wrong with them
 */
export async function readWithYargs(argv: readonly string[]): Promise<ControllerArguments> {
  return yargs([...argv])
    .scriptName('taskflow-controller')
    .usage('$0 [options]\n\nTurns Tasks into pods, moves their order on, and reports how they are.')
    .epilogue(`Every option can also be given as a variable: --agent-image as ${ENV_PREFIX}_AGENT_IMAGE.`)
    .env(ENV_PREFIX)
    .options(controllerOptions)
    .demandCommand(0, 0, '', 'Give options only')
    .strict()
    .version(packageJson.version)
    .help()
    .alias('help', 'h')
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    })
    .parseAsync();
}
