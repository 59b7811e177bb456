/** The CustomResourceDefinition of a Task, from the schema by which manifests are read. Pure. */
import { z } from 'zod';
import { CANCEL_RULE, immutable, NAME_RULE, SPEC_RULES, type Rule } from './rules.ts';
import { structural, type Schema } from './structural.ts';
import { statusSchema } from '../task/status.ts';
import { API_VERSION, KIND } from '../task/api.ts';
import { MUTABLE_FIELDS, specSchema, taskSchema } from '../task/task.ts';

const [GROUP = '', VERSION = ''] = API_VERSION.split('/');
const PLURAL = 'tasks';

/** The name of the CRD, and of its file. */
export const CRD_NAME = `${PLURAL}.${GROUP}`;

/** What `kubectl get tasks` prints; priority 1 only with `-o wide`. */
const COLUMNS = [
  { name: 'STATUS', type: 'string', jsonPath: '.status.status' },
  { name: 'START', type: 'string', format: 'date-time', jsonPath: '.status.startTime' },
  { name: 'DURATION', type: 'string', jsonPath: '.status.duration' },
  { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'STEP', type: 'string', jsonPath: '.status.step', priority: 1 },
  { name: 'RUNNING', type: 'string', jsonPath: '.status.running', priority: 1 },
  { name: 'REASON', type: 'string', jsonPath: '.status.reason', priority: 1 },
  { name: 'POD', type: 'string', jsonPath: '.status.podName', priority: 1 },
];

/**
 * The CRD as `kubectl apply` takes it.
 *
 * @example formatYaml(customResourceDefinition()) // deploy/crd/tasks.api.practice.com.yaml
 */
export function customResourceDefinition(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: CRD_NAME, labels: { 'app.kubernetes.io/name': 'taskflow' } },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: 'task',
        shortNames: ['ta', 'task'],
        categories: ['taskflow'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: { openAPIV3Schema: rootSchema() },
        },
      ],
    },
  };
}

/** The whole object. What Kubernetes says about its metadata is left to Kubernetes. */
function rootSchema(): Schema {
  const spec = schemaOf(specSchema);
  const status = schemaOf(statusSchema);
  return {
    type: 'object',
    description: taskSchema.description ?? '',
    required: ['spec'],
    'x-kubernetes-validations': [NAME_RULE],
    properties: {
      apiVersion: { type: 'string', description: 'The version of the Task API.' },
      kind: { type: 'string', description: 'The kind of this object.' },
      // Kubernetes describes it itself, and takes no description.
      metadata: { type: 'object' },
      spec: {
        ...spec,
        description:
          'What the Task does. Once it is there only suspend, cancel and ttlSecondsAfterFinished can be changed.',
        'x-kubernetes-validations': specRules(Object.keys(spec.properties ?? {})),
      },
      // So that a Task which no controller has seen yet shows a status.
      status: {
        ...status,
        description: 'How the Task goes. Written by the controller.',
        default: { status: 'Pending' },
      },
    },
  };
}

function specRules(fields: readonly string[]): Rule[] {
  const mutable = new Set<string>(MUTABLE_FIELDS);
  return [...SPEC_RULES, ...fields.filter((field) => !mutable.has(field)).map(immutable), CANCEL_RULE];
}

function schemaOf(schema: z.ZodType): Schema {
  // A bigint is the rest of an int64; the number beside it says what JSON has there.
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' });
  return structural(json as Schema);
}
