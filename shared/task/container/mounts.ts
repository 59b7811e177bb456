import { normalize } from 'node:path/posix';
import { z } from 'zod';
import { flag, oneOf, open, text } from './fields.ts';

/** Directories of the step containers that belong to taskflow: the agent, run directories, scripts; order and gate. */
const RESERVED_PATHS = ['/taskflow', '/etc/podinfo'];

const RESERVED = 'taskflow uses /taskflow and /etc/podinfo itself; mount the volume somewhere else';

const RESERVED_RULE = RESERVED_PATHS.map((path) => `self != '${path}' && !self.startsWith('${path}/')`).join(
  ' && ',
);

/** A volume in a container's file system: Kubernetes v1 VolumeMount. */
export const volumeMountSchema = open({
  name: z.string().max(63).describe('The name of one of the volumes in spec.volumes.'),
  mountPath: z
    .string()
    .min(1)
    .regex(/^[^:]*$/, { error: 'expected a path without ":"' })
    .refine((path) => !isReserved(path), { error: RESERVED })
    // As people write them. For all that leads to the same the controller reads the Task once more.
    .meta({ 'x-kubernetes-validations': [{ rule: RESERVED_RULE, message: RESERVED }] })
    .describe('Where the volume appears. Not /taskflow or /etc/podinfo, which taskflow uses.'),
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
  devicePath: z.string().describe('Where the device appears.'),
});

// The container runtime reads a relative mount path from the root and cleans "." and ".." out of it.
function isReserved(path: string): boolean {
  const absolute = normalize(`/${path}/`);
  return RESERVED_PATHS.some((reserved) => absolute.startsWith(`${reserved}/`));
}
