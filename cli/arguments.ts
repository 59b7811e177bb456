import yargs from 'yargs';
import packageJson from '../package.json' with { type: 'json' };
import { controllerCommand } from './commands/controller.ts';
import { entrypointCommand } from './commands/entrypoint.ts';
import { keepDash } from './commands/manifest-files.ts';
import { renderCommand } from './commands/render.ts';
import { runCommand } from './commands/run.ts';
import { ExitCode, explain } from './errors.ts';

/**
 * Reads the arguments and does what they say. Throws nothing, sets `process.exitCode`. Each subcommand loads its own
 * code only when it is the one called.
 */
export async function obey(args: readonly string[]): Promise<void> {
  try {
    const cli = yargs(keepDash(args))
      .scriptName('taskflow')
      .usage('$0 <command>\n\nRuns the containers of one Kubernetes pod in order; here, without a cluster.');
    for (const add of [runCommand, renderCommand, entrypointCommand, controllerCommand]) add(cli);
    await cli
      .command('agent', 'Be the agent of one step, as taskflow-agent is; see taskflow agent --help')
      .demandCommand(1, 'Say what to do: taskflow run FILE, taskflow render FILE')
      .strict()
      .recommendCommands()
      .version(packageJson.version)
      .help()
      .alias('help', 'h')
      .parserConfiguration({ 'parse-positional-numbers': false })
      .fail((message, error, parser) => {
        // yargs has a message for what it refuses itself; what a command throws comes as the error.
        if (error !== undefined && error !== null) throw error;
        process.stderr.write(`taskflow: ${message}\n\n`);
        parser.showHelp('error');
        process.exit(ExitCode.BadInput);
      })
      .parseAsync();
  } catch (error) {
    const { message, exitCode } = explain(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
