/** The containers of a Task: its steps, what all steps have in common, and the sidecars. */
import { z } from 'zod';
import { duration, label, notHere, oneOf } from './container/fields.ts';
import { lifecycleSchema, probeSchema, restartRuleSchema } from './container/handlers.ts';
import { containerSchema } from './container/container.ts';
import { FINALLY_TIMEOUT, MAX_AFTER, MAX_WORKSPACES } from './limits.ts';
import { stepResultsSchema } from './results.ts';
import { HOLDS } from '../turn/resume.ts';
import { whenSchema } from './when.ts';
import { workspaceUseSchema } from './workspaces.ts';

/** The most retries of a step. With the agent's delays that is more than seven hours of trying. */
const MAX_RETRIES = 100;

const RUNS_ONCE = 'a step runs once; use retries';

/** Which workspaces a container has. */
const workspaces = z
  .array(workspaceUseSchema)
  .max(MAX_WORKSPACES)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
  .optional()
  .describe('The workspaces that it has, by their names. Default: all of the Task.');

const output = (stream: string) =>
  z
    .strictObject({
      path: z
        .string()
        .max(4096)
        .regex(/^(?:\/|\$\()/, { error: 'expected an absolute path' })
        .describe(`The file that the ${stream} of the command is also written to, at its end.`),
    })
    .optional()
    .describe(`Where the ${stream} of the command goes besides the log.`);

/** What a step has otherwise than a container, apart from its name and script. */
const shared = {
  image: z
    .string()
    .min(1)
    .optional()
    .describe('The image to run, such as busybox:1.36. Default: stepTemplate.image.'),
  restartPolicy: z
    .enum(['Never'], { error: `expected "Never", since ${RUNS_ONCE}` })
    .optional()
    .describe('Never, which is the default: a step runs once. To run one that failed again, use retries.'),
  restartPolicyRules: z
    .array(restartRuleSchema)
    .max(0, { error: `expected no rules, since ${RUNS_ONCE}` })
    .optional()
    .describe('Must be empty: a step runs once. To run one that failed again, use retries.'),
  livenessProbe: probeSchema
    .optional()
    .describe(
      'A check whose failure stops the step. On the first step only: a later one would be stopped as it waits.',
    ),
  startupProbe: probeSchema
    .optional()
    .describe(
      'A check that holds the other probes back until it succeeds. On the first step only, like livenessProbe.',
    ),
  lifecycle: lifecycleSchema
    .optional()
    .describe(
      'What to do as the container starts and stops. postStart on the first step only: all start at once.',
    ),
  timeout: duration(
    'How long the step may run, its retries included, as a Go duration such as 90s or 1h30m. Default: no limit.',
  ),
  onError: oneOf(
    ['stop', 'continue'],
    'What a failure of the step does: stop ends the Task, continue records it and goes on. Default: stop.',
  ),
  retryDelay: duration(
    'How long before the command is run again the first time; twice as long before each further time, up to 5m. Default: 1s.',
  ),
  gracePeriod: duration(
    'How long the command has to end when the step is stopped, from SIGTERM to SIGKILL. Default: 30s.',
  ),
  stdout: output('standard output'),
  stderr: output('standard error'),
  workspaces,
  retries: z
    .int32()
    .min(0)
    .max(MAX_RETRIES)
    .optional()
    .describe('How often the command is run again, in the same container, when it failed. Default: 0.'),
};

const predecessors = z.array(z.string().max(63)).max(MAX_AFTER);

const holds = z.array(z.enum(HOLDS)).max(HOLDS.length);

/** A step: a Kubernetes container that can also carry a script. What runs is script, else command, else the image's own. */
export const stepSchema = containerSchema.extend({
  ...shared,
  script: z
    .string()
    .optional()
    .describe('A script to run, instead of command. Its first line may name the interpreter: #!/bin/sh.'),
  results: stepResultsSchema,
  when: whenSchema,
  pause: holds
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe(
      'Where the step is held until a Resume says how it goes on: Before its command, After it, or OnFailure, after it failed.',
    ),
  after: predecessors
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe(
      'The steps before it, by their names, which are written before it; it begins when all of them are over and went on. An empty list: it begins at once. Default: the step written before it.',
    ),
});

/** A step that comes after all others, whatever became of them. */
export const finallyStepSchema = stepSchema.extend({
  after: notHere(
    predecessors,
    'a step of finally comes after all steps, and after those of finally before it',
  ),
  timeout: duration(
    `How long the step may run, its retries included, as a Go duration such as 90s or 1h30m. Default: ${FINALLY_TIMEOUT}.`,
  ),
  livenessProbe: notHere(probeSchema, 'it would stop the step while it waits for its turn; use timeout'),
  startupProbe: notHere(probeSchema, 'it would stop the step while it waits for its turn; use timeout'),
});

/** What every step has that does not say otherwise; `stepsOf` applies it. */
export const stepTemplateSchema = containerSchema.extend({
  ...shared,
  name: notHere(z.string(), 'every step has a name of its own; write it there'),
  script: notHere(z.string(), 'every step has a script of its own; write it there, or use command'),
  image: z.string().min(1).optional().describe('The image of every step that names none.'),
  pause: notHere(holds, 'each step says itself where it is held; write it there'),
  livenessProbe: notHere(probeSchema, 'only the first step can have one; write it there'),
  startupProbe: notHere(probeSchema, 'only the first step can have one; write it there'),
});

/** A container that runs beside the steps: a native sidecar of Kubernetes. */
export const sidecarSchema = containerSchema.extend({
  name: label(
    'The name of the sidecar: a DNS label, different from every other sidecar and step of the Task.',
  ),
  restartPolicy: oneOf(['Always'], 'Always, which makes the container a sidecar, and is the default.'),
  script: notHere(z.string(), 'only a step has a script; give the sidecar a command'),
  workspaces,
});
