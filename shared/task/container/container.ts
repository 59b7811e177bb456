import { z } from 'zod';
import { envFromSchema, envVarSchema } from './env.ts';
import { flag, label, oneOf, open, text, texts } from './fields.ts';
import { lifecycleSchema, probeSchema, restartRuleSchema } from './handlers.ts';
import { volumeDeviceSchema, volumeMountSchema } from './mounts.ts';
import { resizePolicySchema, resourcesSchema } from './resources.ts';
import { MAX_MOUNTS } from '../limits.ts';
import { free } from './reserved.ts';
import { securityContextSchema } from './security.ts';

const portSchema = open({
  name: text('The name of the port, for services and probes.'),
  containerPort: z.int32().min(1).max(65_535).describe('The port in the container.'),
  hostPort: z.int32().min(0).max(65_535).optional().describe('The port on the node.'),
  hostIP: text('The address on the node to bind hostPort to.'),
  protocol: oneOf(['TCP', 'UDP', 'SCTP'], 'TCP, UDP or SCTP. Default: TCP.'),
});

/**
 * A container of a pod, as Kubernetes 1.36 defines v1 Container. It checks types, adds no defaults and keeps fields
 * that it does not know, so a value comes out as it went in.
 *
 * Spec: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
 *
 * @example
 * containerSchema.parse({ name: 'build', image: 'node:24', command: ['npm', 'test'] });
 */
export const containerSchema = open({
  name: label('The name of the step: a DNS label, different from every other step of the Task.'),
  image: z.string().min(1).describe('The image to run, such as busybox:1.36.'),
  command: texts(
    'The program to run and its first arguments, without a shell. Default: the ENTRYPOINT of the image.',
  ),
  args: texts('Arguments for the command. Default: the CMD of the image, when command is not given either.'),
  workingDir: text('The directory to run in. Default: the one of the image.'),
  ports: z.array(portSchema).optional().describe('Ports that the step listens on, as information.'),
  envFrom: z.array(envFromSchema).optional().describe('Environment variables from ConfigMaps and Secrets.'),
  env: z.array(envVarSchema).optional().describe('Environment variables.'),
  resources: resourcesSchema.optional().describe('What the step needs and may use at most.'),
  resizePolicy: z
    .array(resizePolicySchema)
    .optional()
    .describe('What a change of resources does to the step.'),
  restartPolicy: oneOf(['Always', 'OnFailure', 'Never'], 'When the kubelet starts the container again.'),
  restartPolicyRules: z
    .array(restartRuleSchema)
    .max(20)
    .optional()
    .describe('Exceptions to restartPolicy, by exit code.'),
  volumeMounts: z
    .array(volumeMountSchema)
    .max(MAX_MOUNTS)
    .optional()
    .describe('Volumes to mount in the step.'),
  volumeDevices: z
    .array(volumeDeviceSchema)
    .max(MAX_MOUNTS)
    .optional()
    .describe('Block devices of the step.'),
  livenessProbe: probeSchema.optional().describe('A check whose failure stops the step.'),
  readinessProbe: probeSchema.optional().describe('A check that says whether the step can be talked to.'),
  startupProbe: probeSchema
    .optional()
    .describe('A check that holds the other probes back until it succeeds.'),
  lifecycle: lifecycleSchema.optional().describe('What to do as the container starts and stops.'),
  terminationMessagePath: free(z.string(), 'choose another file')
    .optional()
    .describe('The file whose content is the termination message. Default: /dev/termination-log.'),
  terminationMessagePolicy: oneOf(
    ['File', 'FallbackToLogsOnError'],
    'Where the termination message comes from.',
  ),
  imagePullPolicy: oneOf(['Always', 'IfNotPresent', 'Never'], 'When to pull the image.'),
  securityContext: securityContextSchema.optional().describe('The rights of the step.'),
  stdin: flag('Give the step a standard input. Default: false.'),
  stdinOnce: flag('Close standard input after the first client is gone. Default: false.'),
  tty: flag('Give the step a terminal; needs stdin. Default: false.'),
});

export type Container = z.infer<typeof containerSchema>;
export type EnvVar = z.infer<typeof envVarSchema>;
export type VolumeMount = z.infer<typeof volumeMountSchema>;
