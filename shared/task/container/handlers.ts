import { z } from 'zod';
import { anInteger, int32, int64, intOrString, oneOf, open, text, texts } from './fields.ts';

const exec = open({
  command: texts('The command to run in the container, without a shell. Exit code 0 is success.'),
});

const httpHeader = open({
  name: z.string().describe('The name of the header.'),
  value: z.string().describe('The value of the header.'),
});

const httpGet = open({
  host: text('The host to connect to. Default: the IP of the pod.'),
  httpHeaders: z.array(httpHeader).optional().describe('Headers to send.'),
  path: text('The path to ask for.'),
  port: intOrString('The port to connect to: a number, or the name of a port of the container.'),
  scheme: oneOf(['HTTP', 'HTTPS'], 'HTTP or HTTPS. Default: HTTP.'),
});

const tcpSocket = open({
  host: text('The host to connect to. Default: the IP of the pod.'),
  port: intOrString('The port to connect to: a number, or the name of a port of the container.'),
});

const grpc = open({
  port: z.int32().min(1).max(65_535).describe('The port of the gRPC health service.'),
  service: text('The service to ask about. Default: the server as a whole.'),
});

/** A check of a running container: Kubernetes v1 Probe. */
export const probeSchema = open({
  exec: exec.optional().describe('Check by running a command.'),
  httpGet: httpGet.optional().describe('Check by an HTTP request.'),
  tcpSocket: tcpSocket.optional().describe('Check by opening a TCP connection.'),
  grpc: grpc.optional().describe('Check by the gRPC health protocol.'),
  initialDelaySeconds: int32('Seconds to wait before the first check. Default: 0.'),
  timeoutSeconds: int32('Seconds after which a check has failed. Default: 1.'),
  periodSeconds: int32('Seconds between checks. Default: 10.'),
  successThreshold: int32('Checks in a row that must succeed after a failure. Default: 1.'),
  failureThreshold: int32('Checks in a row that must fail. Default: 3.'),
  terminationGracePeriodSeconds: int64('Seconds the container has to end after the check failed.'),
});

const lifecycleHandler = open({
  exec: exec.optional().describe('Run a command in the container.'),
  httpGet: httpGet.optional().describe('Make an HTTP request.'),
  tcpSocket: tcpSocket.optional().describe('Not supported by Kubernetes any more; kept for old manifests.'),
  sleep: open({ seconds: anInteger().describe('Seconds to sleep.') })
    .optional()
    .describe('Wait for a time.'),
});

/** What Kubernetes does as a container starts and stops: Kubernetes v1 Lifecycle. */
export const lifecycleSchema = open({
  postStart: lifecycleHandler.optional().describe('Done right after the container was made.'),
  preStop: lifecycleHandler.optional().describe('Done before the container is stopped.'),
  stopSignal: z
    .string()
    .regex(/^SIG[A-Z0-9]+(?:[-+][0-9]+)?$/, { error: 'expected the name of a signal, such as "SIGTERM"' })
    .optional()
    .describe('The signal that stops the container. Needs spec.os.name of the pod.'),
});

/** When the kubelet starts a container again: Kubernetes v1 ContainerRestartRule. */
export const restartRuleSchema = open({
  action: z.enum(['Restart', 'RestartAllContainers']).describe('What to do when the rule matches.'),
  exitCodes: open({
    operator: z.enum(['In', 'NotIn']).describe('Whether the exit code must be among the values.'),
    values: z.array(z.int32()).max(255).optional().describe('The exit codes.'),
  })
    .optional()
    .describe('The exit codes that the rule is about.'),
});
