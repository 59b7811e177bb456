/** What is given as options goes into a kustomization in a scratch directory: no committed file is touched. */
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';

export interface Images {
  controllerImage?: string | undefined;
  agentImage?: string | undefined;
}

/** The controller's Deployment, whatever prefix an overlay gives its name. */
const DEPLOYMENT = { kind: 'Deployment', labelSelector: 'app.kubernetes.io/component=controller' };

/**
 * A kustomization on top of another, with other images.
 *
 * @param base - as kustomize wants it: relative
 * @example kustomizationOn('../../deploy/base', { agentImage: 'registry.example.com/agent:2' })
 */
export function kustomizationOn(base: string, { controllerImage, agentImage }: Images): object {
  const container = {
    name: 'controller',
    ...(controllerImage !== undefined && { image: controllerImage }),
    ...(agentImage !== undefined && {
      env: [{ name: 'TASKFLOW_CONTROLLER_AGENT_IMAGE', value: agentImage }],
    }),
  };
  const patch = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'any' },
    spec: { template: { spec: { containers: [container] } } },
  };
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [base],
    ...(Object.keys(container).length > 1 && { patches: [{ target: DEPLOYMENT, patch: stringify(patch) }] }),
  };
}

/** Writes it. @returns the directory for `kubectl kustomize` */
export async function writeOverlay(scratch: string, overlay: string, images: Images): Promise<string> {
  const directory = join(await realpath(scratch), 'overlay');
  await mkdir(directory);
  const base = relative(directory, await realpath(overlay));
  await writeFile(join(directory, 'kustomization.yaml'), stringify(kustomizationOn(base, images)));
  return directory;
}
