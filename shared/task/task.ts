import { z } from 'zod';
import { API_VERSION, KIND } from './api.ts';
import { duration, flag, oneOf } from './container/fields.ts';
import { volumeSchema } from './container/volume.ts';
import { MAX_PARAMS, MAX_SIDECARS, MAX_STEPS, MAX_VOLUMES, MAX_WORKSPACES } from './limits.ts';
import { metadataSchema } from './metadata.ts';
import { taskResultsSchema } from './results.ts';
import { paramSchema } from './params.ts';
import { podTemplateSchema } from './pod-template.ts';
import { checkSpec } from './rules.ts';
import { workspaceSchema } from './workspaces.ts';
import { finallyStepSchema, sidecarSchema, stepSchema, stepTemplateSchema } from './step.ts';

/** The fields of the spec that may change while the Task is there. */
export const MUTABLE_FIELDS = ['suspend', 'cancel', 'ttlSecondsAfterFinished'] as const;

/** Of a list in which no two items have one name: the API server sees to that, and merges such lists by it. */
const BY_NAME = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };

/** What a Task does. New fields go here; each needs a description, which becomes the text of `kubectl explain`. */
export const specSchema = z
  .strictObject({
    params: z
      .array(paramSchema)
      .max(MAX_PARAMS)
      .meta(BY_NAME)
      .optional()
      .describe(
        'Values that a run is given: $(params.NAME) stands for one in every text of steps, sidecars, volumes and podTemplate.',
      ),
    workspaces: z
      .array(workspaceSchema)
      .max(MAX_WORKSPACES)
      .meta(BY_NAME)
      .optional()
      .describe(
        'Directories that steps and sidecars share, at /workspace/NAME: any volume source, by default an emptyDir. $(workspaces.NAME.path) is where one is.',
      ),
    steps: z
      .array(stepSchema)
      .min(1, { error: 'a Task needs at least one step' })
      .max(MAX_STEPS, { error: `expected at most ${MAX_STEPS} steps in one Task` })
      .meta(BY_NAME)
      .describe('The steps. Each begins when the one before it is over and went on, unless it says after.'),
    finally: z
      .array(finallyStepSchema)
      .max(MAX_STEPS, { error: `expected at most ${MAX_STEPS} steps in one Task` })
      .meta(BY_NAME)
      .optional()
      .describe(
        'Steps that run when all others are over, one after the other, whatever became of those: also when they failed, were cancelled or out of time. One that fails makes a successful Task a failure.',
      ),
    results: taskResultsSchema,
    failFast: flag(
      'Whether a step that fails ends those that do not come after it, too. Default: false, they go on to their end.',
    ),
    sidecars: z
      .array(sidecarSchema)
      .max(MAX_SIDECARS)
      .meta(BY_NAME)
      .optional()
      .describe('Containers that run beside the steps: started before the first, stopped after the last.'),
    stepTemplate: stepTemplateSchema
      .optional()
      .describe(
        'What every step has that does not say otherwise. env is merged by name, volumeMounts by mountPath, volumeDevices by devicePath; of all else the step has its own or this. command and args are only for steps that say neither script nor command.',
      ),
    volumes: z
      .array(volumeSchema)
      .max(MAX_VOLUMES)
      .meta(BY_NAME)
      .optional()
      .describe('The volumes that containers can mount.'),
    podTemplate: podTemplateSchema
      .optional()
      .describe(
        'Labels, annotations and other fields of the pod, such as serviceAccountName and nodeSelector.',
      ),
    timeout: duration(
      'How long the Task may take, as a Go duration such as 90s or 1h30m; time in which it is suspended counts. Default: no limit.',
    ),
    handOff: oneOf(
      ['Direct', 'Controller'],
      'Who starts the next step. Direct: the step before it, within milliseconds. Controller: the controller, for each one, which takes about a second. Default: Direct.',
    ),
    suspend: flag(
      'While true no further step starts; one that runs goes on to its end. Can be changed at any time. Default: false.',
    ),
    cancel: flag(
      'Stops the running step and starts no further one. Can be set at any time, and not be taken back. Default: false.',
    ),
    ttlSecondsAfterFinished: z
      .int32()
      .min(0)
      .optional()
      .describe(
        'How many seconds after its end the Task is deleted. Can be changed at any time. Default: never.',
      ),
  })
  .superRefine(checkSpec, { when: () => true });

/**
 * A Task of `api.practice.com/v1alpha1`. The schema has no defaults and no transforms: what is valid comes out as it went in,
 * with fields of a newer Kubernetes kept in metadata, podTemplate, volumes, steps and below.
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
    // Whatever is in a manifest is ignored; `statusSchema` is what the controller writes.
    status: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('How the Task goes. Written by the controller; ignored in a manifest.'),
  })
  .describe('A Task runs the containers of one pod in order.');

export type Task = z.infer<typeof taskSchema>;
export type TaskSpec = z.infer<typeof specSchema>;
export type Step = z.infer<typeof stepSchema>;
export type StepTemplate = z.infer<typeof stepTemplateSchema>;
export type Sidecar = z.infer<typeof sidecarSchema>;
export type { Workspace, WorkspaceUse } from './workspaces.ts';
export type { Param } from './params.ts';
export type { ParamValue } from './references/known.ts';
export type Volume = z.infer<typeof volumeSchema>;
export { MAX_STEPS } from './limits.ts';
export type { Container, EnvVar, VolumeMount } from './container/container.ts';
export type { PodTemplate } from './pod-template.ts';
export type { Condition, StepStatus, TaskStatus } from './status.ts';
