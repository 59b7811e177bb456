/** The cluster and user that kubeconfig files name. */
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { refreshing, type Access, type TlsSettings } from './credentials.ts';
import { CredentialsError } from './errors.ts';
import { flag, pem, text } from './kubeconfig/fields.ts';
import { readKubeconfigFile, type KubeconfigFile, type Section } from './kubeconfig/file.ts';
import { readUser } from './kubeconfig/user.ts';

export interface KubeconfigSettings {
  /** A file that has to be there. Default: those of `$KUBECONFIG`, else `~/.kube/config`. */
  file?: string | undefined;
  /** Default: the current one. */
  context?: string | undefined;
  env?: Readonly<Record<string, string | undefined>>;
  /** How long files are believed before they are read again, ms. Default: 10 s. */
  lifetime?: number;
}

/**
 * What kubectl would talk to.
 *
 * @throws {CredentialsError} which says the file, the field, and what is wrong with it
 * @example const access = await fromKubeconfig({ context: 'kind-test' });
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
export async function fromKubeconfig({
  file,
  context,
  env = process.env,
  lifetime,
}: KubeconfigSettings = {}): Promise<Access> {
  const files = file === undefined ? kubeconfigFiles(env) : [file];
  const source = files.join(delimiter);
  const read = await Promise.all(files.map((each) => readKubeconfigFile(resolve(each))));
  const found = read.filter((each) => each !== undefined);
  if (found.length === 0) {
    throw new CredentialsError(
      `kubeconfig ${source}: there is no such file; give --kubeconfig, or set KUBECONFIG`,
    );
  }
  const chosen = choose(found, source, context);
  const cluster = await readCluster(chosen.cluster);
  const user = readUser(chosen.user, cluster.info);
  const held = refreshing(
    async () => {
      const [{ authorization, cert, key }, tls] = await Promise.all([user.show(), cluster.tls()]);
      const own = { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
      return { ...(authorization !== undefined && { authorization }), tls: { ...tls, ...own } };
    },
    { lifetime, forget: user.forget },
  );
  // At the start rather than with the first request.
  await held.credentials();
  const namespace = text(chosen.context, 'namespace') ?? 'default';
  return { server: cluster.server, source, namespace, ...held };
}

/** The files of `$KUBECONFIG`; those that do not exist are passed over, as kubectl does. */
export function kubeconfigFiles(env: Readonly<Record<string, string | undefined>>): string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return named.length > 0 ? [...new Set(named)] : [join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

interface Chosen {
  context: Section;
  cluster: Section;
  user: Section;
}

/** Of several files, the first that says something counts. */
function choose(files: readonly KubeconfigFile[], source: string, wanted: string | undefined): Chosen {
  const name = wanted ?? files.find(({ currentContext }) => currentContext !== undefined)?.currentContext;
  if (name === undefined) {
    throw new CredentialsError(`kubeconfig ${source}: current-context is missing; set it, or name a context`);
  }
  const find = (list: 'contexts' | 'clusters' | 'users', entry: string, by: string): Section => {
    const section = files.map((file) => file[list].get(entry)).find((each) => each !== undefined);
    if (section !== undefined) return section;
    const names = files.flatMap((file) => [...file[list].keys()]).join(', ');
    throw new CredentialsError(
      `kubeconfig ${source}: ${by} ${JSON.stringify(entry)} is not in ${list} (${names === '' ? 'none' : names})`,
    );
  };
  const context = find('contexts', name, wanted === undefined ? 'current-context' : 'context');
  const cluster = text(context, 'cluster');
  if (cluster === undefined) throw new CredentialsError(`${context.where}.cluster is missing`);
  const user = text(context, 'user');
  return {
    context,
    cluster: find('clusters', cluster, `the cluster of context ${name}`),
    user:
      user === undefined
        ? { where: `${context.where}.user`, directory: context.directory, fields: {} }
        : find('users', user, `the user of context ${name}`),
  };
}

interface Cluster {
  server: URL;
  tls(): Promise<TlsSettings>;
  /** As exec plugins are told. */
  info: object;
}

async function readCluster(section: Section): Promise<Cluster> {
  const { where, fields } = section;
  const address = text(section, 'server');
  if (address === undefined) throw new CredentialsError(`${where}.server is missing`);
  const server = URL.canParse(address) ? new URL(address) : undefined;
  if (server === undefined || !['https:', 'http:'].includes(server.protocol)) {
    throw new CredentialsError(`${where}.server is no address that begins with https:// or http://`);
  }
  if (text(section, 'proxy-url') !== undefined) {
    throw new CredentialsError(
      `${where}.proxy-url is not supported; use an address that can be reached directly`,
    );
  }
  const ca = pem(section, 'certificate-authority');
  const insecure = flag(section, 'insecure-skip-tls-verify');
  if (insecure && ca !== undefined) {
    throw new CredentialsError(
      `${where} has both certificate-authority and insecure-skip-tls-verify; take one of them away`,
    );
  }
  const servername = text(section, 'tls-server-name');
  const tls = async (): Promise<TlsSettings> => ({
    ...(ca !== undefined && { ca: await ca() }),
    ...(servername !== undefined && { servername }),
    ...(insecure && { insecure }),
  });
  const authority = await ca?.();
  return {
    server,
    tls,
    info: {
      server: address,
      ...(servername !== undefined && { 'tls-server-name': servername }),
      ...(insecure && { 'insecure-skip-tls-verify': true }),
      ...(authority !== undefined && {
        'certificate-authority-data': Buffer.from(authority).toString('base64'),
      }),
      config: execConfig(fields['extensions']),
    },
  };
}

/** What the cluster has for exec plugins, under the name that is reserved for it. */
function execConfig(extensions: unknown): unknown {
  if (!Array.isArray(extensions)) return undefined;
  const named = extensions.find(
    (each: { name?: unknown } | null) => each?.name === 'client.authentication.k8s.io/exec',
  ) as { extension?: unknown } | undefined;
  return named?.extension;
}
