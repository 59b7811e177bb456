/** What an API server refuses about a pod, told when its Task is read: `pkg/apis/core/validation` of Kubernetes 1.36. */
import { checkContainer, checkRights } from './container.ts';
import { Spot, type Report } from './spot.ts';
import { isAddress, isLabel, isLabelValue, isQualifiedName, isSubdomain, WORDS } from './syntax.ts';
import { checkVolume } from './volume.ts';

/** The most that all annotations of an object have, bytes. */
const MAX_ANNOTATIONS = 256 * 1024;

/** @param spec - of a Task; nothing of its shape is taken for granted */
export function checkPod(spec: unknown, report: Report): void {
  const root = new Spot(spec, [], report);
  const volumes = root.at('volumes').items();
  volumes.forEach(checkVolume);
  const containers = [
    ...root.at('steps').items(),
    ...root.at('finally').items(),
    ...root.at('sidecars').items(),
    root.at('stepTemplate'),
  ];
  for (const container of containers) checkContainer(container, volumes);
  checkTemplate(root.at('podTemplate'), containers);
}

/** Labels and annotations of the Task itself or of its pod. */
export function checkMetadata(metadata: Spot): void {
  for (const [key, value] of metadata.at('labels').entries()) {
    if (!isQualifiedName(key)) value.say(`the name of the label: expected ${WORDS.qualifiedName}`);
    value.want(isLabelValue, WORDS.labelValue);
  }
  const annotations = metadata.at('annotations');
  let bytes = 0;
  for (const [key, value] of annotations.entries()) {
    // Their names may have capitals, also before the "/".
    if (!isQualifiedName(key.toLowerCase()))
      value.say(`the name of the annotation: expected ${WORDS.qualifiedName}`);
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value.text ?? '');
  }
  if (bytes > MAX_ANNOTATIONS)
    annotations.say(`they have ${bytes} bytes, more than ${MAX_ANNOTATIONS}; remove some`);
}

function checkTemplate(template: Spot, containers: readonly Spot[]): void {
  checkMetadata(template.at('metadata'));
  for (const [key, value] of template.at('nodeSelector').entries()) {
    if (!isQualifiedName(key)) value.say(`the name of the label: expected ${WORDS.qualifiedName}`);
    value.want(isLabelValue, WORDS.labelValue);
  }
  for (const name of ['serviceAccountName', 'priorityClassName', 'nodeName'])
    template.at(name).want((text) => text === '' || isSubdomain(text), WORDS.subdomain);
  for (const name of ['runtimeClassName', 'hostnameOverride'])
    template.at(name).want(isSubdomain, WORDS.subdomain);
  for (const name of ['hostname', 'subdomain'])
    template.at(name).want((text) => text === '' || isLabel(text), WORDS.label);
  oneOf(template.at('dnsPolicy'), ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']);
  oneOf(template.at('preemptionPolicy'), ['PreemptLowerPriority', 'Never']);
  oneOf(template.at('securityContext').at('fsGroupChangePolicy'), ['OnRootMismatch', 'Always']);
  oneOf(template.at('securityContext').at('supplementalGroupsPolicy'), ['Merge', 'Strict']);
  checkRights(template.at('securityContext'));
  checkDns(template);
  template.at('tolerations').items().forEach(checkToleration);
  for (const alias of template.at('hostAliases').items()) {
    alias.at('ip').want(isAddress, 'an IP address');
    for (const name of alias.at('hostnames').items()) name.want(isSubdomain, WORDS.subdomain);
  }
  for (const spread of template.at('topologySpreadConstraints').items()) {
    oneOf(spread.at('whenUnsatisfiable'), ['DoNotSchedule', 'ScheduleAnyway']);
    const skew = spread.at('maxSkew');
    if (skew.number !== undefined && skew.number <= 0) skew.say('expected a number above 0');
  }
  checkHost(template, containers);
}

function oneOf(spot: Spot, words: readonly string[]): void {
  spot.want((text) => words.includes(text), words.map((word) => `"${word}"`).join(' or '));
}

function checkDns(template: Spot): void {
  const servers = template.at('dnsConfig').at('nameservers');
  if (template.at('dnsPolicy').text === 'None' && servers.items().length === 0)
    template.at('dnsPolicy').say('None needs a dnsConfig with nameservers; add it');
  for (const server of servers.items()) server.want(isAddress, 'an IP address');
  if (servers.items().length > 3) servers.say('expected at most 3 nameservers');
}

function checkToleration(toleration: Spot): void {
  const [key, operator, value] = ['key', 'operator', 'value'].map((name) => toleration.at(name)) as [
    Spot,
    Spot,
    Spot,
  ];
  key.want((text) => text === '' || isQualifiedName(text), WORDS.qualifiedName);
  if (operator.text) oneOf(operator, ['Equal', 'Exists', 'Lt', 'Gt']);
  if (!key.text && operator.text !== 'Exists')
    toleration.say('has no key, which needs operator Exists; add one of the two');
  if (operator.text === 'Exists' && value.text)
    value.say('is nothing for operator Exists; remove one of the two');
  if (operator.text !== 'Exists') value.want(isLabelValue, WORDS.labelValue);
  const effect = toleration.at('effect');
  if (effect.text) oneOf(effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  if (toleration.at('tolerationSeconds').isThere && effect.text !== 'NoExecute')
    toleration.at('tolerationSeconds').say('needs effect NoExecute');
}

/** The namespaces of the node. */
function checkHost(template: Spot, containers: readonly Spot[]): void {
  const is = (name: string): boolean => template.at(name).value === true;
  if (is('hostPID') && is('shareProcessNamespace'))
    template
      .at('shareProcessNamespace')
      .say('cannot be with hostPID, which shares more; remove one of the two');
  for (const name of ['hostPID', 'hostIPC']) {
    if (is(name) && template.at('hostUsers').value === false)
      template.at(name).say('cannot be with hostUsers: false; remove one of the two');
  }
  const taken = new Set<string>();
  for (const port of containers.flatMap((container) => container.at('ports').items())) {
    const [host, own] = [port.at('hostPort'), port.at('containerPort')];
    if (is('hostNetwork') && host.number && host.number !== own.number)
      host.say('must be the containerPort, since the pod has the network of its node');
    const used = is('hostNetwork') ? host.number || own.number : host.number;
    if (!used) continue;
    const id = [port.at('protocol').text ?? 'TCP', port.at('hostIP').text ?? '', used].join('/');
    if (taken.has(id))
      (host.isThere ? host : own).say('another port of the pod has this port of the node; choose another');
    taken.add(id);
  }
}
