import { z } from 'zod';
import { checkMetadata } from './refused/pod.ts';
import { Spot } from './refused/spot.ts';
import { flag, int64, label, open, text, texts } from './container/fields.ts';

/** The longest name of an object. */
const MAX_NAME = 253;

const NO_NAME =
  'required, but missing; add "name:" with a name, or "generateName:" with the beginning of one';

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

const fields = {
  namespace: label('The namespace. Default: the current one.').optional(),
  labels: pairs('Labels: what to find the object by.'),
  annotations: pairs('Annotations: notes for people and tools.'),
  generateName: z
    .string()
    .max(MAX_NAME)
    .regex(/^(?:(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\.)*[a-z0-9][-a-z0-9]*)?$/, {
      error: 'expected the beginning of a name: lower-case letters, digits, "-" and "." only',
    })
    .optional()
    .describe('The beginning of the name, in place of name: five characters are put behind it.'),
  uid: text('Set by the cluster: tells this object from a later one of the same name.'),
  resourceVersion: text('Set by the cluster: the version of the stored object.'),
  generation: z.int().optional().describe('Set by the cluster: counts the changes of the spec.'),
  creationTimestamp: time('Set by the cluster: when it was created.'),
  deletionTimestamp: time('Set by the cluster: when it is to be deleted.'),
  deletionGracePeriodSeconds: int64('Set by the cluster: seconds until it is gone.'),
  ownerReferences: z.array(ownerReference).optional().describe('Objects that this one belongs to.'),
  finalizers: texts('Names that keep it, once deleted, until they are removed.'),
  managedFields: z
    .array(z.record(z.string(), z.unknown()))
    .optional()
    .describe('Set by the cluster: who set which field.'),
  selfLink: text('Set by old clusters: its path in the API.'),
};

const named = (limit: number, about: string) =>
  open({
    // The API server takes an empty name for none.
    name: z
      .string()
      .max(limit)
      .regex(/^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)?$/, {
        error:
          'expected lower-case letters, digits, "-" and "." only, every part beginning and ending with a letter or digit',
      })
      .optional()
      .describe(about),
    ...fields,
  }).superRefine(
    (metadata: unknown, context) => {
      const spot = new Spot(metadata, [], (path, message) =>
        context.addIssue({ code: 'custom', path, message }),
      );
      if (!spot.at('name').value && !spot.at('generateName').value) spot.at('name').say(NO_NAME);
      checkMetadata(spot);
    },
    { when: () => true },
  );

/**
 * Kubernetes ObjectMeta, with a name that is short enough for a label value.
 *
 * Spec: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 */
export const metadataSchema = named(
  63,
  'The name of the Task: a DNS subdomain of at most 63 characters, since it is also the value of a label.',
);

/** Kubernetes ObjectMeta of any other object. */
export const objectMetadataSchema = named(MAX_NAME, 'The name of the object: a DNS subdomain.');
