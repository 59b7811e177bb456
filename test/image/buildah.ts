import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onPath, requireCommands } from '../../scripts/build-agent/commands.ts';
import { type Arch } from '../../scripts/build-agent/target.ts';

const BUILDAH = 'buildah';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What of an image's configuration these tests look at (OCI image specification, config.md). */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** Why images cannot be built here, or `undefined`. On CI what is missing is installed, or the tests fail. */
export async function buildahMissing(): Promise<string | undefined> {
  if (process.env['CI'] === 'true') await requireCommands([BUILDAH], () => {});
  if (process.getuid?.() !== 0) return 'building an image and looking into it needs root here';
  return (await onPath(BUILDAH)) ? undefined : 'buildah is missing: sudo apt-get install buildah';
}

/** Images in a store of their own: no daemon, no registry, nothing of the machine's. */
export class Buildah {
  readonly #store: string;

  constructor(store: string) {
    this.#store = store;
  }

  /** Builds Dockerfile.agent from the executables in dist/agent; its stage `build` is not run. */
  async buildAgent(arch: Arch, ...more: string[]): Promise<string> {
    return this.#build('agent', arch, { build: join(ROOT, 'dist/agent') }, more);
  }

  /** Builds Dockerfile.controller from directories in place of its first two stages, which are not run. */
  async buildController(
    arch: Arch,
    stages: Readonly<Record<'build' | 'runtime', string>>,
    ...more: string[]
  ): Promise<string> {
    return this.#build('controller', arch, stages, more);
  }

  async #build(
    what: string,
    arch: Arch,
    stages: Readonly<Record<string, string>>,
    more: readonly string[],
  ): Promise<string> {
    const name = `localhost/${what}:${arch}`;
    const ready = Object.entries(stages).flatMap(([stage, path]) => ['--build-context', `${stage}=${path}`]);
    const file = ['--file', join(ROOT, `Dockerfile.${what}`)];
    const platform = ['--isolation', 'chroot', '--platform', `linux/${arch}`];
    await this.#run('build', ...platform, ...ready, ...file, ...more, '--tag', name, ROOT);
    return name;
  }

  async config(image: string): Promise<ImageConfig> {
    const inspected = JSON.parse(await this.#run('inspect', '--type', 'image', image)) as {
      OCIv1: ImageConfig;
    };
    return inspected.OCIv1;
  }

  /** A directory with the image's files. */
  async rootOf(image: string): Promise<string> {
    const container = await this.#run('from', '--pull-never', image);
    return this.#run('mount', container);
  }

  async #run(...args: string[]): Promise<string> {
    const [root, runroot] = ['root', 'run'].map((name) => join(this.#store, name));
    const store = ['--storage-driver', 'vfs', '--root', String(root), '--runroot', String(runroot)];
    return (await execa(BUILDAH, [...store, ...args])).stdout;
  }
}

/** Every file and directory below, relative. */
export async function treeOf(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).toSorted();
}
