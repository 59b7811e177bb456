/** Workspaces: directories that the steps of a Task share. */
import { z } from 'zod';
import { flag, label, text } from './container/fields.ts';
import { free } from './container/reserved.ts';
import { volumeSchema } from './container/volume.ts';

/** `taskflow-ws-` and this are the name of a volume, which has 63 characters. */
const MAX_NAME = 50;

const name = (about: string) =>
  z
    .string()
    .max(MAX_NAME)
    .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, {
      error: 'expected lower-case letters, digits and "-" only, beginning and ending with a letter or digit',
    })
    .describe(about);

/** A workspace: a volume with a name that texts can use. */
export const workspaceSchema = volumeSchema.extend({
  name: name('The name of the workspace, for $(workspaces.NAME.path): a DNS label of at most 50 characters.'),
  description: text('What the workspace is for.'),
  mountPath: free(
    z
      .string()
      .min(1)
      .regex(/^(?:\/|\$\()[^:]*$/, { error: 'expected an absolute path without ":"' }),
    'put the workspace somewhere else',
  )
    .optional()
    .describe('Where containers have it. Default: /workspace/NAME.'),
  optional: flag(
    'Whether the Task can do without it. Without a volume source it is then not there: its path is empty, and $(workspaces.NAME.bound) is false. A ConfigMap or Secret need not exist. Default: false.',
  ),
  readOnly: flag('Whether no container can write to it. Default: false.'),
});

/** A part of a volume: below it, wherever it is. */
const SUB_PATH = 'expected a path within the workspace, without "..", not beginning with "/"';

/** Which workspaces a container has. */
export const workspaceUseSchema = z.strictObject({
  name: label('The name of a workspace of the Task.'),
  readOnly: flag('Whether this container cannot write to it. Default: as the workspace says.'),
  subPath: z
    .string()
    .max(512)
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), { error: SUB_PATH })
    .meta({
      'x-kubernetes-validations': [
        { rule: "!self.startsWith('/') && !('/' + self + '/').contains('/../')", message: SUB_PATH },
      ],
    })
    .optional()
    .describe('The directory in the workspace that this container has instead of all of it.'),
});

export type Workspace = z.infer<typeof workspaceSchema>;
export type WorkspaceUse = z.infer<typeof workspaceUseSchema>;
