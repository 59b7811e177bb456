import packageJson from '../../package.json' with { type: 'json' };
import { cautions, shellCautions } from '../../shared/pod/cautions.ts';
import { podOf } from '../../shared/pod/pod.ts';
import { scriptsConfigMap } from '../../shared/pod/scripts.ts';
import { lookupOptions } from '../image/lookup-options.ts';
import { command } from '../command.ts';
import { asNew } from '../../shared/task/name.ts';
import { manifestOption, readManifests } from './manifest-files.ts';
import { givenParams, paramOptions } from './params.ts';
import { printObjects, warn } from '../print.ts';

export const renderCommand = command({
  name: 'render',
  usage: '[OPTIONS] FILE...',
  describe: 'Print the pod that a Task becomes',
  rest: 'filename',
  options: {
    ...manifestOption,
    ...paramOptions,
    output: { alias: 'o', type: 'string', choices: ['yaml', 'json'], default: 'yaml', describe: 'Format' },
    'agent-image': {
      type: 'string',
      default: `taskflow/agent:${packageJson.version}`,
      describe: 'The image that holds the agent',
    },
    injection: {
      type: 'string',
      choices: ['init-container', 'image-volume'],
      default: 'init-container',
      describe: 'How the agent comes into the pod; image volumes need Kubernetes 1.35',
    },
    ...lookupOptions,
  },
  async run({ filename, output, agentImage: image, injection, ...options }) {
    const { tasks: written, data } = await readManifests(filename, { params: await givenParams(options) });
    for (const { kind, name } of data)
      warn(`${kind} ${name} is not printed; create it in the cluster as well`);
    const tasks = written.map(asNew);
    const { imagesOf } = await import('../image/look-up.ts');
    const images = await imagesOf(tasks, 'every-node', options);
    const objects = tasks.flatMap((task) => {
      const scripts = scriptsConfigMap(task);
      return [...(scripts ? [scripts] : []), podOf(task, { agentImage: image, images, injection })];
    });
    written.flatMap((task) => [...cautions(task), ...shellCautions(task)]).forEach(warn);
    await printObjects(objects, output);
  },
});
