/** The containers of a Task's pod. */
import { normalize } from 'node:path/posix';
import { agentArguments, isPausable, outcomeBytes } from './step-command.ts';
import { INSTALL_CONTAINER } from '../task/rules.ts';
import type { Container, Sidecar, VolumeMount } from '../task/task.ts';
import { forKubelet } from '../task/references/tokens.ts';
import type { Resolved } from './commands.ts';
import { AT, BIN_VOLUME, PODINFO_VOLUME, runDirectory, runVolume, SCRIPTS_VOLUME } from './paths.ts';

/** When the kubelet pulls an image. */
export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** Copies the agent into the pod. Asks for no more than Pod Security "restricted" allows. */
export function installer(image: string, pullPolicy: PullPolicy | undefined): Container {
  return {
    name: INSTALL_CONTAINER,
    image,
    ...(pullPolicy !== undefined && { imagePullPolicy: pullPolicy }),
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
    volumeMounts: [{ name: BIN_VOLUME, mountPath: AT.bin }],
  };
}

/** A native sidecar: an init container that the kubelet goes on past, and stops after the last step. */
export function sidecar({ script: _script, ...container }: Sidecar): Container {
  return { ...container, restartPolicy: 'Always' };
}

/**
 * Whether a step's workingDir is one that an earlier step may be about to make: in a volume. All containers of a pod start
 * at once, and a container runtime makes the directory as it does, so that `git clone` into it fails. A relative one no
 * runtime takes: the agent says so as the step's outcome.
 */
function entersLate({ workingDir, volumeMounts }: Resolved['step']): boolean {
  if (workingDir === undefined || workingDir === '') return false;
  if (!workingDir.startsWith('/')) return true;
  const wanted = normalize(`${workingDir}/`);
  return (volumeMounts ?? []).some(({ mountPath }) => wanted.startsWith(normalize(`/${mountPath}/`)));
}

export interface Surroundings {
  predecessors: readonly number[];
  /** The steps of which it needs what they left. */
  reads: readonly number[];
  /** How many containers the pod has. */
  containers: number;
}

/** Seconds; for ever, to a pod. */
const A_YEAR = 365 * 24 * 3600;

/** Tells the kubelet, and so whoever looks at the pod, whether a step is held: only then it is ready. */
function heldProbe(number: number): NonNullable<Container['readinessProbe']> {
  return {
    exec: { command: [`${AT.bin}/agent`, 'held', '--post', runDirectory(number)] },
    // It answers when it has something new to say.
    timeoutSeconds: A_YEAR,
    periodSeconds: 1,
    failureThreshold: 1,
  };
}

/** The user's container with the agent in front of its command; whatever else the user said is kept. */
export function stepContainer(
  { step, command }: Resolved,
  number: number,
  { predecessors, reads, containers }: Surroundings,
): Container {
  const { script, timeout: _timeout, onError: _onError, retries: _retries, ...others } = step;
  const {
    after: _after,
    always: _always,
    results: _results,
    pause: _pause,
    stdout,
    stderr,
    ...told
  } = others;
  const { gracePeriod: _grace, retryDelay: _delay, ...given } = told;
  const { workingDir, ...rest } = given;
  const late = entersLate(step);
  const container = late ? rest : given;
  const mounts: VolumeMount[] = [
    { name: BIN_VOLUME, mountPath: AT.bin, readOnly: true },
    { name: PODINFO_VOLUME, mountPath: AT.podinfo, readOnly: true },
    // Only those of steps before it, and only to read: no step can forge another's outcome.
    ...[...new Set([...predecessors, ...reads])].map((each) => ({
      name: runVolume(each),
      mountPath: runDirectory(each),
      readOnly: true,
    })),
    { name: runVolume(number), mountPath: runDirectory(number) },
    ...(script ? [{ name: SCRIPTS_VOLUME, mountPath: AT.scripts, readOnly: true }] : []),
  ];
  const files = {
    order: `${AT.podinfo}/order`,
    gate: `${AT.podinfo}/gate`,
    over: `${AT.podinfo}/over`,
    resume: `${AT.podinfo}/resume`,
    before: predecessors.map(runDirectory),
    own: runDirectory(number),
    outcomeBytes: outcomeBytes(containers),
    terminationLog: step.terminationMessagePath && forKubelet(step.terminationMessagePath),
  };
  return {
    ...container,
    ...(isPausable(step) && { readinessProbe: heldProbe(number) }),
    command: [`${AT.bin}/agent`],
    // The kubelet reads arguments, and no workingDir.
    args: agentArguments(
      {
        ...step,
        workingDir: late && workingDir ? forKubelet(workingDir) : undefined,
        stdout: stdout && { path: forKubelet(stdout.path) },
        stderr: stderr && { path: forKubelet(stderr.path) },
      },
      number,
      files,
      command,
    ),
    volumeMounts: [...(step.volumeMounts ?? []), ...mounts],
  };
}
