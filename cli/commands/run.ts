import { type Argv } from 'yargs';
import { parseDuration } from '../../shared/turn/duration.ts';
import { loadTasks } from '../../shared/manifest/index.ts';
import { UsageError } from '../../shared/turn/errors.ts';
import { lookupOptions } from '../image/lookup-options.ts';
import { type Reporter } from '../run/events.ts';
import { manifestFiles } from './manifest-files.ts';

export function runCommand(cli: Argv): Argv {
  return cli.command(
    'run <file..>',
    'Run the steps of a Task in order, on this machine',
    (yargs) =>
      yargs
        .positional('file', { ...manifestFiles })
        .option('agent', {
          type: 'string',
          requiresArg: true,
          describe:
            'The agent to use (default: the static one where it is built, else the one that Node runs)',
        })
        .option('env', {
          alias: 'e',
          type: 'string',
          array: true,
          nargs: 1,
          default: [] as string[],
          describe: 'NAME=VALUE for every step; may be given more than once',
        })
        .option('grace', {
          type: 'string',
          default: '10s',
          requiresArg: true,
          describe: 'From SIGTERM to SIGKILL when a step is stopped',
        })
        .option('ignore-mounts', {
          type: 'boolean',
          default: false,
          describe: 'Go on although volumes cannot be mounted',
        })
        .option('keep', {
          type: 'boolean',
          default: false,
          describe: 'Keep the temporary directory of the run',
        })
        .option('output', {
          alias: 'o',
          choices: ['plain', 'json'] as const,
          describe: 'Plain lines, or one JSON event a line (default: a live list on a terminal)',
        })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'Print what would be run; run nothing',
        })
        .option(lookupOptions)
        .epilogue(
          'Exits with the code of the step that failed; 2 when the Task cannot be run; 130 after Ctrl-C.',
        ),
    async ({ file, agent: path, env: pairs, grace, ignoreMounts, keep, output, dryRun, ...options }) => {
      const env = parseEnv(pairs);
      if (parseDuration(grace) === undefined) {
        throw new UsageError(`--grace "${grace}" is not a duration; write 10s or 1m30s`);
      }
      const tasks = await loadTasks(file);
      const { imagesOf } = await import('../image/look-up.ts');
      const images = await imagesOf(tasks, 'this-machine', options);
      if (dryRun) {
        const { printPlans } = await import('../run/print-plan.ts');
        return printPlans(tasks, { env, ignoreMounts, images }, output === 'json' ? 'json' : 'text');
      }
      const { runAll } = await import('../run/run-all.ts');
      const { findAgent } = await import('../run/agent-program.ts');
      const agent = await findAgent(path);
      const reporter = await chooseReporter(output);
      try {
        process.exitCode = await runAll(tasks, {
          agent,
          env,
          ignoreMounts,
          images,
          keep,
          grace,
          report: reporter.report,
        });
      } finally {
        reporter.close();
      }
    },
  );
}

/** @throws {UsageError} */
function parseEnv(pairs: readonly string[]): Map<string, string> {
  const entries = pairs.map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    // The value may be a secret: it is not repeated.
    if (equals < 1) throw new UsageError('--env needs NAME=VALUE');
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return new Map(entries);
}

async function chooseReporter(output: 'plain' | 'json' | undefined): Promise<Reporter> {
  const { stdout, stderr } = process;
  if (output === 'json') return (await import('../run/report/json.ts')).jsonReporter(stdout);
  // A terminal that does not know its size cannot be drawn on.
  if (output === undefined && stdout.isTTY && stderr.isTTY && stdout.columns > 0) {
    return (await import('../run/report/live.ts')).liveReporter(stdout);
  }
  return (await import('../run/report/plain.ts')).plainReporter({ stdout, stderr });
}
