/** What an API server refuses about the volumes of a pod. */
import { VOLUME_SOURCES } from '../container/volume.ts';
import type { Spot } from './spot.ts';
import { isFilePath, isQualifiedName, WORDS } from './syntax.ts';

const MODE = 'expected a mode from 0 to 0777';
const TEN_MINUTES = 600;

export function checkVolume(volume: Spot): void {
  // Without any it is an emptyDir.
  volume.atMostOne(VOLUME_SOURCES, 'source');
  for (const name of ['configMap', 'secret'] as const) checkKeys(volume.at(name));
  for (const name of ['downwardAPI', 'projected'] as const) checkMode(volume.at(name).at('defaultMode'));
  volume.at('downwardAPI').at('items').items().forEach(checkField);
  volume
    .at('hostPath')
    .at('path')
    .want((path) => !path.split('/').includes('..'), 'a path without ".."');
  volume
    .at('nfs')
    .at('path')
    .want((path) => path.startsWith('/'), 'a path from the root');
  checkProjected(volume.at('projected'));
  if (String(volume.at('emptyDir').at('sizeLimit').value).startsWith('-'))
    volume.at('emptyDir').at('sizeLimit').say('expected an amount that is not below 0');
}

function checkProjected(projected: Spot): void {
  const paths: Spot[] = [];
  for (const source of projected.at('sources').items()) {
    source.atMostOne(
      ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate'],
      'source',
    );
    for (const name of ['configMap', 'secret']) {
      checkKeys(source.at(name));
      paths.push(
        ...source
          .at(name)
          .at('items')
          .items()
          .map((item) => item.at('path')),
      );
    }
    for (const item of source.at('downwardAPI').at('items').items()) {
      checkField(item);
      paths.push(item.at('path'));
    }
    const token = source.at('serviceAccountToken');
    token.at('path').want(isFilePath, WORDS.below);
    const { number } = token.at('expirationSeconds');
    if (number !== undefined && (number < TEN_MINUTES || number > 2 ** 32))
      token.at('expirationSeconds').say('expected at least 600 seconds, and at most 2^32');
  }
  const seen = new Set<string>();
  for (const path of paths) {
    const { text = '' } = path;
    if (seen.has(text)) path.say('another source has this path already; choose another');
    if (text !== '') seen.add(text);
  }
}

function checkKeys(source: Spot): void {
  checkMode(source.at('defaultMode'));
  for (const item of source.at('items').items()) {
    item.at('path').want(isFilePath, WORDS.below);
    checkMode(item.at('mode'));
  }
}

function checkField(item: Spot): void {
  item.one(['fieldRef', 'resourceFieldRef'], 'source');
  item.at('path').want(isFilePath, WORDS.below);
  checkMode(item.at('mode'));
  checkFieldPath(item.at('fieldRef').at('fieldPath'), VOLUME_FIELDS);
  const resource = item.at('resourceFieldRef');
  if (resource.isThere && !resource.at('containerName').text)
    resource.say('required, but missing: containerName; add it');
  checkResource(resource.at('resource'));
}

function checkMode(mode: Spot): void {
  const { number } = mode;
  if (number !== undefined && (number < 0 || number > 0o777)) mode.say(MODE);
}

const VOLUME_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.labels',
  'metadata.annotations',
];

/** A field of the pod that can be had as a file or a variable. */
export function checkFieldPath(path: Spot, fields: readonly string[]): void {
  const { text } = path;
  if (text === undefined) return;
  const [, key] = /^metadata\.(?:labels|annotations)\['(.*)'\]$/.exec(text) ?? [];
  if (key === undefined ? fields.includes(text) : isQualifiedName(key)) return;
  path.say(`expected one of ${fields.join(', ')}, or metadata.labels['KEY'] or metadata.annotations['KEY']`);
}

/** A resource of a container that can be had as a file or a variable. */
export function checkResource(resource: Spot): void {
  resource.want(
    (text) => /^(?:limits|requests)\.(?:cpu|memory|ephemeral-storage|hugepages-.*)$/.test(text),
    'limits. or requests. with cpu, memory or ephemeral-storage behind it',
  );
}
