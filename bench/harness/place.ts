/** Where one benchmark works: a directory of its own, and the processes it started. Both go when it is over. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Command } from './agents.ts';

/** After SIGTERM; longer than it takes an agent to pass it on. */
const GRACE = 3_000;

export interface Started {
  pid: number;
  /** Its standard output, once it ended. Rejects when it was killed, or failed. */
  output: Promise<string>;
  /** Writes to its standard input. */
  write(text: string): void;
}

export class Place {
  readonly directory: string;
  readonly #groups = new Map<number, Promise<unknown>>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Starts a command in a process group of its own. */
  start([file, ...args]: Command): Started {
    const subprocess = execa(file, args, { detached: true, stdin: 'pipe', stderr: 'inherit', reject: false });
    const { pid } = subprocess;
    const output = subprocess.then(({ failed, shortMessage, stdout }) => {
      if (pid !== undefined) this.#groups.delete(pid);
      if (failed) throw new Error(shortMessage);
      return stdout;
    });
    // Whoever needs the output awaits it; a process that is ended with the place is no failure.
    output.catch(() => undefined);
    if (pid === undefined) throw new Error(`${file} cannot be started`);
    this.#groups.set(pid, output);
    return { pid, output, write: (text) => void subprocess.stdin.write(text) };
  }

  /** Runs a command to its end and returns its standard output. */
  async run(command: Command): Promise<string> {
    return this.start(command).output;
  }

  /** Ends what still runs: politely, so that agents end their commands, then not. */
  async end(): Promise<void> {
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), GRACE);
    await Promise.allSettled(this.#groups.values());
    clearTimeout(timer);
  }

  /** The same when there is no time left to wait, as when the benchmark is interrupted. */
  readonly abandon = (): void => {
    this.#signal('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  };

  #signal(signal: NodeJS.Signals): void {
    for (const pid of this.#groups.keys()) {
      try {
        process.kill(-pid, signal);
      } catch {
        // It ended by itself.
      }
    }
  }
}

/** @param below - the directory that the place is made in; /dev/shm keeps the disk out of the measurement */
export async function withPlace<T>(use: (place: Place) => Promise<T>, below = tmpdir()): Promise<T> {
  const place = new Place(await mkdtemp(join(below, 'taskflow-bench-')));
  process.once('exit', place.abandon);
  try {
    return await use(place);
  } finally {
    await place.end();
    process.off('exit', place.abandon);
    await rm(place.directory, { recursive: true, force: true });
  }
}
