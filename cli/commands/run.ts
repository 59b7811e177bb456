import { parseDuration } from '../../shared/turn/duration.ts';
import { UsageError } from '../../shared/turn/errors.ts';
import { lookupOptions } from '../image/lookup-options.ts';
import { cautions, shellCautions } from '../../shared/pod/cautions.ts';
import { command } from '../command.ts';
import { warn } from '../print.ts';
import { withName } from '../../shared/task/name.ts';
import { manifestOption, readManifests } from './manifest-files.ts';
import { givenParams, paramOptions } from './params.ts';
import { givenWorkspaces, workspaceOption } from './workspaces.ts';

/** kubectl's words for a dry run, as far as they mean anything without a cluster. */
const DRY_RUN = {
  client: true,
  none: false,
  server:
    'a local run has no server; try --dry-run to see the plan, or kubectl apply --dry-run=server -f FILE to ask a cluster',
};

export const runCommand = command({
  name: 'run',
  usage: '[OPTIONS] FILE...',
  describe: 'Run the steps of a Task in order, on this machine',
  rest: 'filename',
  options: {
    ...manifestOption,
    ...paramOptions,
    ...workspaceOption,
    agent: {
      type: 'string',
      describe: 'The agent to use (default: the static one where it is built, else the one that Node runs)',
    },
    env: {
      alias: 'e',
      type: 'string',
      array: true,
      describe: 'NAME=VALUE for every step; may be given more than once',
    },
    grace: {
      type: 'string',
      default: '10s',
      describe: 'From SIGTERM to SIGKILL when a step is stopped',
    },
    'ignore-mounts': {
      type: 'boolean',
      default: false,
      describe: 'Go on although volumes cannot be mounted',
    },
    keep: { type: 'boolean', default: false, describe: 'Keep the temporary directory of the run' },
    output: {
      alias: 'o',
      type: 'string',
      choices: ['plain', 'json'],
      describe: 'Plain lines, or one JSON event a line (default: a live list on a terminal)',
    },
    'dry-run': {
      type: 'boolean',
      default: false,
      describe: 'Print what would be run; run nothing',
      words: DRY_RUN,
    },
    ...lookupOptions,
  },
  epilogue: 'Exits with the code of the step that failed; 2 when the Task cannot be run; 130 after Ctrl-C.',
  async run({ filename, agent: path, env: pairs, grace, ignoreMounts, keep, output, dryRun, ...options }) {
    const env = parseEnv(pairs);
    if (parseDuration(grace) === undefined) {
      throw new UsageError(`--grace "${grace}" is not a duration; write 10s or 1m30s`);
    }
    const { tasks: written, data } = await readManifests(filename, { params: await givenParams(options) });
    const tasks = written.map(withName);
    tasks.flatMap((task) => [...cautions(task), ...shellCautions(task)]).forEach(warn);
    const workspaces = givenWorkspaces(options.workspace, tasks);
    const { imagesOf } = await import('../image/look-up.ts');
    const images = await imagesOf(tasks, 'this-machine', options);
    if (dryRun) {
      const { printPlans } = await import('../run/print-plan.ts');
      return printPlans(
        tasks,
        { env, ignoreMounts, images, data, workspaces },
        output === 'json' ? 'json' : 'text',
      );
    }
    const { runAll } = await import('../run/run-all.ts');
    const { findAgent } = await import('../run/agent-program.ts');
    const agent = await findAgent(path);
    const { chooseReporter } = await import('../run/report/choose.ts');
    const reporter = await chooseReporter(output);
    try {
      process.exitCode = await runAll(tasks, {
        agent,
        env,
        ignoreMounts,
        images,
        data,
        workspaces,
        keep,
        grace,
        report: reporter.report,
      });
    } finally {
      reporter.close();
    }
  },
});

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
