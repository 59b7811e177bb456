/** Whether what exists is what this controller would have made: a name and an owner reference are anybody's to write. */
import { isDeepStrictEqual } from 'node:util';
import type { Images } from '../shared/image/steps.ts';
import { podOf, type Pod } from '../shared/pod/pod.ts';
import { scriptsConfigMap, type ConfigMap } from '../shared/pod/scripts.ts';
import type { Settings } from './decide.ts';
import { ownerOf } from './pod.ts';
import type { KubeObject } from './runtime/objects.ts';
import type { StoredTask } from './stored-task.ts';

interface Found extends KubeObject {
  spec?: unknown;
  immutable?: unknown;
  data?: unknown;
  binaryData?: unknown;
}

/** What the API server and its own admission add to the spec of a pod, and to a container, that says nothing about them. */
const ADDED_TO_POD = new Set(
  'dnsPolicy enableServiceLinks imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName resources schedulerName serviceAccount terminationGracePeriodSeconds tolerations ephemeralContainers'.split(
    ' ',
  ),
);
const ADDED_TO_CONTAINER = new Set(
  'imagePullPolicy resources terminationMessagePath terminationMessagePolicy'.split(' '),
);
const NOTHING_ADDED = new Set<string>();

/** Fields with quantities, which the API server writes otherwise: 0.5 is 500m. What runs does not follow from them. */
const AMOUNTS = new Set(['resources', 'sizeLimit']);

/** What the API server writes where it was left out. Anything else could change what runs. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  apiVersion: 'v1',
  defaultMode: 0o644,
  divisor: '0',
  expirationSeconds: 3600,
  failureThreshold: 3,
  path: '/',
  periodSeconds: 10,
  protocol: 'TCP',
  scheme: 'HTTP',
  successThreshold: 1,
  timeoutSeconds: 1,
};

/** The service account of a pod that names none. */
const DEFAULT_ACCOUNT = 'default';

/** The volume with the token of a service account, which admission adds, and where it is mounted. */
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{1,10}$/;
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const AUTHORITIES = new Set(['kube-root-ca.crt', 'openshift-service-ca.crt']);

/** What this controller would make for a Task now; `undefined` for one that can become no pod. */
export function rendered(
  task: StoredTask,
  settings: Settings,
  images: Images,
): { pod: Pod; scripts: ConfigMap | undefined } | undefined {
  try {
    return { pod: podOf(task, { ...settings, images }), scripts: scriptsConfigMap(task) };
  } catch {
    return undefined;
  }
}

/**
 * Whether a ConfigMap holds the scripts of a Task: the Task owns it, nobody can change it, and its content is theirs.
 *
 * @example isScriptsOf(scriptsConfigMap(task), await client.get(CONFIG_MAPS, { namespace, name }))
 */
export function isScriptsOf(made: ConfigMap, found: Found): boolean {
  return (
    isOwnedAs(made, found) &&
    found.immutable === true &&
    found.binaryData === undefined &&
    isDeepStrictEqual(found.data, made.data)
  );
}

/**
 * Whether a pod is one that was made as this one would be, and is this Task's or nobody's: an owner can be taken away, as
 * it can be written, and what runs is the same. Defaults are let be, and what the API server's own admission
 * adds; not a container, volume or right more.
 *
 * @param made - as it would be sent, or as the API server says that it would store it
 * @example isMadeAs(podOf(task, settings), await client.get(PODS, { namespace, name }))
 */
export function isMadeAs(made: Pod, found: Found): boolean {
  const owner = ownerOf(found);
  if ((owner !== undefined && !isOwnedAs(made, found)) || !isMap(found.spec)) return false;
  const { serviceAccountName: wanted = DEFAULT_ACCOUNT, tolerations = [], ...own } = made.spec;
  const { serviceAccountName: account = DEFAULT_ACCOUNT, ...spec } = found.spec;
  const token = own.automountServiceAccountToken;
  const volumesOf = (list: unknown): unknown[] =>
    listOf(list).filter((volume) => !(token && isTokenVolume(volume)));
  return (
    account === wanted &&
    sameWith(without(own, LET_BE), without(spec, [...LET_BE, 'tolerations']), ADDED_TO_POD) &&
    // Admission adds some for nodes that are lost.
    sameItems(tolerations, listOf(spec['tolerations']).slice(0, tolerations.length)) &&
    sameContainers(own.containers, spec['containers'], token) &&
    sameContainers(own.initContainers, spec['initContainers'], token) &&
    sameItems(volumesOf(own.volumes), volumesOf(spec['volumes']))
  );
}

/** Compared by itself, or changed by whoever stops the pod: with another deadline the same runs. */
const LET_BE = ['containers', 'initContainers', 'volumes', 'activeDeadlineSeconds'];

function isOwnedAs({ metadata }: Pod | ConfigMap, found: Found): boolean {
  const uid = metadata.ownerReferences?.[0].uid;
  return uid !== undefined && ownerOf(found)?.uid === uid;
}

function sameContainers(made: unknown, found: unknown, token: boolean): boolean {
  const [wanted, containers] = [listOf(made), listOf(found)];
  return (
    wanted.length === containers.length &&
    wanted.every((each, index) => sameContainer(each, containers[index], token))
  );
}

function sameContainer(made: unknown, found: unknown, token: boolean): boolean {
  if (!isMap(made) || !isMap(found)) return false;
  const mountsOf = ({ volumeMounts }: Fields): unknown[] =>
    listOf(volumeMounts).filter((mount) => !(token && isTokenMount(mount)));
  return (
    sameWith(without(made, ['volumeMounts']), without(found, ['volumeMounts']), ADDED_TO_CONTAINER) &&
    sameItems(mountsOf(made), mountsOf(found))
  );
}

/** The fields that were made, and no others but those that may be added, are defaults or say nothing. */
function sameWith(made: Fields, found: Fields, added: ReadonlySet<string>): boolean {
  return (
    Object.entries(made).every(([key, value]) => AMOUNTS.has(key) || isSame(value, found[key])) &&
    Object.entries(found).every(
      ([key, value]) =>
        Object.hasOwn(made, key) || added.has(key) || isNothing(value) || isDefault(key, value),
    )
  );
}

function isDefault(key: string, value: unknown): boolean {
  return Object.hasOwn(DEFAULTS, key) && DEFAULTS[key] === value;
}

function sameItems(made: readonly unknown[], found: readonly unknown[]): boolean {
  return made.length === found.length && made.every((each, index) => isSame(each, found[index]));
}

function isSame(made: unknown, found: unknown): boolean {
  if (Array.isArray(made) || Array.isArray(found)) return sameItems(listOf(made), listOf(found));
  // An empty map is as good as none.
  const [own, other] = [isNothing(made) ? {} : made, isNothing(found) ? {} : found];
  return isMap(own) && isMap(other) ? sameWith(own, other, NOTHING_ADDED) : own === other;
}

type Fields = Record<string, unknown>;

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function without(map: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

/** Of nothing else than the token, the authority to trust and the namespace. */
function isTokenVolume(volume: unknown): boolean {
  if (!isMap(volume) || !TOKEN_VOLUME.test(String(volume['name'])) || !isMap(volume['projected']))
    return false;
  return listOf(volume['projected']['sources']).every(
    (source) =>
      isMap(source) &&
      Object.entries(source).every(
        ([key, value]) =>
          key === 'serviceAccountToken' ||
          key === 'downwardAPI' ||
          (key === 'configMap' && isMap(value) && AUTHORITIES.has(String(value['name']))),
      ),
  );
}

function isTokenMount(mount: unknown): boolean {
  return isMap(mount) && mount['mountPath'] === TOKEN_PATH && TOKEN_VOLUME.test(String(mount['name']));
}
