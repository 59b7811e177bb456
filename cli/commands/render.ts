import { type Argv } from 'yargs';
import packageJson from '../../package.json' with { type: 'json' };
import { loadTasks } from '../../shared/manifest/index.ts';
import { podOf } from '../../shared/pod/pod.ts';
import { scriptsConfigMap } from '../../shared/pod/scripts.ts';
import { lookupOptions } from '../image/lookup-options.ts';
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
          default: `taskflow/agent:${packageJson.version}`,
          describe: 'The image that holds the agent',
        })
        .option('injection', {
          choices: ['init-container', 'image-volume'] as const,
          default: 'init-container' as const,
          describe: 'How the agent comes into the pod; image volumes need Kubernetes 1.35',
        })
        .option(lookupOptions),
    async ({ file, output, agentImage: image, injection, ...options }) => {
      const tasks = await loadTasks(file);
      const { imagesOf } = await import('../image/look-up.ts');
      const images = await imagesOf(tasks, 'every-node', options);
      const objects = tasks.flatMap((task) => {
        const scripts = scriptsConfigMap(task);
        return [...(scripts ? [scripts] : []), podOf(task, { agentImage: image, images, injection })];
      });
      printObjects(objects, output);
    },
  );
}
