/** The kinds that every cluster has, as far as they are served here. */
import { type Resource, type Rules } from '../resource.ts';
import { configMapRules, secretRules } from './config.ts';
import { eventRules, leaseRules } from './events.ts';
import { podRules } from './pods.ts';

interface Surroundings {
  hasServiceAccount: (namespace: string | undefined, name: string) => boolean;
  definitionRules: Rules;
}

export function builtIn({ hasServiceAccount, definitionRules }: Surroundings): Resource[] {
  return [
    resource('', 'namespaces', 'Namespace', {
      namespaced: false,
      subresources: ['status'],
      rules: namespaces,
    }),
    resource('', 'pods', 'Pod', {
      subresources: ['status', 'binding'],
      rules: podRules({ hasServiceAccount }),
    }),
    resource('', 'configmaps', 'ConfigMap', { rules: configMapRules }),
    resource('', 'secrets', 'Secret', { rules: secretRules }),
    resource('', 'serviceaccounts', 'ServiceAccount', { rules: { returnsDeleted: true } }),
    resource('events.k8s.io', 'events', 'Event', { rules: eventRules }),
    resource('coordination.k8s.io', 'leases', 'Lease', { rules: leaseRules }),
    resource('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition', {
      namespaced: false,
      subresources: ['status'],
      rules: definitionRules,
    }),
  ];
}

const namespaces: Rules = {
  name: 'label',
  returnsDeleted: true,
  // It goes after its contents.
  hold: (namespace) => ({ ...namespace, status: { phase: 'Terminating' } }),
  prepareCreate: (namespace) => ({
    ...namespace,
    metadata: {
      ...namespace.metadata,
      labels: { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': namespace.metadata.name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
};

function resource(
  group: string,
  plural: string,
  kind: string,
  more: { namespaced?: boolean; subresources?: readonly string[]; rules: Rules },
): Resource {
  const singular = kind.toLowerCase();
  return {
    group,
    version: 'v1',
    plural,
    singular,
    kind,
    namespaced: true,
    subresources: [],
    shortNames: [],
    ...more,
  };
}
