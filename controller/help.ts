import { helpText } from '../shared/arguments/help.ts';
import { controllerOptions, ENV_PREFIX } from './options.ts';

/** The text of `taskflow-controller --help`. */
export async function help(): Promise<string> {
  return helpText({
    usage: 'taskflow-controller [OPTIONS]',
    describe: 'Makes one pod of each Task, advances the Task where agents cannot, and reports its status.',
    options: controllerOptions,
    epilogue: `Every option can also be given as a variable: --agent-image as ${ENV_PREFIX}_AGENT_IMAGE.`,
  });
}
