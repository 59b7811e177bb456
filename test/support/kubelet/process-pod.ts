/** One pod, its containers real processes: agents from the build, in directories that stand for its volumes. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { listOf, textOf, timestamp, type ApiObject, type Fields } from '../api-server/object.ts';
import { type Talk } from '../api-server/talk.ts';
import { startProcess, type ContainerProcess } from './container-process.ts';
import { mountsOf, onThisMachine } from './mounts.ts';
import { containersOf, EXPIRED, textsOf, untilDeadline, type PodContainer } from './pod.ts';
import { statusOf, terminatedOf, type PodView, type Shown } from './status.ts';
import { MissingError, Volumes } from './volumes.ts';

/** How an agent is started, before its own arguments. */
export type AgentCommand = readonly [string, ...string[]];

export interface ProcessPodSettings {
  talk: Talk;
  /** A directory of the pod's own, which it removes when it is gone. */
  root: string;
  agent: AgentCommand;
  /** Something about it has changed. */
  onChange: () => void;
  /** Its deadline has ended it. */
  onExpired: () => void;
}

const SECOND = 1000;
/** The longest time that a timer takes. */
const LONGEST = 0x7fff_ffff;

export class ProcessPod {
  pod: ApiObject;
  readonly #settings: ProcessPodSettings;
  readonly #volumes: Volumes;
  readonly #init: Shown[];
  readonly #main: Shown[];
  readonly #processes = new Map<string, ContainerProcess>();
  readonly #ends: Promise<number>[] = [];
  /** The container that is being started. */
  #starting: Promise<unknown> = Promise.resolve();
  readonly #startTime = timestamp();
  #ending = false;
  #destroyed = false;
  #preparing: Promise<void> | undefined;
  #reason: { reason: string; message: string } | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(pod: ApiObject, settings: ProcessPodSettings) {
    this.pod = pod;
    this.#settings = settings;
    this.#volumes = new Volumes(join(settings.root, 'volumes'));
    const shown = (container: PodContainer): Shown => ({
      container,
      state: { waiting: { reason: 'PodInitializing' } },
    });
    this.#init = containersOf(pod, 'initContainers').map(shown);
    this.#main = containersOf(pod, 'containers').map(shown);
  }

  /** Runs it to its end: init containers one after the other, then all containers, then the sidecars' end. */
  async run(): Promise<void> {
    // It may be gone before it is known to be here.
    if (this.#destroyed) return;
    try {
      this.#preparing = this.#prepare();
      await this.#preparing;
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
      // A kubelet would try for ever; here it is for the test to see.
      return this.#cannot('CreateContainerConfigError', error.message);
    }
    if (this.#ending) return;
    this.#awaitDeadline();
    for (const shown of this.#init) {
      const { ended } = await this.#start(shown);
      if (!shown.container.sidecar && (await ended) !== 0) break;
      if (this.#ending) break;
    }
    if (!this.#initFailed && !this.#ending) {
      const ends: Promise<number>[] = [];
      for (const shown of this.#main) {
        ends.push((await this.#start(shown)).ended);
        if (this.#ending) break;
      }
      await Promise.all(ends);
    }
    clearTimeout(this.#deadline);
    for (const { container } of this.#init)
      if (container.sidecar) this.#processes.get(container.name)?.end(this.#grace);
    await Promise.all(this.#ends);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#settings.root, { recursive: true });
    await this.#volumes.prepare(this.pod, this.#settings.talk);
  }

  /** The file of a downward volume follows the annotations. */
  async refresh(): Promise<void> {
    if (this.#destroyed) return;
    if (!this.#ending && !this.over) this.#awaitDeadline();
    await this.#volumes.refresh(this.pod);
  }

  /** Stops its containers, as for a pod that is deleted. */
  async stop(): Promise<void> {
    this.#ending = true;
    // One that is being started is there before it is ended: nothing begins once it is said to be over.
    await this.#starting;
    for (const each of this.#processes.values()) each.end(this.#grace);
    await Promise.all(this.#ends);
  }

  /** Ends everything now, with nothing said. */
  async destroy(): Promise<void> {
    clearTimeout(this.#deadline);
    this.#ending = true;
    this.#destroyed = true;
    await this.#starting;
    for (const each of this.#processes.values()) each.kill();
    await Promise.all(this.#ends);
    // What has begun to be written is several calls, and would put files back behind the removal.
    await this.#preparing?.catch(() => undefined);
    await this.#volumes.written();
    await rm(this.#settings.root, { recursive: true, force: true });
  }

  get over(): boolean {
    return this.#initFailed || this.#main.every((shown) => terminatedOf(shown) !== undefined);
  }

  /** @param final - whether the phase may say that it is over */
  status(final: boolean): Fields {
    const view = { startTime: this.#startTime, init: this.#init, containers: this.#main };
    return statusOf({ ...view, phase: this.#phase(final), ...(final && this.#reason) });
  }

  /** Every start of every step's command, as `NAME MILLISECONDS`. */
  async starts(): Promise<string[]> {
    const text = await readFile(this.#startsFile, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  get #startsFile(): string {
    return join(this.#settings.root, 'starts');
  }

  get #grace(): number {
    const { deletionGracePeriodSeconds: asked } = this.pod.metadata;
    return Number(asked ?? this.pod.spec?.['terminationGracePeriodSeconds'] ?? 30) * SECOND;
  }

  get #initFailed(): boolean {
    return this.#init.some((each) => !each.container.sidecar && (terminatedOf(each)?.exitCode ?? 0) !== 0);
  }

  #phase(final: boolean): PodView['phase'] {
    if (final && (this.over || this.#ending)) {
      const failed = this.#main.some((shown) => terminatedOf(shown)?.exitCode !== 0);
      return this.#initFailed || failed || this.#reason !== undefined ? 'Failed' : 'Succeeded';
    }
    return this.#main.some(({ state }) => !('waiting' in state)) ? 'Running' : 'Pending';
  }

  #cannot(reason: string, message: string): void {
    for (const shown of this.#main) shown.state = { waiting: { reason, message } };
    this.#settings.onChange();
  }

  /** It may be given one, or an earlier one, while it runs. */
  #awaitDeadline(): void {
    clearTimeout(this.#deadline);
    const left = untilDeadline(this.pod, this.#startTime);
    if (left === undefined) return;
    this.#deadline = setTimeout(
      () => {
        this.#reason = EXPIRED;
        void this.stop().then(() => this.#settings.onExpired());
      },
      Math.min(left, LONGEST),
    );
  }

  /** Starts a container; `ended` becomes its exit code. */
  async #start(shown: Shown): Promise<{ ended: Promise<number> }> {
    const { container } = shown;
    const { root, onChange } = this.#settings;
    const mounts = mountsOf(container.fields, (volume) => this.#volumes.directory(volume));
    const here = (text: string): string => onThisMachine(text, mounts);
    const command = textsOf(container.fields['command']);
    const { program, agent } = this.#program(command.map(here), command[0] ?? '');
    const starting = startProcess({
      name: container.name,
      command: program,
      directory: root,
      agent,
      startsFile: this.#startsFile,
      args: textsOf(container.fields['args']).map(here),
      env: Object.fromEntries(
        listOf(container.fields['env']).map((each) => [textOf(each['name']), here(textOf(each['value']))]),
      ),
    });
    this.#starting = starting.catch(() => undefined);
    const running = await starting;
    const startedAt = timestamp();
    shown.state = { running: { startedAt } };
    this.#processes.set(container.name, running);
    onChange();
    const ended = running.exited.then(({ exitCode, message }) => {
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      const said = message !== '' && { message };
      shown.state = { terminated: { exitCode, reason, ...said, startedAt, finishedAt: timestamp() } };
      onChange();
      return exitCode;
    });
    this.#ends.push(ended);
    return { ended };
  }

  /** What to start: the agent from the build wherever the pod has its own, be it in its image or copied. */
  #program(command: readonly string[], written: string): { program: [string, ...string[]]; agent: boolean } {
    const [first = '/bin/true', ...rest] = command;
    if (basename(written) !== 'agent') return { program: [first, ...rest], agent: false };
    const installs = rest[0] === 'install';
    // On Node the agent cannot copy itself, and is run from where it is.
    if (installs && this.#settings.agent.length > 1) return { program: ['/bin/true'], agent: false };
    // The copy that the init container made is run, if it can be by itself.
    const copied = !installs && this.#settings.agent.length === 1 && existsSync(first);
    const agent: [string, ...string[]] = copied ? [first] : [...this.#settings.agent];
    return { program: [...agent, ...rest], agent: !installs };
  }
}
