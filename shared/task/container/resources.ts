import { z } from 'zod';
import { open, quantity, text } from './fields.ts';

const claim = open({
  name: z.string().describe('The name of the claim in the pod.'),
  request: text('One request of the claim. Default: all of them.'),
});

/** What a container needs and may use at most: Kubernetes v1 ResourceRequirements. */
export const resourcesSchema = open({
  limits: z.record(z.string(), quantity()).optional().describe('The most the step may use, by resource.'),
  requests: z
    .record(z.string(), quantity())
    .optional()
    .describe('What is kept free for the step, by resource.'),
  claims: z.array(claim).optional().describe('Claims of devices (dynamic resource allocation).'),
});

/** Whether a change of resources restarts the container: Kubernetes v1 ContainerResizePolicy. */
export const resizePolicySchema = open({
  resourceName: z.string().describe('The resource: cpu or memory.'),
  restartPolicy: z.enum(['NotRequired', 'RestartContainer']).describe('Whether a change needs a restart.'),
});
