/** Which places of a Task take which references. A place is written as `env[].value`, from the container it is in. */
import { pathProblem } from '../container/reserved.ts';
import type { Reader } from './tokens.ts';

export interface Rules {
  reader: Reader;
  /** Whether the agent can fill it in, with what another step left. */
  runTime: boolean;
  /** Why it takes no reference at all. */
  refused?: string;
  /** What is wrong with the text once it is filled in. */
  problem?: (text: string) => string | undefined;
}

/** Both filled in by the agent and read by the kubelet, which hands the agent these texts as arguments. */
const BY_AGENT = new Set(['command[]', 'args[]', 'env[].value', 'when[].input', 'when[].values[]']);

/** Where the kubelet, too, replaces `$(NAME)`. */
const BY_KUBELET = new Set([
  'volumeMounts[].subPathExpr',
  ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => `${probe}.exec.command[]`),
]);

const NAME =
  'a name says what else refers to it by that name, so it takes no reference; write the name itself';
const FORMAT = 'this field has a format of its own and takes no reference; write the value itself';

const NAMES = new Set([
  ...['name', 'env[].name', 'volumeMounts[].name', 'volumeDevices[].name', 'workspaces[].name'],
  ...['after[]', 'results[]', 'results[].name'],
]);

/** Those that no schema refuses; of the others it says itself what it expects. */
const FORMATS = new Set(
  ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop'].flatMap(
    (handler) => [`${handler}.httpGet.port`, `${handler}.tcpSocket.port`],
  ),
);

const absolute = (path: string): string | undefined =>
  path.startsWith('/') ? undefined : 'expected an absolute path';

/** What the schema says of texts without references, of those that are filled in. */
const PROBLEMS: Readonly<Record<string, NonNullable<Rules['problem']>>> = {
  'volumeMounts[].mountPath': pathProblem,
  'volumeDevices[].devicePath': pathProblem,
  terminationMessagePath: pathProblem,
  'workspace.mountPath': (path) => absolute(path) ?? pathProblem(path),
  'workspaces[].subPath': (path) =>
    path.startsWith('/') || path.split('/').includes('..')
      ? 'expected a path within the workspace'
      : undefined,
  'stdout.path': absolute,
  'stderr.path': absolute,
};

/** @param place - `args[]`, `volumeMounts[].mountPath` */
export function rulesOf(place: string): Rules {
  const refused = NAMES.has(place) ? NAME : FORMATS.has(place) ? FORMAT : undefined;
  if (refused !== undefined) return { reader: 'anybody', runTime: false, refused };
  if (BY_AGENT.has(place)) return { reader: 'kubelet', runTime: true };
  const problem = PROBLEMS[place];
  if (problem !== undefined) return { reader: 'anybody', runTime: false, problem };
  return { reader: BY_KUBELET.has(place) ? 'kubelet' : 'anybody', runTime: false };
}
