/** What an API server refuses about a container. */
import { compareQuantities } from '../container/quantity.ts';
import type { Spot } from './spot.ts';
import { isBelow, isDataKey, isPortName, isSubdomain, WORDS } from './syntax.ts';
import { checkFieldPath, checkResource } from './volume.ts';

const ENV_FIELDS = [
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
];
const PORT_NAME = 'at most 15 lower-case letters, digits and single "-", with a letter among them';

/** @param claimed - the volumes that can be block devices */
export function checkContainer(container: Spot, volumes: readonly Spot[]): void {
  checkPorts(container.at('ports'));
  container.at('env').items().forEach(checkVariable);
  container.at('envFrom').items().forEach(checkAllKeys);
  checkMounts(container, volumes);
  checkResources(container.at('resources'));
  checkRights(container.at('securityContext'));
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    checkProbe(container.at(name), name);
  for (const name of ['postStart', 'preStop']) {
    const hook = container.at('lifecycle').at(name);
    checkHandler(hook, ['exec', 'httpGet', 'tcpSocket', 'sleep']);
  }
}

function checkPorts(ports: Spot): void {
  ports.unique((port) => port.at('name'), 'another port of this container has this name; choose another');
  for (const port of ports.items())
    port.at('name').want((name) => name === '' || isPortName(name), PORT_NAME);
}

function checkVariable(variable: Spot): void {
  const from = variable.at('valueFrom');
  if (!from.isThere) return;
  if (variable.at('value').text) return from.say('there is a value already; keep one of the two');
  from.one(['configMapKeyRef', 'secretKeyRef', 'fieldRef', 'resourceFieldRef', 'fileKeyRef'], 'source');
  for (const name of ['configMapKeyRef', 'secretKeyRef']) {
    const ref = from.at(name);
    if (!ref.isThere) continue;
    checkName(ref, true);
    ref.at('key').want(isDataKey, WORDS.dataKey);
  }
  checkFieldPath(from.at('fieldRef').at('fieldPath'), ENV_FIELDS);
  checkResource(from.at('resourceFieldRef').at('resource'));
}

function checkAllKeys(source: Spot): void {
  source.one(['configMapRef', 'secretRef'], 'source');
  source.at('prefix').want((prefix) => !prefix.includes('='), 'a prefix without "="');
  for (const name of ['configMapRef', 'secretRef']) {
    const ref = source.at(name);
    if (ref.isThere) checkName(ref, true);
  }
}

function checkName(ref: Spot, isRequired: boolean): void {
  const name = ref.at('name');
  if (name.text) name.want(isSubdomain, WORDS.subdomain);
  else if (isRequired && (name.text === '' || !name.isThere))
    name.say('required, but missing; add "name:" with a string');
}

function checkMounts(container: Spot, volumes: readonly Spot[]): void {
  const mounts = container.at('volumeMounts');
  const devices = container.at('volumeDevices');
  mounts.unique(
    (mount) => mount.at('mountPath'),
    'another volume is mounted there already; choose another path',
  );
  devices.unique((device) => device.at('devicePath'), 'another device is there already; choose another path');
  devices.unique(
    (device) => device.at('name'),
    'this volume is a device of the container already; keep one of the two',
  );
  for (const mount of mounts.items()) {
    for (const name of ['subPath', 'subPathExpr']) mount.at(name).want(isBelow, WORDS.below);
    if (mount.at('subPath').text && mount.at('subPathExpr').text)
      mount.at('subPathExpr').say('there is a subPath already; keep one of the two');
    const propagation = mount.at('mountPropagation');
    if (
      propagation.text === 'Bidirectional' &&
      container.at('securityContext').at('privileged').value !== true
    )
      propagation.say('needs a privileged container; choose HostToContainer');
    const recursive = mount.at('recursiveReadOnly');
    if (
      (recursive.text === 'Enabled' || recursive.text === 'IfPossible') &&
      mount.at('readOnly').value !== true
    )
      recursive.say('needs readOnly: true');
  }
  for (const device of devices.items()) {
    const volume = volumes.find((each) => each.at('name').text === device.at('name').text);
    if (
      volume !== undefined &&
      !volume.at('persistentVolumeClaim').isThere &&
      !volume.at('ephemeral').isThere
    )
      device
        .at('name')
        .say('only a persistentVolumeClaim or an ephemeral volume can be a device; mount it instead');
    const mounted = mounts.items().some((mount) => mount.at('name').text === device.at('name').text);
    if (mounted) device.at('name').say('this volume is mounted already; keep one of the two');
    const path = device.at('devicePath');
    if (path.text && mounts.items().some((mount) => mount.at('mountPath').text === path.text))
      path.say('a volume is mounted there already; choose another path');
  }
}

function checkResources(resources: Spot): void {
  for (const name of ['limits', 'requests']) {
    for (const [resource, amount] of resources.at(name).entries()) {
      if (!resource.includes('/') && !/^(?:cpu|memory|ephemeral-storage|hugepages-.+)$/.test(resource))
        amount.say(
          'no resource of Kubernetes; use cpu, memory or ephemeral-storage, or one with a domain (example.com/gpu)',
        );
      else if (String(amount.value).startsWith('-') && compareQuantities(amount.value, 0) < 0)
        amount.say('expected an amount that is not below 0');
      else if (
        name === 'requests' &&
        compareQuantities(amount.value, resources.at('limits').at(resource).value) > 0
      )
        amount.say(`is more than the limit of ${resource}; lower it, or raise the limit`);
    }
  }
}

const MOST_ID = 2 ** 31 - 1;

/** Of a container or of the pod. */
export function checkRights(rights: Spot): void {
  for (const id of [
    ...['runAsUser', 'runAsGroup', 'fsGroup'].map((name) => rights.at(name)),
    ...rights.at('supplementalGroups').items(),
  ]) {
    if (id.number !== undefined && (id.number < 0 || id.number > MOST_ID))
      id.say(`expected an id from 0 to ${MOST_ID}`);
  }
  for (const name of ['seccompProfile', 'appArmorProfile']) {
    const profile = rights.at(name);
    const isLocal = profile.at('type').text === 'Localhost';
    if (isLocal && !profile.at('localhostProfile').text)
      profile.say('needs a localhostProfile, since its type is Localhost');
    if (!isLocal && profile.at('localhostProfile').isThere)
      profile.at('localhostProfile').say('is for type Localhost only; remove it, or change the type');
  }
  if (rights.at('allowPrivilegeEscalation').value !== false) return;
  if (rights.at('privileged').value === true)
    rights
      .at('allowPrivilegeEscalation')
      .say('cannot be false in a privileged container; remove one of the two');
  if (
    rights
      .at('capabilities')
      .at('add')
      .items()
      .some(({ text }) => text === 'CAP_SYS_ADMIN')
  )
    rights
      .at('allowPrivilegeEscalation')
      .say('cannot be false with the capability CAP_SYS_ADMIN; remove one of the two');
}

function checkProbe(probe: Spot, name: string): void {
  checkHandler(probe, ['exec', 'httpGet', 'tcpSocket', 'grpc']);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    const { number } = probe.at(field);
    if (number !== undefined && number < 0) probe.at(field).say('expected a number that is not below 0');
  }
  const { number: successes } = probe.at('successThreshold');
  if (name !== 'readinessProbe' && successes !== undefined && successes > 1)
    probe.at('successThreshold').say('must be 1 here; remove it');
  const grace = probe.at('terminationGracePeriodSeconds');
  if (name === 'readinessProbe' && grace.isThere)
    grace.say('is nothing for a readinessProbe, which stops nothing; remove it');
  else if (grace.number !== undefined && grace.number <= 0) grace.say('expected a number above 0');
}

function checkHandler(handler: Spot, kinds: readonly string[]): void {
  if (!handler.isThere) return;
  handler.one(kinds, 'handler');
  const exec = handler.at('exec');
  if (exec.isThere && exec.at('command').items().length === 0) exec.say('has no command; add one');
  for (const name of ['httpGet', 'tcpSocket']) {
    const port = handler.at(name).at('port');
    port.want(isPortName, `a port from 1 to 65535, or the name of one: ${PORT_NAME}`);
    if (port.number !== undefined && (port.number < 1 || port.number > 65_535))
      port.say('expected a port from 1 to 65535');
  }
}
