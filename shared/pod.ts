/** Task + resolved commands → pod. Pure and deterministic: the same Task always gives the same pod. */
import { escaped, wordsOf, type FoundImage } from './image/found.ts';
import { parseReference } from './image/reference.ts';
import { type Images } from './image/steps.ts';
import { labelsOf } from './labels.ts';
import { agentArguments, declaredCommand, type AgentCommand } from './step-command.ts';
import { scriptsConfigMap, type ConfigMap } from './scripts.ts';
import { INSTALL_CONTAINER } from './spec-rules.ts';
import { type Container, type Step, type Task, type Volume, type VolumeMount } from './task.ts';

/** The annotation that holds the order; the downward API turns it into a file. */
export const ORDER_ANNOTATION = 'api.practice.com/order';
/** The annotation that holds the gate. Absent: no gate. */
export const GATE_ANNOTATION = 'api.practice.com/gate';

/** Where things are in a step's container. */
const AT = {
  bin: '/taskflow/bin',
  run: '/taskflow/run',
  scripts: '/taskflow/scripts',
  podinfo: '/etc/podinfo',
} as const;

export interface Pod {
  apiVersion: 'v1';
  kind: 'Pod';
  metadata: {
    generateName: string;
    namespace?: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  spec: {
    restartPolicy: 'Never';
    automountServiceAccountToken: false;
    initContainers: Container[];
    containers: Container[];
    volumes: Volume[];
  };
}

export interface PodSettings {
  /** The image that holds the agent as `/agent`, and nothing else. */
  agentImage: string;
  /** What the images run of those steps that leave it to them; see `lookUpImages`. */
  images?: Images;
}

/** A step of which nobody said what it runs. */
export class NoCommandError extends Error {
  override name = 'NoCommandError';
  readonly steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    super(
      steps
        .map(
          ({ name, image }) =>
            `step ${name} has no command, and its image ${image} was not looked up; look it up (lookUpImages), or give the step a command: or a script:`,
        )
        .join('\n'),
    );
    this.steps = steps;
  }
}

/**
 * The pod of a Task, ready to be created: the agent is the command of every step, and order 1 releases the first.
 *
 * @throws {NoCommandError} naming every step that has neither script nor command and whose image was not asked.
 * @throws {ImageLookupError} when an image that was looked up says nothing for a step.
 * @throws {ScriptsTooLargeError} when the scripts do not fit into a ConfigMap.
 * @example podOf(task, { agentImage: 'taskflow/agent:0.1.0' }).spec.containers[0].command // ['/taskflow/bin/agent']
 */
export function podOf(task: Task, { agentImage, images }: PodSettings): Pod {
  const { name, namespace } = task.metadata;
  const scripts = scriptsConfigMap(task);
  const resolved = task.spec.steps.map((step) => resolve(step, images));
  const missing = resolved.filter(({ command }) => command === undefined);
  if (missing.length > 0) throw new NoCommandError(missing.map(({ step }) => step));

  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `task-pod-${name}-`,
      ...(namespace !== undefined && { namespace }),
      labels: labelsOf(task),
      annotations: { [ORDER_ANNOTATION]: '1' },
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      initContainers: [installer(agentImage)],
      containers: resolved.map(({ step, command = NONE }, index) => container(step, index + 1, command)),
      volumes: [...(task.spec.volumes ?? []), ...volumes(task.spec.steps.length, scripts)],
    },
  };
}

const NONE: AgentCommand = { argv: [] };

/** The step as its container will be, and what it runs. */
function resolve(step: Step, images: Images | undefined): { step: Step; command: AgentCommand | undefined } {
  const declared = declaredCommand(step, `${AT.scripts}/${step.name}`);
  if (declared !== undefined) return { step, command: { argv: declared } };
  const found = images?.get(step.image);
  if (found === undefined) return { step, command: undefined };
  const { args = [] } = step;
  const words = escaped(wordsOf(found, args));
  const command: AgentCommand =
    words.kind === 'same' ? { argv: [...words.words, ...args] } : { entrypoints: words.words, argv: args };
  return { step: pinned(step, found), command };
}

/**
 * The step with its image by the digest that was read, so that the node runs what was looked up. What that changes
 * about pulling is put right: a digest is pulled if it is not present, but `latest` always is. An image that must
 * not be pulled may have no digest on the node, and stays as it is written.
 */
function pinned(step: Step, found: FoundImage): Step {
  if (step.imagePullPolicy === 'Never') return step;
  const { tag, digest } = parseReference(step.image);
  const always = step.imagePullPolicy === undefined && digest === undefined && tag === 'latest';
  return { ...step, image: found.pinned, ...(always && { imagePullPolicy: 'Always' }) };
}

/** Copies the agent into the pod. Asks for no more than Pod Security "restricted" allows. */
function installer(image: string): Container {
  return {
    name: INSTALL_CONTAINER,
    image,
    command: ['/agent', 'install', AT.bin],
    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '32Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [{ name: 'taskflow-bin', mountPath: AT.bin }],
  };
}

/** The user's container with the agent in front of its command; whatever else the user said is kept. */
function container({ script, ...step }: Step, number: number, command: AgentCommand): Container {
  const runDirectory = (of: number): string => `${AT.run}/${of}`;
  const mounts: VolumeMount[] = [
    { name: 'taskflow-bin', mountPath: AT.bin, readOnly: true },
    { name: 'podinfo', mountPath: AT.podinfo, readOnly: true },
    // Only the predecessor's, and only to read: no step can forge another's outcome.
    ...(number > 1
      ? [{ name: runVolume(number - 1), mountPath: runDirectory(number - 1), readOnly: true }]
      : []),
    { name: runVolume(number), mountPath: runDirectory(number) },
    ...(script ? [{ name: 'taskflow-scripts', mountPath: AT.scripts, readOnly: true }] : []),
  ];
  return {
    ...step,
    command: [`${AT.bin}/agent`],
    args: agentArguments(
      step,
      number,
      {
        order: `${AT.podinfo}/order`,
        gate: `${AT.podinfo}/gate`,
        before: number > 1 ? runDirectory(number - 1) : undefined,
        own: runDirectory(number),
        terminationLog: step.terminationMessagePath,
      },
      command,
    ),
    volumeMounts: [...(step.volumeMounts ?? []), ...mounts],
  };
}

function volumes(steps: number, scripts: ConfigMap | undefined): Volume[] {
  const item = (path: string, annotation: string): object => ({
    path,
    fieldRef: { fieldPath: `metadata.annotations['${annotation}']` },
  });
  const downwardAPI = { items: [item('order', ORDER_ANNOTATION), item('gate', GATE_ANNOTATION)] };
  return [
    { name: 'taskflow-bin', emptyDir: {} },
    { name: 'podinfo', downwardAPI },
    ...(scripts
      ? [{ name: 'taskflow-scripts', configMap: { name: scripts.metadata.name, defaultMode: 0o555 } }]
      : []),
    ...Array.from({ length: steps }, (_, index) => ({ name: runVolume(index + 1), emptyDir: {} })),
  ];
}

function runVolume(number: number): string {
  return `taskflow-run-${number}`;
}
