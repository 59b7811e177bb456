/** The CustomResourceDefinition of a kind, from the schemas by which its objects are read. Pure. */
import { z } from 'zod';
import type { Rule } from './rules.ts';
import { structural, type Schema } from './structural.ts';
import { API_VERSION } from '../task/api.ts';

const [GROUP = '', VERSION = ''] = API_VERSION.split('/');

/** What `kubectl get` prints; priority 1 only with `-o wide`. */
interface Column {
  name: string;
  type: 'string' | 'date';
  format?: 'date-time';
  jsonPath: string;
  priority?: 1;
}

/** A schema, and what it does not say. */
interface Part {
  schema: z.ZodType;
  description: string;
}

/** What the definition of a kind follows from. */
export interface Kind {
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  columns: readonly Column[];
  /** What the kind is, for `kubectl explain`. */
  description: string;
  /** Rules of an object as a whole. */
  rules?: readonly Rule[];
  /** The rules are given the names of the spec's fields. */
  spec: Part & { rules: (fields: readonly string[]) => readonly Rule[] };
  status: Part;
}

/** A definition as `kubectl apply` takes it. */
export interface Definition {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  spec: {
    group: string;
    versions: readonly { schema: { openAPIV3Schema: Schema }; [field: string]: unknown }[];
    [field: string]: unknown;
  };
}

/**
 * The definition of a kind.
 *
 * @example formatYaml(definitionOf(TASK)) // deploy/crd/tasks.api.practice.com.yaml
 */
export function definitionOf(of: Kind): Definition {
  const { kind, plural, singular, shortNames, columns } = of;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}`, labels: { 'app.kubernetes.io/name': 'taskflow' } },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['taskflow'] },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: rootSchema(of) },
        },
      ],
    },
  };
}

/** The whole object. What Kubernetes says about its metadata is left to Kubernetes. */
function rootSchema({ kind, description, rules, spec, status }: Kind): Schema {
  const ofSpec = schemaOf(spec.schema);
  return {
    type: 'object',
    description,
    required: ['spec'],
    ...(rules && { 'x-kubernetes-validations': rules }),
    properties: {
      apiVersion: { type: 'string', description: `The version of the ${kind} API.` },
      kind: { type: 'string', description: 'The kind of this object.' },
      // Kubernetes describes it itself, and takes no description.
      metadata: { type: 'object' },
      spec: {
        ...ofSpec,
        description: spec.description,
        'x-kubernetes-validations': spec.rules(Object.keys(ofSpec.properties ?? {})),
      },
      // So that an object which no controller has seen yet shows a status.
      status: {
        ...schemaOf(status.schema),
        description: status.description,
        default: { status: 'Pending' },
      },
    },
  };
}

function schemaOf(schema: z.ZodType): Schema {
  // A bigint is the rest of an int64; the number beside it says what JSON has there.
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' });
  return structural(json as Schema);
}
