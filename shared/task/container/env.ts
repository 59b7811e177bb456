import { z } from 'zod';
import { flag, open, quantity, text } from './fields.ts';

const configMapKeyRef = open({
  name: text('The name of the ConfigMap.'),
  key: z.string().describe('The key to take the value from.'),
  optional: flag('Start the step even when the ConfigMap or the key does not exist.'),
});

const secretKeyRef = open({
  name: text('The name of the Secret.'),
  key: z.string().describe('The key to take the value from.'),
  optional: flag('Start the step even when the Secret or the key does not exist.'),
});

const fieldRef = open({
  apiVersion: text('The version of the schema that fieldPath is written in. Default: v1.'),
  fieldPath: z.string().describe('The field of the pod to take, such as metadata.name or status.podIP.'),
});

const resourceFieldRef = open({
  containerName: text('The container whose resources are meant. Default: this step.'),
  resource: z.string().describe('The resource to take, such as limits.cpu.'),
  divisor: quantity().optional().describe('The unit of the value, such as 1Mi. Default: 1.'),
});

const fileKeyRef = open({
  volumeName: z.string().describe('The volume that holds the file.'),
  path: z.string().describe('The path of the file within the volume.'),
  key: z.string().describe('The variable of the file to take.'),
  optional: flag('Start the step even when the file or the variable does not exist.'),
});

const valueFrom = open({
  configMapKeyRef: configMapKeyRef.optional().describe('Take the value from a key of a ConfigMap.'),
  secretKeyRef: secretKeyRef.optional().describe('Take the value from a key of a Secret.'),
  fieldRef: fieldRef.optional().describe('Take the value from a field of the pod.'),
  resourceFieldRef: resourceFieldRef.optional().describe('Take the value from the resources of a container.'),
  fileKeyRef: fileKeyRef.optional().describe('Take the value from a variable in a file of a volume.'),
});

/** One environment variable: Kubernetes v1 EnvVar. */
export const envVarSchema = open({
  name: z
    .string()
    .regex(/^[^=]+$/, {
      error: 'expected the name of an environment variable, which is not empty and has no "="',
    })
    .describe('The name of the environment variable.'),
  value: text('The value; $(NAME) stands for another variable. Default: the empty string.'),
  valueFrom: valueFrom.optional().describe('Where to take the value from, instead of value.'),
});

/** Variables taken from all keys of one object: Kubernetes v1 EnvFromSource. */
export const envFromSchema = open({
  prefix: text('Put before the name of every variable.'),
  configMapRef: open({
    name: text('The name of the ConfigMap.'),
    optional: flag('Start the step even when the ConfigMap does not exist.'),
  })
    .optional()
    .describe('Take every key of a ConfigMap.'),
  secretRef: open({
    name: text('The name of the Secret.'),
    optional: flag('Start the step even when the Secret does not exist.'),
  })
    .optional()
    .describe('Take every key of a Secret.'),
});
