/** Task + resolved commands → pod. Pure and deterministic: the same Task always gives the same pod. */
import { labelsOf } from './labels.ts';
import { agentArguments, declaredCommand } from './step-command.ts';
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
  /** The commands, by the steps' names, of those steps whose image had to be asked. */
  commands?: ReadonlyMap<string, readonly string[]>;
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
            `step ${name} has no command: what its image ${image} would run is not looked up yet; give it a command: or a script:`,
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
 * @throws {ScriptsTooLargeError} when the scripts do not fit into a ConfigMap.
 * @example podOf(task, { agentImage: 'taskflow/agent:0.1.0' }).spec.containers[0].command // ['/taskflow/bin/agent']
 */
export function podOf(task: Task, { agentImage, commands }: PodSettings): Pod {
  const { name, namespace } = task.metadata;
  const scripts = scriptsConfigMap(task);
  const resolved = task.spec.steps.map((step) => ({
    step,
    command: declaredCommand(step, `${AT.scripts}/${step.name}`) ?? commands?.get(step.name),
  }));
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
      containers: resolved.map(({ step, command = [] }, index) => container(step, index + 1, command)),
      volumes: [...(task.spec.volumes ?? []), ...volumes(task.spec.steps.length, scripts)],
    },
  };
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
function container({ script, ...step }: Step, number: number, command: readonly string[]): Container {
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
