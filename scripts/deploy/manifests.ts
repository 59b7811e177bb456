/** What `kubectl kustomize` prints, sorted into what is deployed, waited for and taken away. */
import { parseAllDocuments, stringify } from 'yaml';

/** As far as the scripts look at them. */
export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

export function printManifests(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => stringify(manifest)).join('---\n');
}

/** With these goes what others have put into them: every Task, and all that is in the namespace. */
const HOLDS_MORE = new Set(['CustomResourceDefinition', 'Namespace']);

/**
 * What an undeployment takes away, in its order: rights last but for what holds more than taskflow's own.
 *
 * @param everything - the definition of Tasks and the namespace too
 */
export function toRemove(manifests: readonly Manifest[], everything: boolean): Manifest[] {
  const own = manifests.filter(({ kind }) => !HOLDS_MORE.has(kind)).toReversed();
  return everything ? [...own, ...manifests.filter(({ kind }) => HOLDS_MORE.has(kind)).toReversed()] : own;
}

/** The arguments of the `kubectl` commands that wait until it works. */
export function waits(manifests: readonly Manifest[], timeout: string): string[][] {
  return manifests.flatMap(({ kind, metadata: { name, namespace } }) => {
    if (kind === 'CustomResourceDefinition')
      return [['wait', '--for=condition=Established', `crd/${name}`, `--timeout=${timeout}`]];
    if (kind !== 'Deployment') return [];
    const where = namespace === undefined ? [] : ['--namespace', namespace];
    return [[...where, 'rollout', 'status', `deployment/${name}`, `--timeout=${timeout}`]];
  });
}
