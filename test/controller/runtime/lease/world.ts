/**
 * A world with its own time: processes whose clocks run differently, that crash, are told to stop and freeze, and a
 * network that is slow, loses and parts. In it runs the election as it is, not a model of it.
 */
import { lead } from '../../../../controller/runtime/lease.ts';
import { type Clock } from '../../../../controller/runtime/lease/clock.ts';
import { type Term } from '../../../../controller/runtime/lease/term.ts';
import { type Log } from '../../../../controller/runtime/log.ts';
import { LeaseServer, type Link } from './server.ts';

export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

interface Happening {
  at: number;
  run: () => void;
}

export class World {
  readonly server = new LeaseServer();
  readonly processes: Process[] = [];
  readonly random: () => number;
  /** Without trouble every message takes 10 ms. */
  calm = false;
  now = 0;
  readonly #coming: Happening[] = [];

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  at(ms: number, run: () => void): Happening {
    const happening = { at: this.now + ms, run };
    const place = this.#coming.findLastIndex(({ at }) => at <= happening.at);
    this.#coming.splice(place + 1, 0, happening);
    return happening;
  }

  cancel(happening: Happening): void {
    const place = this.#coming.indexOf(happening);
    if (place >= 0) this.#coming.splice(place, 1);
  }

  /** Lets time pass; `check` is called whenever something has happened. */
  async pass(ms: number, check: () => void): Promise<void> {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const next = this.#coming[0];
      if (next === undefined || next.at > end) break;
      this.#coming.shift();
      this.now = next.at;
      // Who led until now did so up to this very moment.
      check();
      next.run();
      await settle();
      check();
    }
    this.now = end;
  }

  /** Those who would write now if they had something to write. */
  get acting(): string[] {
    return this.processes.flatMap(({ term, identity }) => (term?.isCurrent() === true ? [identity] : []));
  }

  start(index: number, rate: number): void {
    this.processes[index] = new Process(this, `${index}`, rate);
  }
}

/** Everything that is ready runs, without time. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** One process after the other under one name, each with an identity of its own. */
export class Process {
  identity = '';
  term: Term | undefined;
  ends: ('stopped' | 'lost')[] = [];
  /** No message gets through. */
  parted = false;
  /** Messages take as long as they can without being given up. */
  slow = false;
  readonly #world: World;
  readonly #name: string;
  readonly #rate: number;
  readonly #start: number;
  #generation = 0;
  #stop = new AbortController();
  #frozen: (() => void)[] | undefined;
  #asleepSince: number | undefined;
  #slept = 0;
  #wallSet = 0;

  constructor(world: World, name: string, rate: number) {
    this.#world = world;
    this.#name = name;
    this.#rate = rate;
    this.#start = world.random() * 1e9;
    this.#begin();
  }

  #begin(): void {
    const generation = ++this.#generation;
    this.identity = `${this.#name}/${generation}`;
    this.#stop = new AbortController();
    this.#frozen = undefined;
    this.#asleepSince = undefined;
    this.term = undefined;
    void lead(
      {
        client: this.#world.server.client(this.#link(generation)),
        namespace: 'test',
        name: 'leader',
        identity: this.identity,
        log: silent,
        clock: this.#clock(generation),
        random: this.#world.random,
        lead: (term) => this.#lead(term, generation),
      },
      this.#stop.signal,
    ).then((end) => {
      if (generation !== this.#generation) return;
      this.ends.push(end);
      this.#generation++;
      this.#world.at(this.#world.random() * 3_000, () => this.#begin());
    });
  }

  async #lead(term: Term, generation: number): Promise<void> {
    this.term = term;
    await new Promise((resolve) => term.signal.addEventListener('abort', resolve, { once: true }));
    const work = this.#world.random() * 15_000;
    await new Promise<void>((resolve) => this.#later(work, resolve, generation));
    if (generation === this.#generation) this.term = undefined;
  }

  stop(): void {
    this.#hear(() => this.#stop.abort(new Error('told to stop')), this.#generation);
  }

  /** SIGKILL; what it has sent is still on its way. */
  crash(restartAfter: number): void {
    this.#generation++;
    this.term = undefined;
    this.#world.at(restartAfter, () => this.#begin());
  }

  /** SIGSTOP, or the sleep of a machine, which stops the monotonic clock too. */
  freeze(ms: number, asleep: boolean): void {
    if (this.#frozen !== undefined) return;
    const generation = this.#generation;
    this.#frozen = [];
    if (asleep) this.#asleepSince = this.#world.now;
    this.#world.at(ms, () => {
      if (generation !== this.#generation) return;
      if (this.#asleepSince !== undefined) this.#slept += this.#world.now - this.#asleepSince;
      this.#asleepSince = undefined;
      const missed = this.#frozen ?? [];
      this.#frozen = undefined;
      // What waited is found in any order, and each finds its own time to run.
      for (const run of missed) this.#world.at(this.#world.random(), () => this.#hear(run, generation));
    });
  }

  setWallForward(ms: number): void {
    this.#wallSet += ms;
  }

  #hear(run: () => void, generation: number): void {
    if (generation !== this.#generation) return;
    if (this.#frozen === undefined) run();
    else this.#frozen.push(run);
  }

  #later(ms: number, run: () => void, generation: number): Happening {
    return this.#world.at(ms / this.#rate, () => this.#hear(run, generation));
  }

  #clock(generation: number): Clock {
    const now = (): number => this.#world.now;
    const asleep = (): number => this.#slept + (now() - (this.#asleepSince ?? now()));
    return {
      monotonic: () => this.#start + (now() - asleep()) * this.#rate,
      wall: () => this.#start / 7 + now() * this.#rate + this.#wallSet,
      timer: (ms, ring) => {
        let live = true;
        const happening = this.#later(Math.max(0, ms), () => live && ring(), generation);
        return () => {
          live = false;
          this.#world.cancel(happening);
        };
      },
    };
  }

  #link(generation: number): Link {
    const world = this.#world;
    let pushed = 0;
    return {
      send: (serve, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) return reject(signal.reason as Error);
          signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          if (this.#isLost()) return;
          world.at(this.#delay(), () => {
            const answer = served(serve);
            if (this.#isLost()) return;
            world.at(this.#delay(), () =>
              this.#hear(() => (answer.ok ? resolve(answer.value) : reject(answer.error)), generation),
            );
          });
        }),
      push: (deliver) => {
        if (this.#isLost()) return;
        pushed = Math.max(pushed, world.now + this.#delay());
        world.at(pushed - world.now, () => this.#hear(deliver, generation));
      },
    };
  }

  #isLost(): boolean {
    return this.parted || (!this.#world.calm && this.#world.random() < 0.03);
  }

  /** Mostly some milliseconds, now and then longer than any deadline. */
  #delay(): number {
    const { calm, random } = this.#world;
    if (calm) return 5;
    if (this.slow) return random() * 4_000;
    const luck = random();
    return luck < 0.8 ? 1 + random() * 50 : luck < 0.95 ? random() * 3_000 : random() * 30_000;
  }
}

function served<T>(serve: () => T): { ok: true; value: T } | { ok: false; error: unknown } {
  try {
    return { ok: true, value: serve() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Mulberry32: the same numbers for the same seed, so that a failure can be seen again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
