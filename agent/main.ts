/** The agent: from arguments to exit code, on whatever platform it is given. */
import { containerExitCode, EXIT_CODES } from '../shared/turn/exit-codes.ts';
import { commandOf, conditionsOf, environmentOf, type Plan, type Say } from './fill.ts';
import { type Options } from './flags/options.ts';
import { parseFlags, type Request } from './flags/parse.ts';
import { help } from './flags/table.ts';
import { install } from './install.ts';
import { live } from './life.ts';
import { answerProbe } from './probe.ts';
import { SystemError, UsageError } from '../shared/turn/errors.ts';
import { type Platform } from './platform.ts';

/** Does what the arguments say and returns the exit code. Throws nothing. */
export async function main(platform: Platform, version: string): Promise<number> {
  try {
    return await perform(parseFlags(platform.args, platform.machine), platform, version);
  } catch (error) {
    platform.warn(`taskflow-agent: ${explain(error)}`);
    return EXIT_CODES.AGENT_FAILED.code;
  }
}

async function perform(request: Request, platform: Platform, version: string): Promise<number> {
  switch (request.kind) {
    case 'help':
      platform.print(help());
      return 0;
    case 'version':
      platform.print(`taskflow-agent ${version}\n`);
      return 0;
    case 'install':
      install(platform.files, request.directory);
      return 0;
    case 'held':
      return answerProbe(platform, request.post);
    case 'run': {
      const { options, plan } = request;
      if (request.dryRun) {
        platform.print(`${JSON.stringify(planned(options, plan), undefined, 2)}\n`);
        return 0;
      }
      return containerExitCode(await live(platform, options, plan));
    }
  }
}

/** What would be waited for and run; for what earlier steps say stands where they say it. */
function planned(options: Options, plan: Plan): object {
  const say: Say = ({ run, of }) => `$(${run === undefined ? of : `${run}/${of}`})`;
  const { when, env } = plan.fill;
  return {
    ...options,
    ...(when !== undefined && { when: conditionsOf(plan, say) }),
    ...(env !== undefined && { env: environmentOf(plan, say) }),
    command: commandOf(plan, say).argv,
  };
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof SystemError) return error.message;
  return `internal error, please report it: ${error instanceof Error ? `${error.message}\n${error.stack}` : String(error)}`;
}
