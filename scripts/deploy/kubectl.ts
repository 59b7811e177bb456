import { execa } from 'execa';

/** What a person has to do something about; said without a stack. */
export class DeployError extends Error {
  override name = 'DeployError';
}

/** `kubectl`, for one context. */
export class Kubectl {
  readonly #context: readonly string[];

  constructor(context: string | undefined) {
    this.#context = context === undefined ? [] : ['--context', context];
  }

  /** @returns what it prints @throws {DeployError} */
  async read(args: readonly string[], input?: string): Promise<string> {
    return this.#run(args, 'pipe', input);
  }

  /** What it prints goes to standard output. @throws {DeployError} */
  async show(args: readonly string[], input?: string): Promise<void> {
    await this.#run(args, 'inherit', input);
  }

  /** @throws {DeployError} when no cluster answers */
  async requireCluster(): Promise<void> {
    try {
      await this.read(['version', '--request-timeout', '10s']);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new DeployError(
        `no cluster answers; set KUBECONFIG, or give --context, or look with --print at what would be applied\n${why}`,
        { cause: error },
      );
    }
  }

  async #run(args: readonly string[], stdout: 'pipe' | 'inherit', input?: string): Promise<string> {
    const command = [...this.#context, ...args];
    const result = await execa('kubectl', command, {
      stdout,
      reject: false,
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
    });
    if (result.code === 'ENOENT') {
      throw new DeployError(
        'kubectl is not on the PATH; install it (https://kubernetes.io/docs/tasks/tools), 1.27 or later',
      );
    }
    if (result.exitCode !== 0) throw new DeployError(`kubectl ${command.join(' ')} failed: ${result.stderr}`);
    if (result.stderr !== '') process.stderr.write(`${result.stderr}\n`);
    return result.stdout ?? '';
  }
}
