/** The CustomResourceDefinitions of taskflow. */
import { definitionOf, type Kind } from './definition.ts';
import { RESUME_RULES } from './resume-rules.ts';
import { CANCEL_RULE, immutable, NAME_RULE, SPEC_RULES } from './rules.ts';
import { statusSchema } from '../task/status.ts';
import { resumeSchema, resumeSpecSchema, resumeStatusSchema } from '../resume/resume.ts';
import { KIND, RESUME_KIND } from '../task/api.ts';
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

const RESUME: Kind = {
  kind: RESUME_KIND,
  plural: 'resumes',
  singular: 'resume',
  shortNames: [],
  columns: [
    { name: 'TASK', type: 'string', jsonPath: ".spec['task','Workflow-ID']" },
    { name: 'STEP', type: 'string', jsonPath: ".spec['step','TemplateName']" },
    { name: 'ACTION', type: 'string', jsonPath: '.spec.action' },
    { name: 'STATUS', type: 'string', jsonPath: '.status.status' },
    { name: 'REASON', type: 'string', jsonPath: '.status.reason' },
    { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'BY', type: 'string', jsonPath: '.status.by', priority: 1 },
    { name: 'MESSAGE', type: 'string', jsonPath: '.status.message', priority: 1 },
  ],
  description: resumeSchema.description ?? '',
  spec: {
    schema: resumeSpecSchema,
    description: 'Which step goes on, and how. Once it is there it cannot be changed.',
    rules: () => RESUME_RULES,
  },
  status: {
    schema: resumeStatusSchema,
    description: 'What became of the Resume. Written by the controller.',
  },
};

/** The definition of a Task. */
export const TASK_DEFINITION = definitionOf(TASK);
/** The definition of a Resume. */
export const RESUME_DEFINITION = definitionOf(RESUME);

/** All of them; each has a file of its name in deploy/crd. */
export const ALL_DEFINITIONS = [TASK_DEFINITION, RESUME_DEFINITION];
