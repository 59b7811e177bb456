import { z } from 'zod';
import { flag, oneOf, open, text } from './fields.ts';
import { free } from './reserved.ts';

/** A volume in a container's file system: Kubernetes v1 VolumeMount. */
export const volumeMountSchema = open({
  name: z.string().max(63).describe('The name of one of the volumes in spec.volumes.'),
  mountPath: free(
    z
      .string()
      .min(1)
      .regex(/^[^:]*$/, { error: 'expected a path without ":"' }),
    'mount the volume somewhere else',
  ).describe('Where the volume appears. Not /, and not /taskflow or /etc/podinfo, which taskflow uses.'),
  readOnly: flag('Mount read-only. Default: false.'),
  recursiveReadOnly: oneOf(
    ['Disabled', 'IfPossible', 'Enabled'],
    'Whether read-only is also for mounts below.',
  ),
  mountPropagation: oneOf(
    ['None', 'HostToContainer', 'Bidirectional'],
    'Who sees mounts made later. Default: None.',
  ),
  subPath: text('A path within the volume to mount instead of its root.'),
  subPathExpr: text('Like subPath, with $(NAME) standing for environment variables.'),
});

/** A block device of a container: Kubernetes v1 VolumeDevice. */
export const volumeDeviceSchema = open({
  name: z.string().max(63).describe('The name of a volume in spec.volumes that is a persistentVolumeClaim.'),
  devicePath: free(z.string(), 'choose another path').describe('Where the device appears.'),
});
