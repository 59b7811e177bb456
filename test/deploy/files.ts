import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const DEPLOY = join(ROOT, 'deploy');

/** Any object; the tests say what they expect in it. */
export interface Manifest {
  [field: string]: unknown;
  apiVersion?: string;
  kind?: string;
  metadata?: { name: string; namespace?: string; labels?: Record<string, string> };
}

/** Every YAML file below deploy/, relative to it. */
export async function deployFiles(): Promise<string[]> {
  const names = await readdir(DEPLOY, { recursive: true });
  return names.filter((name) => name.endsWith('.yaml')).toSorted();
}

/** The one object in a file below deploy/; throws where there is another number of them, or no YAML. */
export async function manifest<T = Manifest>(file: string): Promise<T> {
  const [document, ...more] = parseAllDocuments(await readFile(join(DEPLOY, file), 'utf8'));
  if (document === undefined || more.length > 0) throw new Error(`${file} has not one document`);
  for (const error of [...document.errors, ...document.warnings]) throw error;
  return document.toJS() as T;
}

export interface Container {
  name: string;
  image: string;
  args: string[];
  env: { name: string; value?: string; valueFrom?: object }[];
  ports: { name: string; containerPort: number }[];
  livenessProbe: { httpGet: { path: string; port: string } };
  readinessProbe: { httpGet: { path: string; port: string } };
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: Record<string, unknown>;
}

export interface Deployment extends Manifest {
  spec: {
    replicas: number;
    selector: { matchLabels: Record<string, string> };
    template: {
      metadata: { labels: Record<string, string> };
      spec: Record<string, unknown> & {
        containers: Container[];
        securityContext: Record<string, unknown>;
      };
    };
  };
}

export const deployment = async (): Promise<Deployment> => manifest('controller/deployment.yaml');

/** The container of the controller. */
export async function container(): Promise<Container> {
  const [first, ...more] = (await deployment()).spec.template.spec.containers;
  if (first === undefined || more.length > 0) throw new Error('the Deployment has not one container');
  return first;
}
