/** The CustomResourceDefinitions of taskflow. */
import { definitionOf, type Kind } from './definition.ts';
import { CANCEL_RULE, immutable, NAME_RULE, SPEC_RULES } from './rules.ts';
import { statusSchema } from '../task/status.ts';
import { KIND } from '../task/api.ts';
import { MUTABLE_FIELDS, specSchema, taskSchema } from '../task/task.ts';

const MUTABLE: ReadonlySet<string> = new Set(MUTABLE_FIELDS);

const TASK: Kind = {
  kind: KIND,
  plural: 'tasks',
  singular: 'task',
  shortNames: ['ta', 'task'],
  columns: [
    { name: 'STATUS', type: 'string', jsonPath: '.status.status' },
    { name: 'START', type: 'string', format: 'date-time', jsonPath: '.status.startTime' },
    { name: 'DURATION', type: 'string', jsonPath: '.status.duration' },
    { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'STEP', type: 'string', jsonPath: '.status.step', priority: 1 },
    { name: 'RUNNING', type: 'string', jsonPath: '.status.running', priority: 1 },
    { name: 'REASON', type: 'string', jsonPath: '.status.reason', priority: 1 },
    { name: 'POD', type: 'string', jsonPath: '.status.podName', priority: 1 },
  ],
  description: taskSchema.description ?? '',
  rules: [NAME_RULE],
  spec: {
    schema: specSchema,
    description:
      'What the Task does. Once it is there only suspend, cancel and ttlSecondsAfterFinished can be changed.',
    rules: (fields) => [
      ...SPEC_RULES,
      ...fields.filter((field) => !MUTABLE.has(field)).map(immutable),
      CANCEL_RULE,
    ],
  },
  status: { schema: statusSchema, description: 'How the Task goes. Written by the controller.' },
};

/** The definition of a Task. */
export const TASK_DEFINITION = definitionOf(TASK);

/** All of them; each has a file of its name in deploy/crd. */
export const ALL_DEFINITIONS = [TASK_DEFINITION];
