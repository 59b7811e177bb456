/** Pods: defaults, a light look at containers, a spec that stays, deletion with grace. */
import { fieldsOf, listOf, same, type ApiObject, type Fields, textOf } from '../object.ts';
import { type Rules } from '../resource.ts';
import { cause, forbidden, type Cause } from '../status.ts';
import { unknownInPod } from './pod-fields.ts';
import { labelCauses } from './names.ts';
import { wholeSeconds } from './times.ts';

const CONTAINERS = ['initContainers', 'containers'] as const;
const PULL = { latest: 'Always', other: 'IfNotPresent' } as const;

interface Surroundings {
  /** Whether a namespace has this service account. */
  hasServiceAccount: (namespace: string | undefined, name: string) => boolean;
}

export function podRules({ hasServiceAccount }: Surroundings): Rules {
  return {
    generation: true,
    unknown: unknownInPod,
    returnsDeleted: true,
    shape: (pod) => (pod.status === undefined ? pod : { ...pod, status: fieldsOf(wholeSeconds(pod.status)) }),
    prepareCreate: (pod) => ({
      ...pod,
      spec: defaults(pod.spec ?? {}),
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    }),
    admit: ({ metadata, spec }) => {
      const { namespace, name } = metadata;
      const account = textOf(spec?.['serviceAccountName'] ?? 'default');
      if (hasServiceAccount(namespace, account)) return;
      const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
      throw forbidden({ group: '', plural: 'pods' }, name, why);
    },
    validate: (pod, old, subresource) => {
      if (old === undefined) return specCauses(pod.spec ?? {});
      if (subresource === 'status') return transitionCauses(pod, old);
      return changeCauses(pod, old);
    },
    grace: ({ spec, status }, asked) => {
      const phase = status?.['phase'];
      // No kubelet has it, or none has anything left to do with it.
      if (spec?.['nodeName'] === undefined || phase === 'Succeeded' || phase === 'Failed') return 0;
      const grace = asked ?? Number(spec['terminationGracePeriodSeconds'] ?? 30);
      return grace < 0 ? 1 : grace;
    },
  };
}

function defaults(spec: Fields): Fields {
  const containers = CONTAINERS.flatMap((key) =>
    spec[key] === undefined ? [] : [[key, listOf(spec[key]).map(withDefaults)] as const],
  );
  const serviceAccountName = spec['serviceAccountName'] ?? 'default';
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
    ...spec,
    serviceAccountName,
    serviceAccount: serviceAccountName,
    ...Object.fromEntries(containers),
  };
}

function withDefaults(container: Fields): Fields {
  const image = textOf(container['image']);
  const tag = image.includes('@') ? 'digest' : (/:([^/]+)$/.exec(image)?.[1] ?? 'latest');
  return {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: tag === 'latest' ? PULL.latest : PULL.other,
    resources: {},
    ...container,
  };
}

function specCauses(spec: Fields): Cause[] {
  const volumes = new Set(listOf(spec['volumes']).map(({ name }) => name));
  const names = new Set<unknown>();
  const none = listOf(spec['containers']).length === 0 ? [cause.required('spec.containers')] : [];
  const each = CONTAINERS.toReversed().flatMap((key) =>
    listOf(spec[key]).flatMap((container, index) => {
      const field = `spec.${key}[${index}]`;
      const name = textOf(container['name']);
      const causes = [
        ...(name === '' ? [cause.required(`${field}.name`)] : labelCauses(`${field}.name`, name)),
        ...(names.has(name) ? [cause.duplicate(`${field}.name`, name)] : []),
        ...((container['image'] ?? '') === '' ? [cause.required(`${field}.image`)] : []),
        ...listOf(container['volumeMounts'])
          .map((mount, at) => ({ name: mount['name'], at }))
          .filter((mount) => !volumes.has(mount.name))
          .map((mount) => cause.missing(`${field}.volumeMounts[${mount.at}].name`, mount.name)),
      ];
      names.add(name);
      return causes;
    }),
  );
  return [...none, ...each];
}

const CHANGEABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function changeCauses(pod: ApiObject, old: ApiObject): Cause[] {
  return same(fixed(pod.spec ?? {}), fixed(old.spec ?? {})) ? [] : [cause.forbidden('spec', CHANGEABLE)];
}

/** The part of a spec that may not change. */
function fixed(spec: Fields): Fields {
  const { activeDeadlineSeconds: _, tolerations: __, ...rest } = spec;
  const withoutImages = CONTAINERS.map((key) => [
    key,
    listOf(spec[key]).map(({ image: ___, ...container }) => container),
  ]);
  return { ...rest, ...Object.fromEntries(withoutImages) };
}

/** A container that ended, in a pod that starts none again, has ended for ever. */
function transitionCauses(pod: ApiObject, old: ApiObject): Cause[] {
  if (old.spec?.['restartPolicy'] !== 'Never') return [];
  const after = listOf(pod.status?.['containerStatuses']);
  return listOf(old.status?.['containerStatuses']).flatMap((before) => {
    const index = after.findIndex(({ name }) => name === before['name']);
    const ended = fieldsOf(before['state'])['terminated'] !== undefined;
    if (!ended || index < 0 || fieldsOf(after[index]?.['state'])['terminated'] !== undefined) return [];
    const field = `status.containerStatuses[${index}].state`;
    return [cause.forbidden(field, 'may not be transitioned to non-terminated state')];
  });
}
