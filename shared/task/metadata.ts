import { z } from 'zod';
import { flag, int64, label, open, text, texts } from './container/fields.ts';

const NAME_LENGTH = 63;

const ownerReference = open({
  apiVersion: z.string().describe('The API version of the owner.'),
  kind: z.string().describe('The kind of the owner.'),
  name: z.string().describe('The name of the owner.'),
  uid: z.string().describe('The uid of the owner.'),
  controller: flag('Whether the owner manages this object.'),
  blockOwnerDeletion: flag('Whether the owner waits for this object when it is deleted.'),
});

// Manifests that tools wrote have "creationTimestamp: null", and those people wrote have an "annotations:" with every
// line below it commented out: the API server takes null for these, so they are no error here.
const pairs = (about: string) => z.record(z.string(), z.string()).nullish().describe(about);
const time = (about: string) => z.string().nullish().describe(about);

/**
 * Kubernetes ObjectMeta, with a name that is required and short enough for a label value.
 *
 * Spec: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 */
export const metadataSchema = open({
  name: z
    .string()
    .max(NAME_LENGTH)
    .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/, {
      error:
        'expected lower-case letters, digits, "-" and "." only, every part beginning and ending with a letter or digit',
    })
    .describe(
      'The name of the Task: a DNS subdomain of at most 63 characters, since it is also the value of a label.',
    ),
  namespace: label('The namespace. Default: the current one.').optional(),
  labels: pairs('Labels: what to find the Task by.'),
  annotations: pairs('Annotations: notes for people and tools.'),
  generateName: text('A beginning of a name; taskflow needs the whole name.'),
  uid: text('Set by the cluster: tells this Task from a later one of the same name.'),
  resourceVersion: text('Set by the cluster: the version of the stored Task.'),
  generation: z.int().optional().describe('Set by the cluster: counts the changes of the spec.'),
  creationTimestamp: time('Set by the cluster: when the Task was created.'),
  deletionTimestamp: time('Set by the cluster: when the Task is to be deleted.'),
  deletionGracePeriodSeconds: int64('Set by the cluster: seconds until a deleted Task is gone.'),
  ownerReferences: z.array(ownerReference).optional().describe('Objects that this Task belongs to.'),
  finalizers: texts('Names that keep a deleted Task until they are removed.'),
  managedFields: z
    .array(z.record(z.string(), z.unknown()))
    .optional()
    .describe('Set by the cluster: who set which field.'),
  selfLink: text('Set by old clusters: the path of the Task in the API.'),
});
