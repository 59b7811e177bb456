import { type Argv } from 'yargs';
import { loadTasks } from '../../shared/manifest/index.ts';
import { podOf } from '../../shared/pod.ts';
import { scriptsConfigMap } from '../../shared/scripts.ts';
import { agentImage } from '../agent-image.ts';
import { manifestFiles } from './manifest-files.ts';
import { printObjects } from '../print.ts';

export function renderCommand(cli: Argv): Argv {
  return cli.command(
    'render <file..>',
    'Print the pod that a Task becomes',
    (yargs) =>
      yargs
        .positional('file', { ...manifestFiles })
        .option('output', {
          alias: 'o',
          choices: ['yaml', 'json'] as const,
          default: 'yaml' as const,
          describe: 'Format',
        })
        .option('agent-image', {
          type: 'string',
          default: agentImage,
          describe: 'The image that holds the agent',
        }),
    async ({ file, output, agentImage: image }) => {
      const objects = (await loadTasks(file)).flatMap((task) => {
        const scripts = scriptsConfigMap(task);
        return [...(scripts ? [scripts] : []), podOf(task, { agentImage: image })];
      });
      printObjects(objects, output);
    },
  );
}
