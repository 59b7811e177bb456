/** The lookup as the commands use it: this user's credentials, this user's cache. */
import { hostPlatform } from '../../shared/turn/host-platform.ts';
import { type Keyring } from '../../shared/image/credentials.ts';
import { ImageLookup } from '../../shared/image/lookup.ts';
import { lookUpImages, needsImage, type Images } from '../../shared/image/steps.ts';
import { stepsOf } from '../../shared/task/step-template.ts';
import { type Task } from '../../shared/task/task.ts';
import { dockerKeyring } from './docker-keyring.ts';
import { cacheDirectory, fileStore } from './file-store.ts';
import { readRegistries } from '../../shared/image/registry-options.ts';
import { type LookupArguments } from './lookup-options.ts';

/** A person waits. */
const DEADLINE = 15_000;

/**
 * @throws {UsageError} @throws {CredentialFileError}
 */
export async function openLookup(
  options: LookupArguments,
): Promise<{ lookup: ImageLookup; keyring: Keyring }> {
  const { env } = process;
  const registries = await readRegistries(options, env);
  const store = fileStore(cacheDirectory(env));
  const lookup = new ImageLookup({ registries, store, deadline: DEADLINE });
  return { lookup, keyring: await dockerKeyring(env) };
}

/**
 * What the images of these Tasks run: on this machine, or on every node. Nothing is asked when no step leaves it to
 * its image.
 *
 * @throws {StepLookupError} @throws {UsageError} @throws {CredentialFileError}
 */
export async function imagesOf(
  tasks: readonly Task[],
  platforms: 'this-machine' | 'every-node',
  options: LookupArguments,
): Promise<Images> {
  const steps = tasks.flatMap((task) => stepsOf(task.spec)).filter(needsImage);
  if (steps.length === 0) return new Map();
  const { lookup, keyring } = await openLookup(options);
  const platform = platforms === 'this-machine' ? hostPlatform() : undefined;
  return lookUpImages(steps, lookup, { keyring, platform, offline: options.offline });
}
