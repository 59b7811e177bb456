/** What a Task says about its pod: the fields of a Kubernetes v1 PodSpec that leave the order of the steps alone. */
import { z } from 'zod';
import { anInteger, flag, int32, int64, notHere, open, text, texts } from './container/fields.ts';
import { resourcesSchema } from './container/resources.ts';
import { MANAGED_BY_LABEL, OWN_PREFIX } from './api.ts';

/** What is inside is Kubernetes' affair and passed on. */
const passed = (about: string) => z.record(z.string(), z.unknown()).optional().describe(about);
const passedList = (about: string) => z.array(z.record(z.string(), z.unknown())).optional().describe(about);

const OWN_KEYS = `taskflow sets ${MANAGED_BY_LABEL} and ${OWN_PREFIX}… itself; choose another name`;

const pairs = (about: string) =>
  z
    .record(z.string(), z.string())
    .refine((given) => !Object.keys(given).some(isOwnKey), { error: OWN_KEYS })
    .meta({
      maxProperties: 256,
      'x-kubernetes-validations': [
        {
          rule: `self.all(key, key != '${MANAGED_BY_LABEL}' && !key.startsWith('${OWN_PREFIX}'))`,
          message: OWN_KEYS,
        },
      ],
    })
    .optional()
    .describe(about);

function isOwnKey(key: string): boolean {
  return key === MANAGED_BY_LABEL || key.startsWith(OWN_PREFIX);
}

const reference = open({ name: text('The name of the Secret.') });

const toleration = open({
  key: text('The key of the taint. Default: every key, with operator Exists.'),
  operator: text('How value is compared: Exists or Equal. Default: Equal.'),
  value: text('The value of the taint.'),
  effect: text('The effect that is tolerated: NoSchedule, PreferNoSchedule or NoExecute. Default: all.'),
  tolerationSeconds: int64('How long a NoExecute taint is tolerated, in seconds. Default: for ever.'),
});

const affinity = open({
  nodeAffinity: passed('Which nodes the pod must or should run on.'),
  podAffinity: passed('Which pods it must or should run near.'),
  podAntiAffinity: passed('Which pods it must or should not run near.'),
});

const spread = open({
  maxSkew: z.int32().describe('By how many pods two topologies may differ.'),
  topologyKey: z.string().describe('The label of nodes that tells topologies apart.'),
  whenUnsatisfiable: z.string().describe('DoNotSchedule or ScheduleAnyway.'),
  labelSelector: passed('The pods that are counted.'),
  minDomains: int32('The least number of topologies.'),
  matchLabelKeys: texts('Labels of the pod that also choose the pods that are counted.'),
  nodeAffinityPolicy: text('Whether nodes are counted that the pod cannot run on: Honor or Ignore.'),
  nodeTaintsPolicy: text('Whether tainted nodes are counted: Honor or Ignore.'),
});

const securityContext = open({
  runAsUser: int64('The user id of all containers that name none.'),
  runAsGroup: int64('The group id of all containers that name none.'),
  runAsNonRoot: flag('Refuse to start containers as user id 0.'),
  fsGroup: int64('The group that owns the files of volumes.'),
  fsGroupChangePolicy: text('When the files of volumes get that group: OnRootMismatch or Always.'),
  supplementalGroups: z.array(anInteger()).optional().describe('More groups of every process.'),
  supplementalGroupsPolicy: text('Where the groups of processes come from: Merge or Strict.'),
  seLinuxOptions: passed('The SELinux context of all containers that name none.'),
  seLinuxChangePolicy: text('How volumes get their SELinux label: Recursive or MountOption.'),
  seccompProfile: passed('The seccomp profile of all containers that name none.'),
  appArmorProfile: passed('The AppArmor profile of all containers that name none.'),
  sysctls: passedList('Kernel parameters of the pod.'),
});

const dnsConfig = open({
  nameservers: texts('Addresses of DNS servers.'),
  searches: texts('Domains to search in.'),
  options: passedList('Options of the resolver.'),
});

const hostAlias = open({
  ip: z.string().describe('The address.'),
  hostnames: texts('The names of that address.'),
});

const resourceClaim = open({
  name: z.string().describe('What containers call the claim in resources.claims.'),
  resourceClaimName: text('The ResourceClaim to use.'),
  resourceClaimTemplateName: text('The ResourceClaimTemplate to make one from.'),
});

const containers = z.array(z.record(z.string(), z.unknown()));

/**
 * The pod of a Task, as far as it is the user's. Fields of a newer Kubernetes are passed on; those that would break the
 * order of the steps are refused.
 *
 * Spec: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec
 */
export const podTemplateSchema = open({
  metadata: z
    .strictObject({
      labels: pairs('Labels of the pod. Not those that taskflow sets itself.'),
      annotations: pairs('Annotations of the pod. Not those that taskflow sets itself.'),
    })
    .optional()
    .describe('Labels and annotations of the pod.'),
  serviceAccountName: text('The service account to run as. Default: default.'),
  automountServiceAccountToken: flag('Give the containers a token of that account. Default: false.'),
  imagePullSecrets: z
    .array(reference)
    .optional()
    .describe('Secrets with the credentials to pull images with.'),
  nodeSelector: z
    .record(z.string(), z.string())
    .optional()
    .describe('The labels that a node must have for the pod to run on it.'),
  nodeName: text('The node to run on, past the scheduler.'),
  affinity: affinity.optional().describe('Where the pod must or should run.'),
  tolerations: z.array(toleration).optional().describe('The taints of nodes that the pod tolerates.'),
  topologySpreadConstraints: z
    .array(spread)
    .optional()
    .describe('How pods spread over nodes, zones and so on.'),
  securityContext: securityContext
    .optional()
    .describe('The rights of all containers that do not say otherwise.'),
  priorityClassName: text('The priority class of the pod.'),
  preemptionPolicy: text('Whether the pod may push others out: PreemptLowerPriority or Never.'),
  runtimeClassName: text('The runtime class, such as gvisor.'),
  schedulerName: text('The scheduler. Default: default-scheduler.'),
  schedulingGates: passedList('What must be removed before the pod is scheduled.'),
  hostAliases: z.array(hostAlias).optional().describe('More lines of /etc/hosts.'),
  hostNetwork: flag('Use the network of the node. Default: false.'),
  hostPID: flag('Use the process ids of the node. Default: false.'),
  hostIPC: flag('Use the IPC namespace of the node. Default: false.'),
  hostUsers: flag('Use the user ids of the node. Default: true.'),
  shareProcessNamespace: flag(
    'Let the containers see the processes of each other. Steps can then release, stop or forge one another. Default: false.',
  ),
  dnsPolicy: text('Where DNS settings come from. Default: ClusterFirst.'),
  dnsConfig: dnsConfig.optional().describe('More DNS settings.'),
  hostname: text('The host name of the pod. Default: the name of the pod.'),
  subdomain: text('The subdomain of the host name.'),
  setHostnameAsFQDN: flag('Make the full name the host name. Default: false.'),
  hostnameOverride: text('The host name of the pod, whatever else says so.'),
  enableServiceLinks: flag('Put the addresses of services into environment variables. Default: true.'),
  terminationGracePeriodSeconds: int64(
    'How long containers have to end when the pod is deleted, in seconds. Default: 30.',
  ),
  readinessGates: passedList('Conditions that must hold for the pod to be ready.'),
  resourceClaims: z.array(resourceClaim).optional().describe('Claims of devices that containers can use.'),
  resources: resourcesSchema.optional().describe('What all containers together need and may use at most.'),
  os: z
    .looseObject({ name: z.enum(['linux']).describe('linux, the only system that steps run on.') })
    .optional()
    .describe('The operating system of the node; lifecycle.stopSignal needs it.'),
  spec: notHere(
    z.record(z.string(), z.unknown()),
    'a podTemplate has no spec; write its fields, such as serviceAccountName, directly under podTemplate',
  ),
  restartPolicy: notHere(z.string(), 'the containers of a Task run once; use retries of a step'),
  containers: notHere(containers, 'the containers of a Task are its steps; write spec.steps'),
  initContainers: notHere(containers, 'write the first of spec.steps, or spec.sidecars'),
  ephemeralContainers: notHere(containers, 'a pod cannot be created with these; use kubectl debug'),
  volumes: notHere(containers, 'write spec.volumes'),
  activeDeadlineSeconds: notHere(z.int(), 'write spec.timeout'),
});

export type PodTemplate = z.infer<typeof podTemplateSchema>;
