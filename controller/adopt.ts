/** Whether what exists is what this controller would have made: a name and an owner reference are anybody's to write. */
import { isDeepStrictEqual } from 'node:util';
import type { Images } from '../shared/image/steps.ts';
import { podOf, type Pod } from '../shared/pod/pod.ts';
import { scriptsConfigMap, type ConfigMap } from '../shared/pod/scripts.ts';
import type { Settings } from './decide.ts';
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

/** Fields with quantities, which the API server writes otherwise: 0.5 is 500m. What runs does not follow from them. */
const AMOUNTS = new Set(['resources', 'sizeLimit']);

/** The service account of a pod that names none. */
const DEFAULT_ACCOUNT = 'default';

/** The volume with the token of a service account, which admission adds, and where it is mounted. */
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{1,10}$/;
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

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
 * Whether a pod is one that was made as this one would be. Defaults are let be, and what the API server's own admission
 * adds; not a container, volume or right more.
 *
 * @example isMadeAs(podOf(task, settings), await client.get(PODS, { namespace, name }))
 */
export function isMadeAs(made: Pod, found: Found): boolean {
  if (!isOwnedAs(made, found) || !isMap(found.spec)) return false;
  const {
    containers,
    initContainers = [],
    volumes,
    serviceAccountName = DEFAULT_ACCOUNT,
    ...rest
  } = made.spec;
  const { serviceAccountName: account = DEFAULT_ACCOUNT, ...spec } = found.spec;
  return (
    account === serviceAccountName &&
    sameWith(rest, without(spec, ['containers', 'initContainers', 'volumes']), ADDED_TO_POD) &&
    sameContainers(containers, spec['containers']) &&
    sameContainers(initContainers, spec['initContainers'] ?? []) &&
    sameItems(
      volumes,
      listOf(spec['volumes']).filter((volume) => !isTokenVolume(volume)),
    )
  );
}

function isOwnedAs({ metadata }: Pod | ConfigMap, found: Found): boolean {
  const uid = metadata.ownerReferences?.[0].uid;
  const owner = found.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return uid !== undefined && owner?.uid === uid;
}

function sameContainers(made: readonly object[], found: unknown): boolean {
  const containers = listOf(found);
  return (
    made.length === containers.length && made.every((each, index) => sameContainer(each, containers[index]))
  );
}

function sameContainer(made: object, found: unknown): boolean {
  if (!isMap(made) || !isMap(found)) return false;
  const mounts = listOf(found['volumeMounts']).filter((mount) => !isTokenMount(mount));
  return (
    sameWith(without(made, ['volumeMounts']), without(found, ['volumeMounts']), ADDED_TO_CONTAINER) &&
    sameItems(listOf(made['volumeMounts']), mounts)
  );
}

/** The fields that were made, and no others but those that may be added or say nothing. */
function sameWith(made: object, found: Fields, added: ReadonlySet<string>): boolean {
  return (
    contains(found, made) &&
    Object.entries(found).every(
      ([key, value]) => Object.hasOwn(made, key) || added.has(key) || isNothing(value),
    )
  );
}

function sameItems(made: readonly unknown[], found: readonly unknown[]): boolean {
  return made.length === found.length && made.every((each, index) => contains(found[index], each));
}

/** Below a field that was made, defaults may be added. */
function contains(found: unknown, made: unknown): boolean {
  if (made === undefined || isNothing(made)) return isNothing(found) || isMap(found);
  if (Array.isArray(made)) return sameItems(made, listOf(found));
  if (isMap(made)) {
    return (
      isMap(found) &&
      Object.entries(made).every(([key, value]) => AMOUNTS.has(key) || contains(found[key], value))
    );
  }
  return found === made;
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

function isTokenVolume(volume: unknown): boolean {
  return isMap(volume) && TOKEN_VOLUME.test(String(volume['name'])) && isMap(volume['projected']);
}

function isTokenMount(mount: unknown): boolean {
  return isMap(mount) && mount['mountPath'] === TOKEN_PATH && TOKEN_VOLUME.test(String(mount['name']));
}
