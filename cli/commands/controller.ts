import { controllerOptions, ENV_PREFIX } from '../../controller/options.ts';
import { command } from '../command.ts';

export const controllerCommand = command({
  name: 'controller',
  usage: '[OPTIONS]',
  describe: 'Run the controller of a cluster',
  options: controllerOptions,
  variables: { prefix: ENV_PREFIX, of: process.env },
  epilogue: `Every option can also be given as a variable: --agent-image as ${ENV_PREFIX}_AGENT_IMAGE.`,
  async run(values) {
    const { serve } = await import('../../controller/serve.ts');
    await serve(values);
  },
});
