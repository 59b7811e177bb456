import { z } from 'zod';
import { API_VERSION, RESUME_KIND } from '../task/api.ts';
import { duration } from '../task/container/fields.ts';
import { objectMetadataSchema } from '../task/metadata.ts';
import { RESUME_ACTIONS } from '../turn/resume.ts';
import { MAX_STEPS } from '../task/limits.ts';

/** How long a Resume waits for its hold that does not say it. */
export const DEFAULT_EXPIRES = '1h';

const taskName = (about: string) =>
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/, {
      error: 'expected the name of a Task: lower-case letters, digits, "-" and "." only',
    })
    .optional()
    .describe(about);
/** Of any kind: one that no step has is answered with the nearest that there is. */
const stepName = (about: string) => z.string().min(1).max(63).optional().describe(about);

/** Each field that is also called otherwise, by the operator that this kind was first known from. */
export const ALIASES = [
  { field: 'task', alias: 'Workflow-ID' },
  { field: 'step', alias: 'TemplateName' },
] as const;

/** What a Resume says. New fields go here; each needs a description, which becomes the text of `kubectl explain`. */
export const resumeSpecSchema = z
  .strictObject({
    task: taskName('The name of the Task, in the namespace of the Resume. Required, here or as Workflow-ID.'),
    'Workflow-ID': taskName('The same as task.'),
    step: stepName('The name of the held step. Default: every step of the Task that is held at that moment.'),
    TemplateName: stepName('The same as step.'),
    action: z
      .enum(RESUME_ACTIONS)
      .meta({ default: 'Continue' })
      .optional()
      .describe(
        'What the held step is to do. Continue: go on. Retry: run the command again, in the same container. Skip: go on without it, or in spite of its failure. Fail: end as failed. Default: Continue.',
      ),
    expires: duration(
      `How long the Resume waits for the step to be held, as a Go duration such as 90s or 1h30m. Default: ${DEFAULT_EXPIRES}.`,
    ),
  })
  .superRefine((spec, context) => {
    for (const { field, alias } of ALIASES) {
      if (spec[field] !== undefined && spec[alias] !== undefined && spec[field] !== spec[alias])
        context.addIssue({
          code: 'custom',
          path: [alias],
          message: `differs from ${field}; write only one of them`,
        });
    }
    if (spec.task === undefined && spec['Workflow-ID'] === undefined)
      context.addIssue({
        code: 'custom',
        path: ['task'],
        message: 'required, but missing; write the name of the Task',
      });
  });

const text = (about: string) => z.string().optional().describe(about);
const time = (about: string) => z.string().meta({ format: 'date-time' }).optional().describe(about);

const RESUME_STATUSES = ['Pending', 'Applied', 'Rejected'] as const;

/** What the controller says about a Resume. */
export const resumeStatusSchema = z.strictObject({
  status: z
    .enum(RESUME_STATUSES)
    .meta({ default: 'Pending' })
    .optional()
    .describe(
      'How the Resume is. Pending: it waits. Applied: the steps were told. Rejected: it never will be.',
    ),
  reason: text('Why it is so, one word for programs.'),
  message: text('Why it is so, for people.'),
  steps: z
    .array(z.string().max(63))
    .max(MAX_STEPS)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('The names of the steps that it let go on.'),
  appliedAt: time('When the steps were told.'),
  rejectedAt: time('When it was rejected.'),
  by: text('Who made the Resume: the field manager, which is what a client calls itself.'),
});

/**
 * A Resume of `api.practice.com/v1alpha1`: it lets a held step of a Task go on, once.
 *
 * @example
 * const resume = resumeSchema.parse({
 *   apiVersion: 'api.practice.com/v1alpha1',
 *   kind: 'Resume',
 *   metadata: { generateName: 'release-' },
 *   spec: { task: 'release', step: 'publish', action: 'Continue' },
 * });
 */
export const resumeSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION).describe('The version of the Resume API.'),
    kind: z.literal(RESUME_KIND).describe('The kind of this object.'),
    metadata: objectMetadataSchema.describe('The name of the Resume, its namespace, labels and so on.'),
    spec: resumeSpecSchema.describe('Which step goes on, and how.'),
    status: z.record(z.string(), z.unknown()).optional().describe('Written by the controller.'),
  })
  .describe('A Resume lets a held step of a Task go on, once.');

export type ResumeSpec = z.infer<typeof resumeSpecSchema>;
export type ResumeStatus = z.infer<typeof resumeStatusSchema>;

/** The Task and the step that a Resume is about, whichever way they are written. */
export function aboutOf(spec: ResumeSpec): { task: string; step: string | undefined } {
  return { task: spec.task ?? spec['Workflow-ID'] ?? '', step: spec.step ?? spec.TemplateName };
}
