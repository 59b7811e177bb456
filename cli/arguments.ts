import packageJson from '../package.json' with { type: 'json' };
import { suggest } from '../shared/manifest/suggest.ts';
import { UsageError } from '../shared/turn/errors.ts';
import { type Command } from './command.ts';
import { runAgent } from './commands/agent.ts';
import { cancelCommand } from './commands/cancel.ts';
import { controllerCommand } from './commands/controller.ts';
import { entrypointCommand } from './commands/entrypoint.ts';
import { pauseCommand } from './commands/pause.ts';
import { renderCommand } from './commands/render.ts';
import { resumeCommand } from './commands/resume.ts';
import { runCommand } from './commands/run.ts';
import { explain } from './errors.ts';
import { print } from '../shared/print.ts';

/** Only asked for its help here; program.ts starts it. */
const agentCommand: Command = {
  name: 'agent',
  describe: 'Be the agent of one step, as taskflow-agent is',
  obey: runAgent,
};

const COMMANDS = [
  runCommand,
  pauseCommand,
  resumeCommand,
  cancelCommand,
  renderCommand,
  entrypointCommand,
  controllerCommand,
  agentCommand,
];

/** Does what the arguments say. Throws nothing, sets `process.exitCode`. */
export async function obey(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  const command = COMMANDS.find(({ name }) => name === first);
  try {
    await (command === undefined ? general(first, rest) : command.obey(rest));
  } catch (error) {
    const { message, exitCode } = explain(error);
    const program = command === undefined ? 'taskflow' : `taskflow ${command.name}`;
    const text = error instanceof UsageError ? `taskflow: ${message}\nsee ${program} --help` : message;
    if (text !== '') process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
}

/** What is no command: the help, the version, or a mistake. */
async function general(first: string | undefined, rest: readonly string[]): Promise<void> {
  switch (first) {
    case undefined:
      throw new UsageError('no command; write taskflow run FILE or taskflow render FILE');
    case 'help':
    case '--help':
    case '-h':
      return help(rest[0]);
    case 'version':
    case '--version':
      return print(`${packageJson.version}\n`);
    default:
      throw first.startsWith('-') ? misplaced(first, rest) : unknown(first);
  }
}

async function help(name: string | undefined): Promise<void> {
  if (name !== undefined && !name.startsWith('-')) {
    const command = COMMANDS.find((each) => each.name === name);
    if (command === undefined) throw unknown(name);
    return command.obey(['--help']);
  }
  const { helpText } = await import('../shared/arguments/help.ts');
  const text = await helpText({
    usage: 'taskflow COMMAND',
    describe: 'Runs the containers of one Kubernetes pod in order; here, without a cluster.',
    options: {},
    commands: COMMANDS,
    epilogue: 'taskflow COMMAND --help says what a command takes.',
  });
  await print(`${text}\n`);
}

function unknown(name: string): UsageError {
  if (/\.(ya?ml|json)$/.test(name))
    return new UsageError(`"${name}" is no command; write taskflow run ${name}`);
  const near = suggest(
    name,
    COMMANDS.map((each) => each.name),
  );
  return new UsageError(`unknown command "${name}"${near === undefined ? '' : `; did you mean ${near}?`}`);
}

function misplaced(option: string, rest: readonly string[]): UsageError {
  const name = COMMANDS.find((command) => rest.includes(command.name))?.name ?? 'COMMAND';
  const [written = option] = option.split('=', 1);
  return new UsageError(`${written} comes before the command; write taskflow ${name} ${written} …`);
}
