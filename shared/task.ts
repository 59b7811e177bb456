import { z } from 'zod';
import { volumeSchema } from './container/volume.ts';
import { containerSchema } from './container.ts';
import { metadataSchema } from './metadata.ts';
import { checkSpec } from './spec-rules.ts';

export const API_VERSION = 'api.practice.com/v1alpha1';
export const KIND = 'Task';

/**
 * The most steps a Task can have. Every step is a container of one pod and has an emptyDir of its own; the kubelet starts
 * containers one after another, and a pod of more than this is not practical.
 */
export const MAX_STEPS = 256;

/** A step: a Kubernetes container that can also carry a script. What runs is script, else command, else the image's own. */
const stepSchema = containerSchema.extend({
  script: z
    .string()
    .optional()
    .describe('A script to run, instead of command. Its first line may name the interpreter: #!/bin/sh.'),
});

/** What a Task does. New fields go here; each needs a description, which becomes the text of `kubectl explain`. */
const specSchema = z
  .strictObject({
    steps: z
      .array(stepSchema)
      .min(1, { error: 'a Task needs at least one step' })
      .max(MAX_STEPS, { error: `expected at most ${MAX_STEPS} steps in one Task` })
      .describe('The steps, in the order in which they run.'),
    volumes: z.array(volumeSchema).optional().describe('The volumes that steps can mount.'),
  })
  .superRefine(checkSpec, { when: () => true });

/**
 * A Task of `api.practice.com/v1alpha1`. The schema has no defaults and no transforms: what is valid comes out as it went in,
 * with fields of a newer Kubernetes kept in metadata, volumes, steps and below.
 *
 * @example
 * const task = taskSchema.parse({
 *   apiVersion: 'api.practice.com/v1alpha1',
 *   kind: 'Task',
 *   metadata: { name: 'hello' },
 *   spec: { steps: [{ name: 'say', image: 'busybox:1.36', command: ['echo', 'hello'] }] },
 * });
 */
export const taskSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION).describe('The version of the Task API.'),
    kind: z.literal(KIND).describe('The kind of this object.'),
    metadata: metadataSchema.describe('The name of the Task, its namespace, labels and so on.'),
    spec: specSchema.describe('What the Task does.'),
    status: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('How the Task goes. Written by the controller; ignored in a manifest.'),
  })
  .describe('A Task runs the containers of one pod in order.');

export type Task = z.infer<typeof taskSchema>;
export type Step = z.infer<typeof stepSchema>;
export type Volume = z.infer<typeof volumeSchema>;
export type { Container, EnvVar, VolumeMount } from './container.ts';
