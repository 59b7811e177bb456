/** The options of the controller: for its own command, and for `taskflow controller`. */
import packageJson from '../package.json' with { type: 'json' };
import { parseDuration } from '../shared/turn/duration.ts';
import { registryOptions, type RegistryArguments } from '../shared/image/registry-options.ts';
import type { OptionTable } from '../shared/arguments/options.ts';
import { UsageError } from '../shared/turn/errors.ts';
import type { LogLevel } from './runtime/log.ts';

/** Options are also read from the environment: `--agent-image` from `TASKFLOW_CONTROLLER_AGENT_IMAGE`. */
export const ENV_PREFIX = 'TASKFLOW_CONTROLLER';

const INJECTIONS = ['auto', 'init-container', 'image-volume'] as const;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies LogLevel[];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const;

/** What kubectl's users try. */
const DRY_RUN =
  'expected true or false; --dry-run reads the cluster, changes nothing, and logs what would be done';

export const controllerOptions = {
  kubeconfig: {
    type: 'string',
    describe:
      'The file that says how to reach the cluster. Default: $KUBECONFIG, the cluster it runs in, ~/.kube/config',
  },
  context: { type: 'string', describe: 'A context of the kubeconfig. Default: the current one' },
  namespace: { alias: 'n', type: 'string', describe: 'Only the Tasks of this namespace. Default: all' },
  workers: { type: 'number', default: 4, describe: 'How many Tasks are reconciled concurrently' },
  'leader-elect': {
    type: 'boolean',
    default: true,
    describe: 'Act only while holding a Lease, so that only one replica is active',
  },
  'leader-elect-lease-duration': {
    type: 'string',
    default: '15s',
    describe: 'How long a silent leader keeps its lease',
  },
  'leader-elect-renew-deadline': {
    type: 'string',
    default: '10s',
    describe: 'How long the leader acts without having renewed the Lease',
  },
  'leader-elect-retry-period': {
    type: 'string',
    default: '2s',
    describe: 'How often the Lease is renewed, or looked at',
  },
  'lease-namespace': {
    type: 'string',
    describe: 'Where the Lease is. Default: --namespace, else that of the pod or the kubeconfig',
  },
  'metrics-addr': {
    type: 'string',
    default: ':8080',
    describe: 'Where /healthz, /readyz and /metrics are served, HOST:PORT',
  },
  'agent-image': {
    type: 'string',
    default: `taskflow/agent:${packageJson.version}`,
    describe: 'The image that holds the agent',
  },
  'agent-image-pull-policy': {
    type: 'string',
    choices: PULL_POLICIES,
    describe: 'When nodes pull the agent’s image',
  },
  'agent-injection': {
    type: 'string',
    choices: INJECTIONS,
    default: 'auto',
    describe:
      'How the agent comes into pods; auto: as an image volume from Kubernetes 1.35 on, which is faster',
  },
  'image-pull-patience': {
    type: 'string',
    default: '2m',
    describe: 'How long to tolerate image-pull and similar errors before the Task fails',
  },
  'log-level': {
    type: 'string',
    choices: LOG_LEVELS,
    default: 'info',
    describe: 'The least important lines that are logged',
  },
  'dry-run': {
    type: 'boolean',
    default: false,
    describe: 'Change nothing in the cluster; log what would be done',
    words: { client: DRY_RUN, server: DRY_RUN },
  },
  ...registryOptions,
  'lookup-deny': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'A network, such as that of the cluster’s Services, 10.96.0.0/12, where no image is asked for',
  },
  'lookup-allow': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'HOST[:PORT] of a registry that is asked wherever it is; so are those of the options above',
  },
} as const satisfies OptionTable;

/** Their values. */
export interface ControllerArguments extends RegistryArguments {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  namespace?: string | undefined;
  workers: number;
  leaderElect: boolean;
  leaderElectLeaseDuration: string;
  leaderElectRenewDeadline: string;
  leaderElectRetryPeriod: string;
  leaseNamespace?: string | undefined;
  metricsAddr: string;
  agentImage: string;
  agentImagePullPolicy?: (typeof PULL_POLICIES)[number] | undefined;
  agentInjection: (typeof INJECTIONS)[number];
  imagePullPatience: string;
  logLevel: LogLevel;
  dryRun: boolean;
  lookupDeny: readonly string[];
  lookupAllow: readonly string[];
}

/** What is left of the arguments once they are checked: times, in ms. */
export interface Times {
  /** How long trouble is put up with. */
  patience: number;
  lease: { leaseDuration: number; renewDeadline: number; retryPeriod: number };
}

/** @throws {UsageError} for values that are of the right type and make no sense */
export function checkArguments(args: ControllerArguments): Times {
  const { workers, agentImage } = args;
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw new UsageError(`--workers ${workers}: expected a whole number from 1 to 64`);
  }
  if (agentImage.trim() === '')
    throw new UsageError('--agent-image is empty; name the image that holds the agent');
  const lease = {
    leaseDuration: duration('leader-elect-lease-duration', args.leaderElectLeaseDuration),
    renewDeadline: duration('leader-elect-renew-deadline', args.leaderElectRenewDeadline),
    retryPeriod: duration('leader-elect-retry-period', args.leaderElectRetryPeriod),
  };
  if (lease.leaseDuration <= lease.renewDeadline || lease.renewDeadline <= 2 * lease.retryPeriod) {
    throw new UsageError(
      'the lease duration must be longer than the renew deadline, and that more than twice the retry period; see --leader-elect-…',
    );
  }
  return { patience: duration('image-pull-patience', args.imagePullPatience), lease };
}

function duration(option: keyof typeof controllerOptions, text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--${option} "${text}" is not a duration; write 90s or 2m`);
  return ms;
}
