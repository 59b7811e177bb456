import { type Argv } from 'yargs';
import { controllerOptions, ENV_PREFIX } from '../../controller/options.ts';

export function controllerCommand(cli: Argv): Argv {
  return cli.command(
    'controller',
    'Run the controller of a cluster',
    (yargs) => yargs.env(ENV_PREFIX).options(controllerOptions),
    async (args) => {
      const { serve } = await import('../../controller/serve.ts');
      await serve(args);
    },
  );
}
