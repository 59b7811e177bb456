/** The status of a Task: what its controller says about it. */
import { z } from 'zod';
import { TASK_STATUSES } from './api.ts';
import { MAX_STEPS, MAX_TASK_RESULTS } from './limits.ts';
import { HOLDS } from '../turn/resume.ts';
import { MAX_RESULTS } from '../turn/results.ts';
import { resultSchema } from './results.ts';

const text = (about: string) => z.string().optional().describe(about);
const time = (about: string) => z.string().meta({ format: 'date-time' }).optional().describe(about);
const count = (about: string) => z.int32().min(0).optional().describe(about);
const number = (about: string) => z.int32().optional().describe(about);
const generation = (about: string) => z.int().min(0).optional().describe(about);

/** How a step is: not over, or its outcome. */
const STEP_STATES = [
  ...(['Waiting', 'Running', 'Paused'] as const),
  ...(['Succeeded', 'Continued', 'Omitted', 'Failed', 'Skipped', 'Cancelled', 'TimedOut', 'Error'] as const),
] as const;

const stepStatusSchema = z.strictObject({
  name: z.string().max(63).describe('The name of the step.'),
  state: z.enum(STEP_STATES).describe('Waiting, Running, Paused, or how the step ended.'),
  exitCode: number('The exit code of the command; 128+n when signal n ended it.'),
  signal: text('The signal that ended the command, such as SIGTERM.'),
  reason: text('Why the step is in this state, one word for programs.'),
  message: text('Why the step is in this state, one sentence for people.'),
  startedAt: time('When the command was first started.'),
  finishedAt: time('When the step was over.'),
  hold: z
    .enum(HOLDS)
    .optional()
    .describe('Where a Paused step is held: Before its command, After it, or OnFailure, after it failed.'),
  heldSince: time('Since when a Paused step is held.'),
  holds: count('How many times the step was held and went on.'),
  attempts: count('How often the command was started.'),
  imageID: text('The image that ran, by its digest.'),
  results: z
    .array(resultSchema)
    .max(MAX_RESULTS)
    .optional()
    .describe('What the command left as its results.'),
});

const conditionSchema = z
  .strictObject({
    type: z
      .string()
      .max(316)
      .regex(
        /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
      )
      .describe('What the condition is about: Complete, Failed, Paused or Progressing.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    observedGeneration: generation('The generation of the Task that this is about.'),
    lastTransitionTime: z.string().meta({ format: 'date-time' }).describe('When status last changed.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Why status last changed, one word for programs.'),
    message: z.string().max(32_768).describe('Why status last changed, for people.'),
  })
  .describe('A Kubernetes metav1.Condition.');

/** A Task's status. Its own record of Kubernetes' conditions is in the shape of metav1.Condition. */
export const statusSchema = z.strictObject({
  status: z
    .enum(TASK_STATUSES)
    .meta({ default: 'Pending' })
    .optional()
    .describe('How the Task is: Pending, Running, Paused, Successful, Failure or Cancelled.'),
  reason: text('Why it is so, one word for programs.'),
  message: text('Why it is so, for people: which step, what happened, what to do.'),
  startTime: time('When the pod was made.'),
  completionTime: time('When the Task was over.'),
  duration: text('How long the Task took, such as 1m5s; once it is over.'),
  order: number('The order: every step up to this number is released; -1 stops all.'),
  gate: number('The gate: the first step that waits for the order. Absent: no gate.'),
  running: text('The steps that run now, by their names; absent when none does.'),
  step: text('How far the Task is: how many of its steps are over, such as 2/3, and which of them are held.'),
  podName: text('The name of the pod.'),
  podUID: text('The uid of the pod: another one of that name is not of this Task.'),
  observedGeneration: generation('The generation of the Task that this is about.'),
  steps: z
    .array(stepStatusSchema)
    .max(MAX_STEPS)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional()
    .describe('How each step is, in their order.'),
  results: z
    .array(resultSchema)
    .max(MAX_TASK_RESULTS)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional()
    .describe('What the Task left, as spec.results says; once it is over.'),
  conditions: z
    .array(conditionSchema)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .optional()
    .describe(
      'Complete, Failed, Paused, and Progressing while something keeps the Task from getting on; for kubectl wait.',
    ),
});

export type TaskStatus = z.infer<typeof statusSchema>;
export type StepStatus = z.infer<typeof stepStatusSchema>;
export type Condition = z.infer<typeof conditionSchema>;
