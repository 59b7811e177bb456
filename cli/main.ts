#!/usr/bin/env node
/** The command `taskflow`. Each subcommand loads its own code only when it is the one called. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import packageJson from '../package.json' with { type: 'json' };
import { ExitCode, explain } from './errors.ts';
import { runAgent } from './commands/agent.ts';
import { keepDash } from './commands/manifest-files.ts';
import { renderCommand } from './commands/render.ts';
import { runCommand } from './commands/run.ts';

const MIN_NODE = 24;
if (Number.parseInt(process.versions.node, 10) < MIN_NODE) {
  process.stderr.write(
    `taskflow needs Node ${MIN_NODE} or later, this is ${process.version}; in a checkout, npx taskflow brings its own\n`,
  );
  process.exit(ExitCode.BadInput);
}

const [first, ...rest] = hideBin(process.argv);
// The agent has flags of its own, and what follows them is a command that yargs must not read.
if (first === 'agent') await runAgent(rest);

try {
  const cli = yargs(keepDash(hideBin(process.argv)))
    .scriptName('taskflow')
    .usage('$0 <command>\n\nRuns the containers of one Kubernetes pod in order; here, without a cluster.');
  for (const add of [runCommand, renderCommand]) add(cli);
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
