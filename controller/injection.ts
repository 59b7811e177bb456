import type { Injection } from '../shared/pod/pod.ts';
import type { ApiClient } from './runtime/client.ts';

/** The first Kubernetes that has image volumes without a feature gate. */
const IMAGE_VOLUMES = { major: 1, minor: 35 };

/**
 * How the agent comes into pods. An image volume saves an init container, and with it one round of the kubelet, a second.
 *
 * @throws {ApiError} @throws {ApiUnreachableError} when the server has to be asked, and does not say
 */
export async function injectionFor(
  wish: Injection | 'auto',
  client: Pick<ApiClient, 'version'>,
  signal: AbortSignal,
): Promise<Injection> {
  if (wish !== 'auto') return wish;
  const version = await client.version({ signal });
  const major = Number.parseInt(version.major, 10);
  // Some distributions write `35+`.
  const minor = Number.parseInt(version.minor, 10);
  const has = major > IMAGE_VOLUMES.major || (major === IMAGE_VOLUMES.major && minor >= IMAGE_VOLUMES.minor);
  return has ? 'image-volume' : 'init-container';
}
