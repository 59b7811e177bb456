/** One kubeconfig file, with every name and type in it checked. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { isObject } from '../http/status.ts';
import { CredentialsError } from '../errors.ts';
import { codeOf } from '../credentials/in-cluster.ts';

/** A map of the file, which says where it is when something in it is wrong. */
export interface Section {
  /** `/home/a/.kube/config: users[admin].user` */
  where: string;
  /** The folder that relative paths in it start from. */
  directory: string;
  fields: Readonly<Record<string, unknown>>;
}

export interface KubeconfigFile {
  file: string;
  currentContext: string | undefined;
  contexts: ReadonlyMap<string, Section>;
  clusters: ReadonlyMap<string, Section>;
  users: ReadonlyMap<string, Section>;
}

/**
 * Reads a kubeconfig file.
 *
 * @returns `undefined` when there is no such file
 * @throws {CredentialsError} when it cannot be read, or is no kubeconfig
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export async function readKubeconfigFile(file: string): Promise<KubeconfigFile | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new CredentialsError(`kubeconfig ${file} cannot be read (${codeOf(error)})`, { cause: error });
  }
  const whole = parseYaml(text, file);
  const currentContext = whole['current-context'] ?? undefined;
  if (currentContext !== undefined && typeof currentContext !== 'string') {
    throw new CredentialsError(`kubeconfig ${file}: current-context is not a string`);
  }
  const named = (list: string, key: string): Map<string, Section> => namedIn(whole, file, list, key);
  return {
    file,
    // Written empty, it says nothing.
    currentContext: currentContext === '' ? undefined : currentContext,
    contexts: named('contexts', 'context'),
    clusters: named('clusters', 'cluster'),
    users: named('users', 'user'),
  };
}

function parseYaml(text: string, file: string): Record<string, unknown> {
  const lineCounter = new LineCounter();
  // What yaml itself says about an error quotes the line, which may hold a secret.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new CredentialsError(`kubeconfig ${file}, line ${line}, column ${col}: no YAML (${error.code})`);
  }
  const value: unknown = document.toJS();
  if (value === null) return {};
  if (!isObject(value))
    throw new CredentialsError(`kubeconfig ${file} is not a map with clusters, users and contexts`);
  return value;
}

/** `clusters: [{ name: a, cluster: {…} }]`; the first of a name counts. */
function namedIn(
  whole: Record<string, unknown>,
  file: string,
  list: string,
  key: string,
): Map<string, Section> {
  const entries = whole[list] ?? [];
  if (!Array.isArray(entries)) throw new CredentialsError(`kubeconfig ${file}: ${list} is not a list`);
  const sections = new Map<string, Section>();
  for (const [index, entry] of entries.entries()) {
    const at = `kubeconfig ${file}: ${list}[${index}]`;
    if (!isObject(entry)) throw new CredentialsError(`${at} is not a map with name and ${key}`);
    const { name } = entry;
    if (typeof name !== 'string' || name === '') throw new CredentialsError(`${at}.name is not a string`);
    const fields = entry[key] ?? {};
    const where = `kubeconfig ${file}: ${list}[${name}].${key}`;
    if (!isObject(fields)) throw new CredentialsError(`${where} is not a map`);
    if (!sections.has(name)) sections.set(name, { where, directory: dirname(file), fields });
  }
  return sections;
}
