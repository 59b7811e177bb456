/** Which cluster the controller works for. */
import type { Access } from './credentials.ts';
import { inCluster } from './credentials/in-cluster.ts';

interface AccessSettings {
  /** The file of `--kubeconfig`. */
  kubeconfig?: string | undefined;
  /** A context of it. */
  context?: string | undefined;
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The cluster that `--kubeconfig` or `$KUBECONFIG` names, else the one this process runs in, else that of `~/.kube/config`.
 *
 * @throws {CredentialsError}
 */
export async function findAccess({
  kubeconfig,
  context,
  env = process.env,
}: AccessSettings = {}): Promise<Access> {
  const named = kubeconfig !== undefined || context !== undefined || (env['KUBECONFIG'] ?? '') !== '';
  if (!named && (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '') return inCluster({ env });
  // Not needed in a cluster, and neither is yaml.
  const { fromKubeconfig } = await import('./kubeconfig.ts');
  return fromKubeconfig({ file: kubeconfig, context, env });
}
